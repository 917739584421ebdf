//! Appending a span or a log record, part by part, as protobuf.

use wakeful_model::intervals::{self, Interval};
use wakeful_model::{Kind, SpanId, StatusCode, TraceId};

use super::fields;
use crate::protobuf::{Writer, varint_bytes};

/// An attribute's value where it rests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// Text.
    Str(&'a str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Raw bytes.
    Bytes(&'a [u8]),
}

impl ValueRef<'_> {
    /// Bytes that it takes as an `AnyValue`.
    fn encoded_bytes(self) -> usize {
        let with_length = |length: usize| 1 + varint_bytes(length as u64) + length;
        match self {
            Self::Str(text) => with_length(text.len()),
            Self::Bool(_) => 2,
            Self::Int(value) => 1 + varint_bytes(value as u64),
            Self::Double(_) => 9,
            Self::Bytes(bytes) => with_length(bytes.len()),
        }
    }

    fn write(self, out: &mut Writer) {
        match self {
            // An alternative of a `oneof` is written even if it is its type's default.
            Self::Str(text) => out.bytes(fields::VALUE_STRING, text.as_bytes()),
            Self::Bool(value) => out.varint_field(fields::VALUE_BOOL, u64::from(value)),
            Self::Int(value) => out.varint_field(fields::VALUE_INT, value as u64),
            Self::Double(value) => out.fixed64_field(fields::VALUE_DOUBLE, value.to_bits()),
            Self::Bytes(bytes) => out.bytes(fields::VALUE_BYTES, bytes),
        }
    }
}

/// Appends a `KeyValue`. Its lengths are known beforehand, so nothing moves.
pub(super) fn write_attribute(out: &mut Writer, number: u32, key: &str, value: ValueRef<'_>) {
    let (key_bytes, value_bytes) = (key.len(), value.encoded_bytes());
    let with_length = |length: usize| 1 + varint_bytes(length as u64) + length;
    out.header(number, with_length(key_bytes) + with_length(value_bytes));
    out.bytes(fields::PAIR_KEY, key.as_bytes());
    out.header(fields::PAIR_VALUE, value_bytes);
    value.write(out);
}

/// What every span has.
#[derive(Debug, Clone, Copy)]
pub struct SpanHead<'a> {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span it was part of; `None` for a root.
    pub parent_span_id: Option<SpanId>,
    /// W3C `tracestate`, verbatim.
    pub trace_state: &'a str,
    /// W3C trace flags in the low 8 bits; bits 8 and 9 say whether the parent is remote.
    pub flags: u32,
    /// The operation.
    pub name: &'a str,
    /// Its role towards other spans.
    pub kind: Kind,
    /// When it began, Unix time.
    pub start_unix_nanos: u64,
    /// When it ended, Unix time.
    pub end_unix_nanos: u64,
}

/// Appends the parts of one span. Attributes come before everything else, as every client has them.
#[derive(Debug)]
pub struct SpanWriter<'w> {
    out: &'w mut Writer,
}

impl<'w> SpanWriter<'w> {
    pub(super) fn begin(out: &'w mut Writer, head: &SpanHead<'_>) -> Self {
        out.bytes(fields::SPAN_TRACE_ID, &head.trace_id.to_bytes());
        out.bytes(fields::SPAN_ID, &head.span_id.to_bytes());
        out.text(fields::SPAN_TRACE_STATE, head.trace_state);
        if let Some(parent) = head.parent_span_id {
            out.bytes(fields::SPAN_PARENT_ID, &parent.to_bytes());
        }
        out.text(fields::SPAN_NAME, head.name);
        out.number(fields::SPAN_KIND, head.kind as u64);
        out.fixed64(fields::SPAN_START, head.start_unix_nanos);
        out.fixed64(fields::SPAN_END, head.end_unix_nanos);
        out.fixed32(fields::SPAN_FLAGS, head.flags);
        Self { out }
    }

