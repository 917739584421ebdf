//! `Span`, as it is on the wire and as it becomes.

use wakeful_model::{Attribute, Event, Span, SpanId, TraceId, Value, Warnings};

use super::log::{LOG_SIZE_USUAL, read_log};
use super::reference::{self, REFERENCE_SIZE_USUAL, Reference};
use super::status::{take_kind, take_status};
use super::tags::read_tags;
use super::{read_structs, required};
use crate::otlp::Rejected;
use crate::thrift::{Kind, Reader, ThriftError};

const INVALID_SPAN_NAME: &str = "invalid-span-name";

/// `Flags` bit 0, the same as in W3C trace flags. Bit 1 means "debug" here and "random id" there: it is not kept.
const SAMPLED: i32 = 1;

/// `struct Span { 1: traceIdLow, 2: traceIdHigh, 3: spanId, 4: parentSpanId, 5: operationName, 6: references,
/// 7: flags, 8: startTime, 9: duration, 10: tags, 11: logs }`; all are required but 6, 10 and 11.
#[derive(Debug)]
pub(super) struct WireSpan<'a> {
    trace_id: u128,
    span_id: u64,
    parent_span_id: u64,
    name: &'a [u8],
    references: Vec<Reference>,
    flags: i32,
    start_micros: i64,
    duration_micros: i64,
    attributes: Vec<Attribute>,
    events: Vec<Event>,
    warnings: Warnings,
}

/// Reads a span; one whose trace or span id is zero is counted as rejected instead.
pub(super) fn read_span<'a>(
    reader: &mut impl Reader<'a>,
    rejected: &mut Rejected,
) -> Result<Option<Span>, ThriftError> {
    let wire = WireSpan::read(reader)?;
    match (TraceId::new(wire.trace_id), SpanId::new(wire.span_id)) {
        (None, _) => rejected.bad_trace_id += 1,
        (_, None) => rejected.bad_span_id += 1,
        (Some(trace_id), Some(span_id)) => return Ok(Some(wire.into_model(trace_id, span_id))),
    }
    Ok(None)
}

impl<'a> WireSpan<'a> {
    fn read(reader: &mut impl Reader<'a>) -> Result<Self, ThriftError> {
        let (mut low, mut high, mut span_id, mut parent_span_id) = (None, None, None, None);
        let (mut name, mut flags, mut start, mut duration) = (None, None, None, None);
        let (mut references, mut attributes, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut warnings = Warnings::default();
        let mut last_id = 0;
        while let Some(field) = reader.field(&mut last_id)? {
            match (field.id, field.kind) {
                (1, Kind::I64) => low = Some(reader.i64()?),
                (2, Kind::I64) => high = Some(reader.i64()?),
                (3, Kind::I64) => span_id = Some(reader.i64()?),
                (4, Kind::I64) => parent_span_id = Some(reader.i64()?),
                (5, Kind::Bytes) => name = Some(reader.bytes()?),
                (6, Kind::List) => references = read_structs(reader, REFERENCE_SIZE_USUAL, Reference::read)?,
                (7, Kind::I32) => flags = Some(reader.i32()?),
                (8, Kind::I64) => start = Some(reader.i64()?),
                (9, Kind::I64) => duration = Some(reader.i64()?),
                (10, Kind::List) => attributes = read_tags(reader, "attribute", &mut warnings)?,
                (11, Kind::List) => {
                    events = read_structs(reader, LOG_SIZE_USUAL, |reader| read_log(reader, &mut warnings))?;
                }
                _ => reader.skip_field(field.kind)?,
            }
        }
        let low = required(reader, low, "a span without its traceIdLow")?;
        let high = required(reader, high, "a span without its traceIdHigh")?;
        let parent_span_id = required(reader, parent_span_id, "a span without its parentSpanId")?;
        Ok(Self {
            trace_id: reference::trace_id(high, low),
            span_id: required(reader, span_id, "a span without its spanId")? as u64,
            parent_span_id: parent_span_id as u64,
            name: required(reader, name, "a span without its operationName")?,
            references,
            flags: required(reader, flags, "a span without its flags")?,
            start_micros: required(reader, start, "a span without its startTime")?,
            duration_micros: required(reader, duration, "a span without its duration")?,
            attributes,
            events,
            warnings,
        })
    }

    /// The span as OpenTelemetry has it, with its batch's only resource and scope.
    fn into_model(self, trace_id: TraceId, span_id: SpanId) -> Span {
        let parent = match self.parent_span_id {
            0 => reference::parent_of(&self.references, self.trace_id),
            parent => parent,
        };
        let mut attributes = self.attributes;
        let kind = take_kind(&mut attributes);
        let status = take_status(&mut attributes, kind);
        let mut warnings = self.warnings;
        let name = match std::str::from_utf8(self.name) {
            Ok(name) => name,
            Err(_) => {
                attributes.push(Attribute::new(
                    INVALID_SPAN_NAME,
                    Value::Bytes(self.name.to_vec()),
                ));
                warnings.push("the span's name was not UTF-8; its bytes are kept as an attribute");
                INVALID_SPAN_NAME
            }
        };
        let mut span = Span {
            trace_id,
            span_id,
            parent_span_id: SpanId::new(parent),
            trace_state: String::new(),
            flags: (self.flags & SAMPLED) as u32,
            name: name.to_owned(),
            kind,
            start_unix_nanos: unix_nanos(self.start_micros),
            end_unix_nanos: unix_nanos(self.start_micros.saturating_add(self.duration_micros)),
            attributes,
            dropped_attributes_count: 0,
            events: self.events,
            dropped_events_count: 0,
            links: reference::links(&self.references, parent),
            dropped_links_count: 0,
            status,
            resource: 0,
            scope: 0,
        };
        warnings.into_iter().for_each(|warning| span.add_warning(warning));
        span
    }
}

/// Microseconds as nanoseconds; what is before 1970 or beyond the type is set to the nearest that is not.
pub(super) fn unix_nanos(unix_micros: i64) -> u64 {
    u64::try_from(unix_micros)
        .unwrap_or_default()
        .saturating_mul(1000)
}
