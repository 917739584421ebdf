//! From what the drain hands out to OTLP's bytes, within the limits.

use std::fmt::Write as _;

use tracing::Level;
use wakeful_model::{SpanId, TraceId};
use wakeful_subscriber::{Exception, FieldValue, FinishedSpan, LogRecord};
use wakeful_wire::otlp::{AttributeWriter, Items, LogHead, SpanHead, ValueRef};

use crate::settings::Limits;

/// OTLP's `HAS_IS_REMOTE` and `IS_REMOTE` among a span's flags (opentelemetry-proto 1.9, `SpanFlags`).
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// Appends spans and log records to requests.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) limits: Limits,
    /// For numbers that OTLP has no form for.
    text: String,
}

/// How much of a list of attributes is taken.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) attributes_max: usize,
    pub(crate) value_chars_max: usize,
}

/// What a span's flags say of whether its parent, or a linked span, is of another process.
pub(crate) fn remote_flags(is_remote: bool) -> u32 {
    HAS_IS_REMOTE | if is_remote { IS_REMOTE } else { 0 }
}

impl Encoder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            text: String::new(),
        }
    }

    /// Appends a span.
    pub(crate) fn span(&mut self, items: &mut Items, span: &FinishedSpan<'_>) {
        let Self { limits, text } = self;
        let head = SpanHead {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent_span_id: span.parent_span_id,
            trace_state: span.trace_state,
            flags: u32::from(span.flags.bits()) | remote_flags(span.parent_is_remote),
            name: span.name,
            kind: span.kind,
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.end_unix_nanos,
        };
        let of_span = Bounds {
            attributes_max: limits.span_attributes_max,
            value_chars_max: limits.span_value_chars_max,
        };
        let of_event = Bounds {
            attributes_max: limits.event_attributes_max,
            ..of_span
        };
        items.span(&head, |out| {
            let dropped = attributes(&mut out.attributes(), span.attributes(), of_span, text);
            let lifetime = span.end_unix_nanos.saturating_sub(span.start_unix_nanos);
            let idle_nanos = lifetime.saturating_sub(span.busy_nanos);
            out.intervals(span.intervals, span.joined, span.busy_nanos, idle_nanos);
            out.dropped_attributes(dropped + span.cut);

            for event in span.events.clone() {
                out.event(event.unix_nanos, event.name, |out| {
                    attributes(out, event.attributes(), of_event, text) + event.cut
                });
            }
            out.dropped_events(span.dropped_events);
            for link in span.links.clone() {
                let (state, flags) = (link.trace_state.as_str(), u32::from(link.flags.bits()));
                // A recorder's links have no attributes.
                out.link(link.trace_id, link.span_id, state, flags, |_| 0);
            }
            out.dropped_links(span.dropped_links);
            out.status(span.status.code, span.status.message);
        });
    }

    /// Appends a log record.
    pub(crate) fn log(&mut self, items: &mut Items, record: &LogRecord<'_>) {
        let Self { limits, text } = self;
        let bounds = Bounds {
            attributes_max: limits.log_attributes_max,
            value_chars_max: limits.log_value_chars_max,
        };
        let level = record.callsite.level();
        let mut body = String::new();
        let head = LogHead {
            time_unix_nanos: record.unix_nanos,
            observed_unix_nanos: record.unix_nanos,
            severity: severity(level),
            severity_text: level.as_str(),
            body: value(record.message, usize::MAX, &mut body).filter(|body| *body != ValueRef::Str("")),
            event_name: "",
            span: ids(record),
            flags: u32::from(record.flags.bits()),
        };
        items.log(&head, |out| {
            attributes(out, log_attributes(record), bounds, text) + record.cut
        });
    }
}

fn ids(record: &LogRecord<'_>) -> Option<(TraceId, SpanId)> {
    record.trace_id.zip(record.span_id)
}

/// What describes a log record: target, fields, error, place in the source, thread.
fn log_attributes<'a>(record: &LogRecord<'a>) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> {
    let exception = record.exception.into_iter().flat_map(Exception::attributes);
    let code = [
        record.file.map(|file| ("code.file.path", FieldValue::Str(file))),
        record
            .module
            .map(|module| ("code.module.name", FieldValue::Str(module))),
        record
            .line
            .map(|line| ("code.line.number", FieldValue::I64(i64::from(line)))),
    ];
    [("target", FieldValue::Str(record.target))]
        .into_iter()
        .chain(record.fields.clone())
        .chain(exception)
        .chain(code.into_iter().flatten())
        .chain(record.thread.attributes())
}

/// OTLP's `SeverityNumber` of a level.
fn severity(level: Level) -> u8 {
    match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

/// Appends attributes as far as the bounds go; returns how many were left out.
fn attributes<'a>(
    out: &mut AttributeWriter<'_>,
    attributes: impl Iterator<Item = (&'a str, FieldValue<'a>)>,
    bounds: Bounds,
    text: &mut String,
) -> u32 {
    let mut dropped = 0;
    for (at, (key, field)) in attributes.enumerate() {
        if at >= bounds.attributes_max {
            dropped += 1;
        } else if let FieldValue::List(texts) = field {
            out.texts(key, texts.map(|text| cut(text, bounds.value_chars_max)));
        } else if let Some(value) = value(field, bounds.value_chars_max, text) {
            out.attribute(key, value);
        }
    }
    dropped
}

/// A value as OTLP has it; numbers too large for it are text, which is put into `text`. `None` for lists.
fn value<'a>(field: FieldValue<'a>, chars_max: usize, text: &'a mut String) -> Option<ValueRef<'a>> {
    let large = |number: &dyn std::fmt::Display, text: &'a mut String| {
        text.clear();
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{number}");
        ValueRef::Str(text)
    };
    Some(match field {
        FieldValue::I64(number) => ValueRef::Int(number),
        FieldValue::U64(number) => match i64::try_from(number) {
            Ok(number) => ValueRef::Int(number),
            Err(_) => large(&number, text),
        },
        FieldValue::I128(number) => match i64::try_from(number) {
            Ok(number) => ValueRef::Int(number),
            Err(_) => large(&number, text),
        },
        FieldValue::U128(number) => match i64::try_from(number) {
            Ok(number) => ValueRef::Int(number),
            Err(_) => large(&number, text),
        },
        FieldValue::F64(number) => ValueRef::Double(number),
        FieldValue::Bool(value) => ValueRef::Bool(value),
        FieldValue::Str(text) | FieldValue::Formatted(text) => ValueRef::Str(cut(text, chars_max)),
        FieldValue::Bytes(bytes) => ValueRef::Bytes(bytes),
        FieldValue::List(_) => return None,
    })
}

/// The first characters of a text.
pub(crate) fn cut(text: &str, chars_max: usize) -> &str {
    // No text has more characters than bytes.
    if text.len() <= chars_max {
        return text;
    }
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_64_bits_are_text() {
        let check = |field, expected| {
            assert_eq!(value(field, 9, &mut String::new()), Some(expected));
        };
        check(FieldValue::U64(7), ValueRef::Int(7));
        check(FieldValue::U64(u64::MAX), ValueRef::Str("18446744073709551615"));
        check(FieldValue::I128(-7), ValueRef::Int(-7));
        check(
            FieldValue::U128(u128::MAX),
            ValueRef::Str("340282366920938463463374607431768211455"),
        );
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("größe", 3), "grö");
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größe", 6), "größe");
        assert_eq!(cut("ab", 0), "");
    }
}