    /// Appends attributes.
    pub fn attributes(&mut self) -> AttributeWriter<'_> {
        AttributeWriter::new(self.out, fields::SPAN_ATTRIBUTE)
    }

    /// Appends the attributes of [`intervals`]: the packed intervals, how many were joined, busy and idle time.
    pub fn intervals(&mut self, active: &[Interval], joined: u64, busy_nanos: u64, idle_nanos: u64) {
        let number = |value: u64| ValueRef::Int(i64::try_from(value).unwrap_or(i64::MAX));
        self.attributes()
            .attribute(intervals::BUSY_KEY, number(busy_nanos));
        self.attributes()
            .attribute(intervals::IDLE_KEY, number(idle_nanos));
        if active.is_empty() {
            return;
        }
        let length = intervals::packed_bytes(active);
        let value_bytes = 1 + varint_bytes(length as u64) + length;
        let key_bytes = 2 + intervals::KEY.len();
        self.out.header(
            fields::SPAN_ATTRIBUTE,
            key_bytes + 1 + varint_bytes(value_bytes as u64) + value_bytes,
        );
        self.out.bytes(fields::PAIR_KEY, intervals::KEY.as_bytes());
        self.out.header(fields::PAIR_VALUE, value_bytes);
        self.out.header(fields::VALUE_BYTES, length);
        self.out.append(|bytes| intervals::pack(active, bytes));
        if joined > 0 {
            self.attributes().attribute(intervals::JOINED_KEY, number(joined));
        }
    }

    /// Says how many attributes were left out.
    pub fn dropped_attributes(&mut self, count: u32) {
        self.out.number(fields::SPAN_DROPPED_ATTRIBUTES, u64::from(count));
    }

    /// Appends an event; `write` appends its attributes and returns how many it left out.
    pub fn event(
        &mut self,
        time_unix_nanos: u64,
        name: &str,
        write: impl FnOnce(&mut AttributeWriter<'_>) -> u32,
    ) {
        self.out.message(fields::SPAN_EVENT, |out| {
            out.fixed64(fields::EVENT_TIME, time_unix_nanos);
            out.text(fields::EVENT_NAME, name);
            let dropped = write(&mut AttributeWriter::new(out, fields::EVENT_ATTRIBUTE));
            out.number(fields::EVENT_DROPPED_ATTRIBUTES, u64::from(dropped));
        });
    }

    /// Says how many events were left out.
    pub fn dropped_events(&mut self, count: u32) {
        self.out.number(fields::SPAN_DROPPED_EVENTS, u64::from(count));
    }

    /// Appends a link; `write` appends its attributes and returns how many it left out.
    pub fn link(
        &mut self,
        trace_id: TraceId,
        span_id: SpanId,
        trace_state: &str,
        flags: u32,
        write: impl FnOnce(&mut AttributeWriter<'_>) -> u32,
    ) {
        self.out.message(fields::SPAN_LINK, |out| {
            out.bytes(fields::LINK_TRACE_ID, &trace_id.to_bytes());
            out.bytes(fields::LINK_SPAN_ID, &span_id.to_bytes());
            out.text(fields::LINK_TRACE_STATE, trace_state);
            let dropped = write(&mut AttributeWriter::new(out, fields::LINK_ATTRIBUTE));
            out.number(fields::LINK_DROPPED_ATTRIBUTES, u64::from(dropped));
            out.fixed32(fields::LINK_FLAGS, flags);
        });
    }

    /// Says how many links were left out.
    pub fn dropped_links(&mut self, count: u32) {
        self.out.number(fields::SPAN_DROPPED_LINKS, u64::from(count));
    }

    /// Says how the span ended; a span of which this is never said is unset.
    pub fn status(&mut self, code: StatusCode, message: &str) {
        if code == StatusCode::Unset && message.is_empty() {
            return;
        }
        self.out.message(fields::SPAN_STATUS, |out| {
            out.text(fields::STATUS_MESSAGE, message);
            out.number(fields::STATUS_CODE, code as u64);
        });
    }
}

/// What every log record has.
#[derive(Debug, Clone, Copy)]
pub struct LogHead<'a> {
    /// When it happened, Unix time; zero if nobody knows.
    pub time_unix_nanos: u64,
    /// When it was seen, Unix time.
    pub observed_unix_nanos: u64,
    /// OTLP's `SeverityNumber`, 1 to 24.
    pub severity: u8,
    /// The severity in the program's words.
    pub severity_text: &'a str,
    /// The message, if there is one.
    pub body: Option<ValueRef<'a>>,
    /// The name that identifies its kind.
    pub event_name: &'a str,
    /// The span in which it happened, by its trace's id and its own.
    pub span: Option<(TraceId, SpanId)>,
    /// W3C trace flags.
    pub flags: u32,
}

pub(super) fn write_log(
    out: &mut Writer,
    head: &LogHead<'_>,
    write: impl FnOnce(&mut AttributeWriter<'_>) -> u32,
) {
    out.fixed64(fields::LOG_TIME, head.time_unix_nanos);
    out.number(fields::LOG_SEVERITY, u64::from(head.severity));
    out.text(fields::LOG_SEVERITY_TEXT, head.severity_text);
    if let Some(body) = head.body {
        out.header(fields::LOG_BODY, body.encoded_bytes());
        body.write(out);
    }
    let dropped = write(&mut AttributeWriter::new(out, fields::LOG_ATTRIBUTE));
    out.number(fields::LOG_DROPPED_ATTRIBUTES, u64::from(dropped));
    out.fixed32(fields::LOG_FLAGS, head.flags);
    if let Some((trace_id, span_id)) = head.span {
        out.bytes(fields::LOG_TRACE_ID, &trace_id.to_bytes());
        out.bytes(fields::LOG_SPAN_ID, &span_id.to_bytes());
    }
    out.fixed64(fields::LOG_OBSERVED_TIME, head.observed_unix_nanos);
    out.text(fields::LOG_EVENT_NAME, head.event_name);
}

/// Appends attributes to an event, a link or a log record.
#[derive(Debug)]
pub struct AttributeWriter<'w> {
    out: &'w mut Writer,
    number: u32,
}

impl<'w> AttributeWriter<'w> {
    pub(super) fn new(out: &'w mut Writer, number: u32) -> Self {
        Self { out, number }
    }

    /// Appends an attribute.
    pub fn attribute(&mut self, key: &str, value: ValueRef<'_>) {
        write_attribute(self.out, self.number, key, value);
    }

    /// Appends an attribute whose value is a list of texts.
    pub fn texts<'a>(&mut self, key: &str, texts: impl Iterator<Item = &'a str>) {
        self.out.message(self.number, |out| {
            out.bytes(fields::PAIR_KEY, key.as_bytes());
            out.message(fields::PAIR_VALUE, |out| {
                out.message(fields::VALUE_ARRAY, |out| {
                    for text in texts {
                        out.message(fields::LIST_ITEM, |out| ValueRef::Str(text).write(out));
                    }
                });
            });
        });
    }
}
