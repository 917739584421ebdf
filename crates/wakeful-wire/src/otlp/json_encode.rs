//! Spans as OTLP/JSON (opentelemetry-proto 1.9, "JSON Protobuf Encoding"): hex ids, numbers of enums, 64-bit numbers
//! as text, fields with default values left out, but `scope` and `status` always there, as Jaeger's `/api/v3` has it.

use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use wakeful_model::{Attribute, Event, Link, Resource, Scope, Span, SpanBatch, Trace, Value, canonical_text};

use crate::json::Float;

/// The object with `resourceSpans` of some traces: `TracesData` of the protocol.
#[derive(Debug)]
pub struct TracesData<'a> {
    groups: Vec<ResourceGroup<'a>>,
}

/// Spans of one resource, by scope.
#[derive(Debug)]
struct ResourceGroup<'a> {
    batch: &'a SpanBatch,
    resource: u32,
    scopes: Vec<ScopeGroup<'a>>,
}

/// Spans of one resource and scope.
#[derive(Debug)]
struct ScopeGroup<'a> {
    scope: u32,
    spans: Vec<&'a Span>,
}

impl<'a> TracesData<'a> {
    /// Groups the spans of each trace by resource and scope, in the order in which these first occur.
    pub fn new(traces: impl IntoIterator<Item = &'a Trace>) -> Self {
        let mut groups = Vec::new();
        for trace in traces {
            group(&trace.batch, &mut groups);
        }
        Self { groups }
    }
}

fn group<'a>(batch: &'a SpanBatch, groups: &mut Vec<ResourceGroup<'a>>) {
    let mut resource_at = HashMap::new();
    let mut scope_at = HashMap::new();
    for span in &batch.spans {
        let group = *resource_at.entry(span.resource).or_insert_with(|| {
            groups.push(ResourceGroup {
                batch,
                resource: span.resource,
                scopes: Vec::new(),
            });
            groups.len() - 1
        });
        let scopes = &mut groups[group].scopes;
        let scope = *scope_at.entry((group, span.scope)).or_insert_with(|| {
            scopes.push(ScopeGroup {
                scope: span.scope,
                spans: Vec::new(),
            });
            scopes.len() - 1
        });
        scopes[scope].spans.push(span);
    }
}

/// Writes an object of those fields that are not left out.
struct Object<M>(M);

impl<M: SerializeMap> Object<M> {
    fn of<S: Serializer<SerializeMap = M, Ok = M::Ok, Error = M::Error>>(
        serializer: S,
    ) -> Result<Self, M::Error> {
        serializer.serialize_map(None).map(Self)
    }

    fn field(&mut self, key: &'static str, value: &impl Serialize) -> Result<(), M::Error> {
        self.0.serialize_entry(key, value)
    }

    fn text(&mut self, key: &'static str, text: &str) -> Result<(), M::Error> {
        if text.is_empty() {
            Ok(())
        } else {
            self.field(key, &text)
        }
    }

    fn number(&mut self, key: &'static str, number: u32) -> Result<(), M::Error> {
        if number == 0 {
            Ok(())
        } else {
            self.field(key, &number)
        }
    }

    fn nanos(&mut self, key: &'static str, nanos: u64) -> Result<(), M::Error> {
        if nanos == 0 {
            Ok(())
        } else {
            self.field(key, &format_args!("{nanos}"))
        }
    }

    fn list<'a, T, V>(
        &mut self,
        key: &'static str,
        items: &'a [T],
        view: fn(&'a T) -> V,
    ) -> Result<(), M::Error>
    where
        V: Serialize,
    {
        if items.is_empty() {
            Ok(())
        } else {
            self.field(key, &List(items, view))
        }
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.0.end()
    }
}

/// A list whose items are shown through a view.
struct List<'a, T, V>(&'a [T], fn(&'a T) -> V);

impl<T, V: Serialize> Serialize for List<'_, T, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

impl Serialize for TracesData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.list("resourceSpans", &self.groups, |group| group)?;
        out.end()
    }
}

impl Serialize for ResourceGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.field(
            "resource",
            &ResourceView(&self.batch.resources[self.resource as usize]),
        )?;
        let scopes: Vec<_> = self
            .scopes
            .iter()
            .map(|group| (&self.batch.scopes[group.scope as usize], group))
            .collect();
        out.list("scopeSpans", &scopes, |&(scope, group)| {
            ScopeSpans(scope, &group.spans)
        })?;
        out.end()
    }
}

