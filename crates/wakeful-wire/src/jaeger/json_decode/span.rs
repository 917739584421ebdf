//! A trace of a document as spans.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;
use wakeful_model::{
    Attribute, Event, Link, Resource, Scope, Span, SpanBatch, SpanId, Status, StatusCode, TraceId, Value,
};

use super::super::thrift::{take, take_kind};
use super::JsonError;
use super::document::{
    LogDocument, ProcessDocument, ReferenceDocument, SpanDocument, TagDocument, TraceDocument,
};
use crate::otlp::{Interner, Rejected};

const CHILD_OF: &str = "CHILD_OF";

/// Adds the spans of a trace, which is the `index`th of the document.
pub(super) fn add(
    trace: TraceDocument<'_>,
    index: usize,
    batch: &mut SpanBatch,
    interner: &mut Interner,
    rejected: &mut Rejected,
) -> Result<(), JsonError> {
    let processes = trace.processes.unwrap_or_default().into_iter();
    let processes: HashMap<_, u32> = processes
        .map(|(name, process)| (name, interner.resource(batch, resource(process))))
        .collect();
    for (place, mut document) in trace.spans.unwrap_or_default().into_iter().enumerate() {
        let resource = match document.process.take() {
            Some(process) => interner.resource(batch, resource(process)),
            // A span without any process has no service, as in OTLP.
            None if document.process_id.is_empty() => interner.resource(batch, Resource::default()),
            None => *processes
                .get(&document.process_id)
                .ok_or_else(|| JsonError::Process {
                    path: format!("data[{index}].spans[{place}].processID"),
                    process: document.process_id.clone().into_owned(),
                })?,
        };
        match (
            TraceId::parse(&document.trace_id),
            SpanId::parse(&document.span_id),
        ) {
            (Err(_), _) => rejected.bad_trace_id += 1,
            (_, Err(_)) => rejected.bad_span_id += 1,
            (Ok(trace_id), Ok(span_id)) => {
                let (span, scope) = into_model(document, trace_id, span_id);
                let scope = interner.scope(batch, scope);
                batch.spans.push(Span {
                    resource,
                    scope,
                    ..span
                });
            }
        }
    }
    Ok(())
}

fn resource(process: ProcessDocument<'_>) -> Resource {
    let name = process.service_name;
    let name = (!name.is_empty()).then(|| Attribute::new("service.name", name.into_owned()));
    Resource {
        attributes: name.into_iter().chain(attributes(process.tags)).collect(),
        ..Resource::default()
    }
}

fn into_model(document: SpanDocument<'_>, trace_id: TraceId, span_id: SpanId) -> (Span, Scope) {
    let mut tags: Vec<_> = attributes(document.tags).collect();
    let kind = take_kind(&mut tags);
    let status = take_status(&mut tags);
    let mut text = |key| take_text(&mut tags, key).unwrap_or_default();
    let scope = Scope {
        name: text("otel.scope.name"),
        version: text("otel.scope.version"),
        ..Scope::default()
    };
    let trace_state = text("w3c.tracestate");
    let references = document.references.unwrap_or_default();
    let parent = SpanId::parse(&document.parent_span_id)
        .ok()
        .or_else(|| parent(&references, trace_id));
    let start_unix_nanos = nanos(document.start_time);
    let mut span = Span {
        trace_id,
        span_id,
        parent_span_id: parent,
        trace_state,
        flags: document.flags.unwrap_or_default(),
        name: document.operation_name.into_owned(),
        kind,
        start_unix_nanos,
        end_unix_nanos: start_unix_nanos.saturating_add(nanos(document.duration)),
        attributes: tags,
        dropped_attributes_count: 0,
        events: document.logs.into_iter().flatten().map(event).collect(),
        dropped_events_count: 0,
        links: links(&references, trace_id, parent),
        dropped_links_count: 0,
        status,
        resource: 0,
        scope: 0,
    };
    for warning in document.warnings.into_iter().flatten() {
        span.add_warning(warning);
    }
    (span, scope)
}

