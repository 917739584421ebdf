//! From spans made by hand to OTLP's bytes, within the same limits as the others.

use std::time::{SystemTime, UNIX_EPOCH};

use wakeful_model::{Kind, StatusCode};
use wakeful_trace::{MetaValue, Metadata, Span, SpanKind, SpanStatus};
use wakeful_wire::otlp::{AttributeWriter, Items, SpanHead, ValueRef};

use crate::encode::{Bounds, Encoder, cut, remote_flags};

impl Encoder {
    /// Appends a span made by hand.
    pub(crate) fn explicit_span(&self, items: &mut Items, span: &Span) {
        let limits = &self.limits;
        let (start_unix_nanos, end_unix_nanos) = times(span);
        let context = &span.context;
        let head = SpanHead {
            trace_id: context.trace_id,
            span_id: context.span_id,
            parent_span_id: span.parent_span_id,
            trace_state: context.trace_state.as_str(),
            flags: u32::from(context.flags.bits()),
            name: &span.name,
            kind: kind(span.kind),
            start_unix_nanos,
            end_unix_nanos,
        };
        let of_span = Bounds {
            attributes_max: limits.span_attributes_max,
            value_chars_max: limits.span_value_chars_max,
        };
        let of_event = Bounds {
            attributes_max: limits.event_attributes_max,
            ..of_span
        };
        let over = |count: usize, max: usize| u32::try_from(count.saturating_sub(max)).unwrap_or(u32::MAX);
        items.span(&head, |out| {
            let dropped = attributes(&mut out.attributes(), &span.metadata, of_span);
            out.dropped_attributes(dropped);
            for event in span.events.iter().take(limits.span_events_max) {
                out.event(unix_nanos(event.time), &event.message, |out| {
                    attributes(out, &event.metadata, of_event)
                });
            }
            out.dropped_events(over(span.events.len(), limits.span_events_max));
            for link in span.links.iter().take(limits.span_links_max) {
                let linked = &link.context;
                let flags = u32::from(linked.flags.bits()) | remote_flags(linked.is_remote);
                out.link(
                    linked.trace_id,
                    linked.span_id,
                    linked.trace_state.as_str(),
                    flags,
                    |out| attributes(out, &link.metadata, of_event),
                );
            }
            out.dropped_links(over(span.links.len(), limits.span_links_max));
            out.status(status(span.status), "");
        });
    }
}

/// Start and end, nanoseconds of Unix time. A span without a start began when it ended, and the other way round.
pub(crate) fn times(span: &Span) -> (u64, u64) {
    let start = span.start.or(span.end).unwrap_or(UNIX_EPOCH);
    (unix_nanos(start), unix_nanos(span.end.unwrap_or(start)))
}

fn kind(kind: SpanKind) -> Kind {
    match kind {
        SpanKind::Internal => Kind::Internal,
        SpanKind::Server => Kind::Server,
        SpanKind::Client => Kind::Client,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
    }
}

fn status(status: SpanStatus) -> StatusCode {
    match status {
        SpanStatus::Unknown => StatusCode::Unset,
        SpanStatus::Ok => StatusCode::Ok,
        SpanStatus::Err => StatusCode::Error,
    }
}

/// Times before 1970 are 1970.
fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Appends attributes as far as the bounds go; returns how many were left out.
fn attributes(out: &mut AttributeWriter<'_>, metadata: &Metadata, bounds: Bounds) -> u32 {
    for (key, value) in metadata.iter().take(bounds.attributes_max) {
        let value = match value {
            MetaValue::String(text) => ValueRef::Str(cut(text, bounds.value_chars_max)),
            MetaValue::Float(number) => ValueRef::Double(*number),
            MetaValue::Int(number) => ValueRef::Int(*number),
            MetaValue::Bool(value) => ValueRef::Bool(*value),
        };
        out.attribute(key, value);
    }
    u32::try_from(metadata.len().saturating_sub(bounds.attributes_max)).unwrap_or(u32::MAX)
}