struct ResourceView<'a>(&'a Resource);

impl Serialize for ResourceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.list("attributes", &self.0.attributes, KeyValue)?;
        out.number("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.end()
    }
}

struct ScopeSpans<'a>(&'a Scope, &'a [&'a Span]);

impl Serialize for ScopeSpans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.field("scope", &ScopeView(self.0))?;
        out.list("spans", self.1, |span| SpanView(span))?;
        out.end()
    }
}

struct ScopeView<'a>(&'a Scope);

impl Serialize for ScopeView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.text("name", &self.0.name)?;
        out.text("version", &self.0.version)?;
        out.list("attributes", &self.0.attributes, KeyValue)?;
        out.number("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.end()
    }
}

struct SpanView<'a>(&'a Span);

impl Serialize for SpanView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = self.0;
        let mut out = Object::of(serializer)?;
        out.field("traceId", &format_args!("{}", span.trace_id))?;
        out.field("spanId", &format_args!("{}", span.span_id))?;
        out.text("traceState", &span.trace_state)?;
        if let Some(parent) = span.parent_span_id {
            out.field("parentSpanId", &format_args!("{parent}"))?;
        }
        out.number("flags", span.flags)?;
        out.text("name", &span.name)?;
        out.number("kind", span.kind as u32)?;
        out.nanos("startTimeUnixNano", span.start_unix_nanos)?;
        out.nanos("endTimeUnixNano", span.end_unix_nanos)?;
        out.list("attributes", &span.attributes, KeyValue)?;
        out.number("droppedAttributesCount", span.dropped_attributes_count)?;
        out.list("events", &span.events, EventView)?;
        out.number("droppedEventsCount", span.dropped_events_count)?;
        out.list("links", &span.links, LinkView)?;
        out.number("droppedLinksCount", span.dropped_links_count)?;
        out.field("status", &StatusView(span))?;
        out.end()
    }
}

struct StatusView<'a>(&'a Span);

impl Serialize for StatusView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.text("message", &self.0.status.message)?;
        out.number("code", self.0.status.code as u32)?;
        out.end()
    }
}

struct EventView<'a>(&'a Event);

impl Serialize for EventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.nanos("timeUnixNano", self.0.time_unix_nanos)?;
        out.text("name", &self.0.name)?;
        out.list("attributes", &self.0.attributes, KeyValue)?;
        out.number("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.end()
    }
}

struct LinkView<'a>(&'a Link);

impl Serialize for LinkView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = self.0;
        let mut out = Object::of(serializer)?;
        if let Some(id) = link.trace_id {
            out.field("traceId", &format_args!("{id}"))?;
        }
        if let Some(id) = link.span_id {
            out.field("spanId", &format_args!("{id}"))?;
        }
        out.text("traceState", &link.trace_state)?;
        out.list("attributes", &link.attributes, KeyValue)?;
        out.number("droppedAttributesCount", link.dropped_attributes_count)?;
        out.number("flags", link.flags)?;
        out.end()
    }
}

struct KeyValue<'a>(&'a Attribute);

impl Serialize for KeyValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.text("key", &self.0.key)?;
        out.field("value", &AnyValue(&self.0.value))?;
        out.end()
    }
}

struct AnyValue<'a>(&'a Value);

impl Serialize for AnyValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        match self.0 {
            Value::Empty => {}
            Value::String(text) => out.field("stringValue", text)?,
            Value::Bool(value) => out.field("boolValue", value)?,
            Value::Int(value) => out.field("intValue", &format_args!("{value}"))?,
            Value::Double(value) => out.field("doubleValue", &Float(*value))?,
            Value::Bytes(_) => out.field("bytesValue", &canonical_text(self.0))?,
            Value::Array(items) => out.field("arrayValue", &Values(items, AnyValue))?,
            Value::Map(entries) => out.field("kvlistValue", &Values(entries, KeyValue))?,
        }
        out.end()
    }
}

/// `ArrayValue` or `KeyValueList`.
struct Values<'a, T, V>(&'a [T], fn(&'a T) -> V);

impl<T, V: Serialize> Serialize for Values<'_, T, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Object::of(serializer)?;
        out.list("values", self.0, self.1)?;
        out.end()
    }
}