/// The status stands in tags of its own: unlike a client of Jaeger's, a file need not be asked for an HTTP status.
fn take_status(tags: &mut Vec<Attribute>) -> Status {
    let said = take_text(tags, "otel.status_code");
    let mut code = match said.as_deref() {
        Some("OK") => StatusCode::Ok,
        Some("ERROR") => StatusCode::Error,
        _ => StatusCode::Unset,
    };
    let is_error = |tag: &Attribute| tag.key == "error" && tag.value == Value::Bool(true);
    if let Some(found) = tags.iter().position(is_error) {
        tags.remove(found);
        code = StatusCode::Error;
    }
    Status {
        code,
        message: take_text(tags, "otel.status_description").unwrap_or_default(),
    }
}

fn take_text(tags: &mut Vec<Attribute>, key: &str) -> Option<String> {
    let is_it = |tag: &Attribute| tag.key == key && tag.value.as_str().is_some();
    if !tags.iter().any(is_it) {
        return None;
    }
    match take(tags, key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// As in Jaeger: the first `CHILD_OF` within the trace, otherwise the first reference within it.
fn parent(references: &[ReferenceDocument<'_>], trace: TraceId) -> Option<SpanId> {
    let inside = || {
        let inside = references.iter();
        inside.filter(|reference| TraceId::parse(&reference.trace_id) == Ok(trace))
    };
    let found = inside()
        .find(|reference| reference.ref_type == CHILD_OF)
        .or_else(|| inside().next())?;
    SpanId::parse(&found.span_id).ok()
}

/// Every reference but the one to the parent, whose kind is kept if it is not the usual one.
fn links(references: &[ReferenceDocument<'_>], trace: TraceId, parent: Option<SpanId>) -> Vec<Link> {
    let links = references.iter().map(|reference| {
        let relation = if reference.ref_type == CHILD_OF {
            "child_of"
        } else {
            "follows_from"
        };
        Link {
            trace_id: TraceId::parse(&reference.trace_id).ok(),
            span_id: SpanId::parse(&reference.span_id).ok(),
            trace_state: String::new(),
            flags: 0,
            attributes: vec![Attribute::new("opentracing.ref_type", relation)],
            dropped_attributes_count: 0,
        }
    });
    let mut to_parent = references.iter().map(|reference| {
        reference.ref_type == CHILD_OF
            && TraceId::parse(&reference.trace_id) == Ok(trace)
            && parent.is_some()
            && SpanId::parse(&reference.span_id).ok() == parent
    });
    links.filter(|_| !to_parent.next().unwrap_or(false)).collect()
}

/// The field `event` names an event.
fn event(log: LogDocument<'_>) -> Event {
    let mut fields: Vec<_> = attributes(log.fields).collect();
    Event {
        time_unix_nanos: nanos(log.timestamp),
        name: take_text(&mut fields, "event").unwrap_or_default(),
        attributes: fields,
        dropped_attributes_count: 0,
    }
}

/// Whole microseconds are exact up to the year 2255, fractions as far as a double has them.
fn nanos(micros: f64) -> u64 {
    // Casts of what is negative, too large or no number end at the bounds.
    let whole = micros.trunc();
    (whole as u64)
        .saturating_mul(1000)
        .saturating_add(((micros - whole) * 1e3).round() as u64)
}

fn attributes(tags: Option<Vec<TagDocument<'_>>>) -> impl Iterator<Item = Attribute> {
    let tags = tags.into_iter().flatten();
    tags.map(|tag| Attribute {
        key: tag.key.into_owned(),
        value: value(&tag.kind, tag.value),
    })
}

/// A tag's value; what does not fit its type is kept as the text that stands there.
fn value(kind: &str, json: Json) -> Value {
    match (kind, json) {
        ("bool", Json::String(text)) if matches!(text.as_str(), "true" | "false") => {
            Value::Bool(text == "true")
        }
        ("int64", Json::String(text)) => text.parse().map_or_else(|_| Value::String(text), Value::Int),
        ("float64", Json::String(text)) => text.parse().map_or_else(|_| Value::String(text), Value::Double),
        ("binary", Json::String(text)) => {
            let bytes = BASE64_STANDARD.decode(&text);
            bytes.map_or_else(|_| Value::String(text), Value::Bytes)
        }
        ("float64", Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        (_, Json::Number(number)) => number
            .as_i64()
            .map_or_else(|| Value::Double(number.as_f64().unwrap_or(f64::NAN)), Value::Int),
        (_, Json::String(text)) => Value::String(text),
        (_, Json::Bool(value)) => Value::Bool(value),
        (_, Json::Null) => Value::Empty,
        (_, other) => Value::String(other.to_string()),
    }
}
