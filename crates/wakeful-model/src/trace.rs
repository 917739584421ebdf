//! Spans with what they share, and a trace as all those of one id.

use wakeful_trace::TraceId;

use crate::{Attribute, Span, Value};

/// Spans of one or several traces, with the resources and scopes that they share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpanBatch {
    /// The spans, in the order in which they came.
    pub spans: Vec<Span>,
    /// What [`Span::resource`] points into.
    pub resources: Vec<Resource>,
    /// What [`Span::scope`] points into.
    pub scopes: Vec<Scope>,
}

impl SpanBatch {
    /// The index of `resource`, which is added if it is new.
    pub fn intern_resource(&mut self, resource: Resource) -> u32 {
        intern(&mut self.resources, resource)
    }

    /// The index of `scope`, which is added if it is new.
    pub fn intern_scope(&mut self, scope: Scope) -> u32 {
        intern(&mut self.scopes, scope)
    }

    /// The resource of a span of this batch.
    ///
    /// # Panics
    /// If the span is not of this batch.
    pub fn resource(&self, span: &Span) -> &Resource {
        &self.resources[span.resource as usize]
    }

    /// The scope of a span of this batch.
    ///
    /// # Panics
    /// If the span is not of this batch.
    pub fn scope(&self, span: &Span) -> &Scope {
        &self.scopes[span.scope as usize]
    }
}

/// All known spans that share a trace id; there is at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The id that its spans share.
    pub id: TraceId,
    /// The spans: in arrival order as the store gives them, by start and then id once `wakeful-query`
    /// has adjusted them.
    pub batch: SpanBatch,
}

impl Trace {
    /// Earliest start of a span, Unix nanoseconds.
    pub fn start_unix_nanos(&self) -> u64 {
        self.batch
            .spans
            .iter()
            .map(|span| span.start_unix_nanos)
            .min()
            .unwrap_or_default()
    }
}

/// A trace has few resources and scopes, so the list is its own index.
fn intern<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let found = list.iter().position(|known| *known == item);
    let index = found.unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    index as u32
}

/// Who produced spans: a process, with its service name among the attributes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// `service.name` and the rest.
    pub attributes: Vec<Attribute>,
    /// How many attributes the client dropped.
    pub dropped_attributes_count: u32,
    /// The semantic conventions it follows.
    pub schema_url: String,
}

impl Resource {
    /// The service's name; empty if none was given as text.
    pub fn service_name(&self) -> &str {
        self.attributes
            .iter()
            .find(|attribute| attribute.key == "service.name")
            .and_then(|attribute| attribute.value.as_str())
            .unwrap_or_default()
    }

    /// The value of the first attribute of that name.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key == key)
            .map(|attribute| &attribute.value)
    }
}

/// The library that made spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// The library's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What else describes it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the client dropped.
    pub dropped_attributes_count: u32,
    /// The semantic conventions it follows.
    pub schema_url: String,
}
