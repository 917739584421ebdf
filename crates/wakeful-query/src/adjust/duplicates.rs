//! Copies of a span that a sender's retry left.

use std::collections::HashSet;

use wakeful_model::{Attribute, Event, Link, Span, SpanBatch, SpanId, TraceId, Value};

/// Keeps the first of spans that are the same in every field, their resource and their scope.
pub(super) fn remove(batch: &mut SpanBatch) {
    let mut ids: Vec<_> = batch.spans.iter().map(|span| span.span_id).collect();
    ids.sort_unstable();
    let mut repeated: Vec<_> = ids
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect();
    if repeated.is_empty() {
        return;
    }
    repeated.dedup();

    let (resources, scopes) = (&batch.resources, &batch.scopes);
    let mut seen = HashSet::new();
    batch.spans.retain(|span| {
        if repeated.binary_search(&span.span_id).is_err() {
            return true;
        }
        let mut content = Fingerprint::default();
        content.span(span);
        content.attributes(&resources[span.resource as usize].attributes);
        let scope = &scopes[span.scope as usize];
        content.text(&scope.name);
        content.text(&scope.version);
        content.attributes(&scope.attributes);
        seen.insert(content.0)
    });
}

/// Everything a span says, as bytes that are equal if and only if the content is. `PartialEq` will not do: to it a
/// NaN differs from itself.
#[derive(Default)]
struct Fingerprint(Vec<u8>);

impl Fingerprint {
    fn span(&mut self, span: &Span) {
        self.number(span.span_id.get());
        self.number(span.parent_span_id.map_or(0, SpanId::get));
        self.text(&span.trace_state);
        self.number(span.flags.into());
        self.text(&span.name);
        self.number(span.kind as u64);
        self.number(span.start_unix_nanos);
        self.number(span.end_unix_nanos);
        self.attributes(&span.attributes);
        self.number(span.dropped_attributes_count.into());
        self.list(&span.events, Self::event);
        self.number(span.dropped_events_count.into());
        self.list(&span.links, Self::link);
        self.number(span.dropped_links_count.into());
        self.number(span.status.code as u64);
        self.text(&span.status.message);
    }

    fn event(&mut self, event: &Event) {
        self.number(event.time_unix_nanos);
        self.text(&event.name);
        self.attributes(&event.attributes);
        self.number(event.dropped_attributes_count.into());
    }

    fn link(&mut self, link: &Link) {
        self.0.extend(link.trace_id.map_or(0, TraceId::get).to_le_bytes());
        self.number(link.span_id.map_or(0, SpanId::get));
        self.text(&link.trace_state);
        self.number(link.flags.into());
        self.attributes(&link.attributes);
        self.number(link.dropped_attributes_count.into());
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        self.list(attributes, |content, attribute| {
            content.text(&attribute.key);
            content.value(&attribute.value);
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Empty => self.0.push(0),
            Value::String(text) => {
                self.0.push(1);
                self.text(text);
            }
            Value::Bool(value) => self.0.extend([2, (*value).into()]),
            Value::Int(value) => {
                self.0.push(3);
                self.0.extend(value.to_le_bytes());
            }
            Value::Double(value) => {
                self.0.push(4);
                self.number(value.to_bits());
            }
            Value::Bytes(bytes) => {
                self.0.push(5);
                self.bytes(bytes);
            }
            Value::Array(items) => {
                self.0.push(6);
                self.list(items, Self::value);
            }
            Value::Map(entries) => {
                self.0.push(7);
                self.attributes(entries);
            }
        }
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| each(self, item));
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }
}
