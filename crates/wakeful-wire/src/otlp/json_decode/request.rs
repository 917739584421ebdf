//! `ExportTraceServiceRequest`, `ResourceSpans` and `ScopeSpans`.

use serde::de::{MapAccess, SeqAccess};
use wakeful_model::{Resource, Scope, SpanBatch};

use super::super::Rejected;
use super::object::{Elements, Fields, List, Object, ignore};
use super::span::{SpanDraft, number, text};
use super::value::attributes;

/// The request as it is read.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) batch: SpanBatch,
    pub(super) rejected: Rejected,
}

impl<'de> Fields<'de> for Request {
    const WHAT: &'static str = "an ExportTraceServiceRequest";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resourceSpans" | "resource_spans" => map.next_value_seed(List(AllResourceSpans(self))),
            _ => ignore(map),
        }
    }
}

struct AllResourceSpans<'a>(&'a mut Request);

impl<'de> Elements<'de> for AllResourceSpans<'_> {
    const WHAT: &'static str = "resourceSpans";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut entry = ResourceSpans {
            request: self.0,
            resource: Resource::default(),
        };
        let read = list.next_element_seed(Object(&mut entry))?;
        let resource = entry.resource;
        self.0.batch.resources.extend(read.map(|()| resource));
        Ok(read.is_some())
    }
}

/// Spans of a resource. They may come before it, so they take the index that it will have: the next one.
struct ResourceSpans<'a> {
    request: &'a mut Request,
    resource: Resource,
}

impl<'de> Fields<'de> for ResourceSpans<'_> {
    const WHAT: &'static str = "an entry of resourceSpans";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resource" => map.next_value_seed(Object(&mut self.resource)),
            "scopeSpans" | "scope_spans" => map.next_value_seed(List(AllScopeSpans(self.request))),
            "schemaUrl" | "schema_url" => {
                self.resource.schema_url = text(map)?;
                Ok(())
            }
            _ => ignore(map),
        }
    }
}

impl<'de> Fields<'de> for Resource {
    const WHAT: &'static str = "a resource";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "attributes" => attributes(map, &mut self.attributes)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                self.dropped_attributes_count = number(map)?.to_u32();
            }
            _ => ignore(map)?,
        }
        Ok(())
    }
}

struct AllScopeSpans<'a>(&'a mut Request);

impl<'de> Elements<'de> for AllScopeSpans<'_> {
    const WHAT: &'static str = "scopeSpans";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut entry = ScopeSpans {
            request: self.0,
            scope: Scope::default(),
        };
        let read = list.next_element_seed(Object(&mut entry))?;
        let scope = entry.scope;
        self.0.batch.scopes.extend(read.map(|()| scope));
        Ok(read.is_some())
    }
}

/// Spans of a scope, which will have the next index.
struct ScopeSpans<'a> {
    request: &'a mut Request,
    scope: Scope,
}

impl<'de> Fields<'de> for ScopeSpans<'_> {
    const WHAT: &'static str = "an entry of scopeSpans";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "scope" => map.next_value_seed(Object(&mut self.scope)),
            "spans" => map.next_value_seed(List(Spans(self.request))),
            "schemaUrl" | "schema_url" => {
                self.scope.schema_url = text(map)?;
                Ok(())
            }
            _ => ignore(map),
        }
    }
}

impl<'de> Fields<'de> for Scope {
    const WHAT: &'static str = "a scope";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => self.name = text(map)?,
            "version" => self.version = text(map)?,
            "attributes" => attributes(map, &mut self.attributes)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                self.dropped_attributes_count = number(map)?.to_u32();
            }
            _ => ignore(map)?,
        }
        Ok(())
    }
}

struct Spans<'a>(&'a mut Request);

impl<'de> Elements<'de> for Spans<'_> {
    const WHAT: &'static str = "spans";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut draft = SpanDraft::default();
        let Some(()) = list.next_element_seed(Object(&mut draft))? else {
            return Ok(false);
        };
        let Request { batch, rejected } = &mut *self.0;
        let (resource, scope) = (batch.resources.len() as u32, batch.scopes.len() as u32);
        batch.spans.extend(draft.finish(resource, scope, rejected));
        Ok(true)
    }
}
