//! A span of a large trace as OTLP.

use wakeful_model::intervals::{self, Interval};

use crate::catalogue;
use crate::message::{Message, Value};

/// Which share of spans has an event, and which says when it was active.
const WITH_EVENT_IN: u64 = 20;
const WITH_INTERVALS_IN: u64 = 10;

/// What is known of a span before it is written.
#[derive(Debug)]
pub(crate) struct BigSpan {
    pub(crate) trace_id: u128,
    pub(crate) id: u64,
    pub(crate) parent_id: Option<u64>,
    pub(crate) service: usize,
    pub(crate) name: String,
    /// OTLP's number.
    pub(crate) kind: u64,
    pub(crate) start_unix_nanos: u64,
    pub(crate) end_unix_nanos: u64,
    pub(crate) failed: bool,
    /// The id of an earlier span that it links to.
    pub(crate) link: Option<u64>,
    /// What its attributes are made of.
    pub(crate) chance: u64,
}

/// A `ResourceSpans` around the encoded spans of a service.
pub(crate) fn resource_spans(service: usize, spans: &Message) -> Message {
    let mut scope = Message::default();
    scope.bytes(1, b"http-server");
    scope.bytes(2, b"0.9.1");
    let mut scope_spans = Message::default();
    scope_spans.bytes(1, &scope.0);
    scope_spans.0.extend_from_slice(&spans.0);
    let mut message = Message::default();
    message.bytes(1, &catalogue::resource(service, 0).0);
    message.bytes(2, &scope_spans.0);
    message
}

/// A `Span`.
pub(crate) fn encode(span: &BigSpan) -> Message {
    let service = catalogue::service(span.service);
    let mut message = Message::default();
    message.bytes(1, &span.trace_id.to_be_bytes());
    message.bytes(2, &span.id.to_be_bytes());
    if let Some(parent) = span.parent_id {
        message.bytes(4, &parent.to_be_bytes());
    }
    message.bytes(5, span.name.as_bytes());
    message.varint(6, span.kind);
    message.fixed64(7, span.start_unix_nanos);
    message.fixed64(8, span.end_unix_nanos);
    let status = if span.failed { 500 } else { 200 };
    let path = format!("/{service}/items/{:08x}", span.chance as u32);
    message.attribute(9, "http.response.status_code", &Value::Int(status));
    message.attribute(9, "url.path", &Value::Text(&path));
    message.attribute(9, "thread.id", &Value::Int(1 + span.chance % 64));
    message.attribute(9, "app.cache.hit", &Value::Bool(span.chance >> 8 & 3 > 0));
    if span.failed {
        message.attribute(9, "error.type", &Value::Text("upstream_timeout"));
    }
    if (span.chance >> 16).is_multiple_of(WITH_INTERVALS_IN) {
        activity(&mut message, span);
    }
    if span.failed {
        event(
            &mut message,
            span.end_unix_nanos,
            "exception",
            "exception.message",
            "upstream did not answer",
        );
    } else if (span.chance >> 24).is_multiple_of(WITH_EVENT_IN) {
        let middle = span.start_unix_nanos + (span.end_unix_nanos - span.start_unix_nanos) / 2;
        event(&mut message, middle, "cache miss", "cache.key", &path);
    }
    if let Some(earlier) = span.link {
        let mut link = Message::default();
        link.bytes(1, &span.trace_id.to_be_bytes());
        link.bytes(2, &earlier.to_be_bytes());
        message.bytes(13, &link.0);
    }
    if span.failed {
        let mut status = Message::default();
        status.bytes(2, b"upstream did not answer in time");
        status.varint(3, 2);
        message.bytes(15, &status.0);
    }
    message
}

fn event(message: &mut Message, time_unix_nanos: u64, name: &str, key: &str, text: &str) {
    let mut event = Message::default();
    event.fixed64(1, time_unix_nanos);
    event.bytes(2, name.as_bytes());
    event.attribute(3, key, &Value::Text(text));
    message.bytes(11, &event.0);
}

/// Up to four polls, the first from the start on, and the last until the end.
fn activity(message: &mut Message, span: &BigSpan) {
    let duration = span.end_unix_nanos - span.start_unix_nanos;
    let polls = 1 + (span.chance >> 32) % 4;
    let slot = duration / polls;
    let active: Vec<_> = (0..polls)
        .map(|poll| match poll + 1 == polls {
            true => Interval {
                start: duration - slot / 3,
                end: duration,
            },
            false => Interval {
                start: poll * slot,
                end: poll * slot + slot / 3,
            },
        })
        .collect();
    let busy = active.iter().map(|interval| interval.end - interval.start).sum();
    let mut packed = Vec::new();
    intervals::pack(&active, &mut packed);
    message.attribute(9, intervals::KEY, &Value::Bytes(&packed));
    message.attribute(9, intervals::BUSY_KEY, &Value::Int(busy));
    message.attribute(9, intervals::IDLE_KEY, &Value::Int(duration - busy));
}
