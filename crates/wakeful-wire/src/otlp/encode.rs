//! Plain data to OTLP's protobuf form.

use std::collections::HashMap;

use wakeful_model::{Event, Link, Scope, Span, SpanBatch, Status, Value};

use super::common::{write_attributes, write_resource, write_value};
use super::fields;
use super::view::messages;
use crate::protobuf::Writer;

/// Encodes an `ExportTraceServiceRequest`. Spans keep their order within a resource and scope.
pub(super) fn encode_request(batch: &SpanBatch) -> Vec<u8> {
    let mut out = Writer::default();
    for of_resource in by_resource(&batch.spans) {
        out.message(fields::REQUEST_RESOURCE_SPANS, |out| {
            let shared = &batch.resources[of_resource.resource as usize];
            out.message(fields::RESOURCE_SPANS_RESOURCE, |out| write_resource(out, shared));
            for (scope, spans) in &of_resource.scopes {
                out.message(fields::RESOURCE_SPANS_SCOPE_SPANS, |out| {
                    let shared = &batch.scopes[*scope as usize];
                    out.message(fields::SCOPE_SPANS_SCOPE, |out| write_scope(out, shared));
                    for span in spans {
                        out.message(fields::SCOPE_SPANS_SPAN, |out| write_span(out, span));
                    }
                    out.text(fields::SCOPE_SPANS_SCHEMA_URL, &shared.schema_url);
                });
            }
            out.text(fields::RESOURCE_SPANS_SCHEMA_URL, &shared.schema_url);
        });
    }
    out.into_bytes()
}

/// The spans of a resource, by scope.
struct OfResource<'a> {
    resource: u32,
    scopes: Vec<(u32, Vec<&'a Span>)>,
}

/// Spans by resource and scope, all in the order in which they are first met.
fn by_resource(spans: &[Span]) -> Vec<OfResource<'_>> {
    let mut grouped: Vec<OfResource<'_>> = Vec::new();
    // Where a resource, and a scope of it, stands in the list.
    let mut resources: HashMap<u32, usize> = HashMap::new();
    let mut scopes: HashMap<(u32, u32), usize> = HashMap::new();
    for span in spans {
        let place = *resources.entry(span.resource).or_insert_with(|| {
            grouped.push(OfResource {
                resource: span.resource,
                scopes: Vec::new(),
            });
            grouped.len() - 1
        });
        let of_scopes = &mut grouped[place].scopes;
        let place = *scopes.entry((span.resource, span.scope)).or_insert_with(|| {
            of_scopes.push((span.scope, Vec::new()));
            of_scopes.len() - 1
        });
        of_scopes[place].1.push(span);
    }
    grouped
}

pub(super) fn write_scope(out: &mut Writer, scope: &Scope) {
    out.text(fields::SCOPE_NAME, &scope.name);
    out.text(fields::SCOPE_VERSION, &scope.version);
    write_attributes(out, fields::SCOPE_ATTRIBUTE, &scope.attributes);
    out.number(
        fields::SCOPE_DROPPED_ATTRIBUTES,
        u64::from(scope.dropped_attributes_count),
    );
}

fn write_span(out: &mut Writer, span: &Span) {
    out.bytes(fields::SPAN_TRACE_ID, &span.trace_id.to_bytes());
    out.bytes(fields::SPAN_ID, &span.span_id.to_bytes());
    out.text(fields::SPAN_TRACE_STATE, &span.trace_state);
    if let Some(parent) = span.parent_span_id {
        out.bytes(fields::SPAN_PARENT_ID, &parent.to_bytes());
    }
    out.text(fields::SPAN_NAME, &span.name);
    out.number(fields::SPAN_KIND, span.kind as u64);
    out.fixed64(fields::SPAN_START, span.start_unix_nanos);
    out.fixed64(fields::SPAN_END, span.end_unix_nanos);
    write_attributes(out, fields::SPAN_ATTRIBUTE, &span.attributes);
    out.number(
        fields::SPAN_DROPPED_ATTRIBUTES,
        u64::from(span.dropped_attributes_count),
    );
    for event in &span.events {
        out.message(fields::SPAN_EVENT, |out| write_event(out, event));
    }
    out.number(fields::SPAN_DROPPED_EVENTS, u64::from(span.dropped_events_count));
    for link in &span.links {
        out.message(fields::SPAN_LINK, |out| write_link(out, link));
    }
    out.number(fields::SPAN_DROPPED_LINKS, u64::from(span.dropped_links_count));
    if span.status != Status::default() {
        out.message(fields::SPAN_STATUS, |out| {
            out.text(fields::STATUS_MESSAGE, &span.status.message);
            out.number(fields::STATUS_CODE, span.status.code as u64);
        });
    }
    out.fixed32(fields::SPAN_FLAGS, span.flags);
}

fn write_event(out: &mut Writer, event: &Event) {
    out.fixed64(fields::EVENT_TIME, event.time_unix_nanos);
    out.text(fields::EVENT_NAME, &event.name);
    write_attributes(out, fields::EVENT_ATTRIBUTE, &event.attributes);
    out.number(
        fields::EVENT_DROPPED_ATTRIBUTES,
        u64::from(event.dropped_attributes_count),
    );
}

fn write_link(out: &mut Writer, link: &Link) {
    if let Some(id) = link.trace_id {
        out.bytes(fields::LINK_TRACE_ID, &id.to_bytes());
    }
    if let Some(id) = link.span_id {
        out.bytes(fields::LINK_SPAN_ID, &id.to_bytes());
    }
    out.text(fields::LINK_TRACE_STATE, &link.trace_state);
    write_attributes(out, fields::LINK_ATTRIBUTE, &link.attributes);
    out.number(
        fields::LINK_DROPPED_ATTRIBUTES,
        u64::from(link.dropped_attributes_count),
    );
    out.fixed32(fields::LINK_FLAGS, link.flags);
}

/// Encodes an `AnyValue`.
pub(super) fn encode_value(value: &Value) -> Vec<u8> {
    let mut out = Writer::default();
    write_value(&mut out, value);
    out.into_bytes()
}

/// A message of one encoded message and one text, both verbatim.
pub(super) fn shared(number: u32, message: &[u8], text_number: u32, text: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes(number, message);
    if !text.is_empty() {
        out.bytes(text_number, text);
    }
    out.into_bytes()
}

/// Copies the nested messages of one field number.
pub(super) fn copy_fields(message: &[u8], number: u32) -> Vec<u8> {
    let mut out = Writer::default();
    messages(message, number).for_each(|nested| out.bytes(number, nested));
    out.into_bytes()
}
