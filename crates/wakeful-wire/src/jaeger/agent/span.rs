//! `Span`: from OTLP's protobuf to Thrift, as the OpenTelemetry Collector's Jaeger exporter translates it.

use wakeful_model::Kind;

use super::compact::{CompactWriter, LastField, Type};
use super::tags::{Cut, Tag, TagValue, read_tag, write_tag, write_tags};
use crate::otlp::fields;
use crate::protobuf::Fields;

const FOLLOWS_FROM: i32 = 1;
/// Says on a span how many bytes of its tags and logs found no room in a datagram.
const CUT_KEY: &str = "wakeful.cut_bytes";

/// A span where it rests, its parts apart.
#[derive(Debug, Default)]
pub(super) struct OtlpSpan<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_span_id: &'a [u8],
    name: &'a str,
    flags: i32,
    start_unix_nanos: u64,
    end_unix_nanos: u64,
    tags: Vec<Tag<'a>>,
    events: Vec<&'a [u8]>,
    links: Vec<&'a [u8]>,
}

/// The halves of a trace id, low and high, as Thrift's signed numbers have them.
fn halves(trace_id: &[u8]) -> (i64, i64) {
    let mut bytes = [0; 16];
    if let Ok(id) = trace_id.try_into() {
        bytes = id;
    }
    let id = u128::from_be_bytes(bytes);
    (id as i64, (id >> 64) as i64)
}

/// A span's id; 0 if there is none.
fn id(span_id: &[u8]) -> i64 {
    span_id.try_into().map_or(0, i64::from_be_bytes)
}

fn micros(nanos: u64) -> i64 {
    // A thousandth of 64 bits fits into 63.
    (nanos / 1000) as i64
}

impl<'a> OtlpSpan<'a> {
    pub(super) fn read(span: &'a [u8]) -> Self {
        let mut read = Self::default();
        let (mut kind, mut status) = (0, &[][..]);
        for (number, field) in Fields::new(span, 0) {
            match number {
                fields::SPAN_TRACE_ID => read.trace_id = field.bytes(),
                fields::SPAN_ID => read.span_id = field.bytes(),
                fields::SPAN_PARENT_ID => read.parent_span_id = field.bytes(),
                fields::SPAN_NAME => read.name = field.text(),
                // Bit 0 is the same as in W3C trace flags; bit 1 is "debug" here and "random id" there.
                fields::SPAN_FLAGS => read.flags = (field.number() & 1) as i32,
                fields::SPAN_KIND => kind = field.number(),
                fields::SPAN_START => read.start_unix_nanos = field.number(),
                fields::SPAN_END => read.end_unix_nanos = field.number(),
                fields::SPAN_ATTRIBUTE => read.tags.extend(read_tag(field.bytes())),
                fields::SPAN_EVENT => read.events.push(field.bytes()),
                fields::SPAN_LINK => read.links.push(field.bytes()),
                fields::SPAN_STATUS => status = field.bytes(),
                fields::SPAN_TRACE_STATE if !field.bytes().is_empty() => {
                    read.add("w3c.tracestate", TagValue::Text(field.text().into()));
                }
                _ => {}
            }
        }
        let kind = Kind::ALL.into_iter().find(|known| *known as u64 == kind);
        if let Some(kind) = kind.filter(|kind| !matches!(kind, Kind::Unspecified | Kind::Internal)) {
            read.add("span.kind", TagValue::Text(kind.name().into()));
        }
        read.add_status(status);
        read.tags.sort_by_key(|(key, _)| *key);
        read
    }

    /// What the program set itself stays.
    fn add(&mut self, key: &'a str, value: TagValue<'a>) {
        if !self.tags.iter().any(|(known, _)| *known == key) {
            self.tags.push((key, value));
        }
    }

    /// A status is a boolean tag, `ok` or `error`; beside it what OpenTelemetry's readers look for.
    fn add_status(&mut self, status: &'a [u8]) {
        let (mut code, mut message) = (0, "");
        for (number, field) in Fields::new(status, 0) {
            match number {
                fields::STATUS_CODE => code = field.number(),
                fields::STATUS_MESSAGE => message = field.text(),
                _ => {}
            }
        }
        match code {
            1 => {
                self.add("ok", TagValue::Bool(true));
                self.add("otel.status_code", TagValue::Text("OK".into()));
            }
            2 => {
                self.add("error", TagValue::Bool(true));
                self.add("otel.status_code", TagValue::Text("ERROR".into()));
                if !message.is_empty() {
                    self.add("otel.status_description", TagValue::Text(message.into()));
                }
            }
            _ => {}
        }
    }

    /// `struct Span { 1: traceIdLow, 2: traceIdHigh, 3: spanId, 4: parentSpanId, 5: operationName, 6: references,
    /// 7: flags, 8: startTime, 9: duration, 10: tags, 11: logs }`
    ///
    /// Texts longer than `value_bytes_max` are cut, and the span says how much; with `with_logs` false it has none.
    pub(super) fn encode(&self, value_bytes_max: usize, with_logs: bool) -> Vec<u8> {
        let mut out = CompactWriter::default();
        let cut = &mut Cut {
            value_bytes_max,
            bytes: 0,
        };
        let last = &mut LastField::default();
        let (low, high) = halves(self.trace_id);
        out.i64(last, 1, low);
        out.i64(last, 2, high);
        out.i64(last, 3, id(self.span_id));
        out.i64(last, 4, id(self.parent_span_id));
        out.bytes(last, 5, cut.text(self.name).as_bytes());
        if !self.links.is_empty() {
            out.field(last, 6, Type::List);
            out.structs(self.links.len());
            self.links.iter().for_each(|link| write_reference(&mut out, link));
        }
        out.i32(last, 7, self.flags);
        out.i64(last, 8, micros(self.start_unix_nanos));
        let duration = self.end_unix_nanos.saturating_sub(self.start_unix_nanos);
        out.i64(last, 9, micros(duration));

        // The logs first, so that the tags can tell what was cut off them.
        let mut logs = CompactWriter::default();
        if with_logs {
            logs.structs(self.events.len());
            self.events
                .iter()
                .for_each(|event| write_log(&mut logs, event, cut));
        } else {
            cut.bytes += self.events.iter().map(|event| event.len()).sum::<usize>();
        }
        let mut tags = CompactWriter::default();
        self.tags.iter().for_each(|tag| write_tag(&mut tags, tag, cut));
        let says_cut = cut.bytes > 0;
        if says_cut {
            let bytes = i64::try_from(cut.bytes).unwrap_or(i64::MAX);
            write_tag(&mut tags, &(CUT_KEY, TagValue::Long(bytes)), cut);
        }
        out.field(last, 10, Type::List);
        out.structs(self.tags.len() + usize::from(says_cut));
        out.raw(&tags.into_bytes());
        if with_logs && !self.events.is_empty() {
            out.field(last, 11, Type::List);
            out.raw(&logs.into_bytes());
        }
        out.end_struct();
        out.into_bytes()
    }
}

/// `struct SpanRef { 1: refType, 2: traceIdLow, 3: traceIdHigh, 4: spanId }`
fn write_reference(out: &mut CompactWriter, link: &[u8]) {
    let (mut trace_id, mut span_id) = (&[][..], &[][..]);
    for (number, field) in Fields::new(link, 0) {
        match number {
            fields::LINK_TRACE_ID => trace_id = field.bytes(),
            fields::LINK_SPAN_ID => span_id = field.bytes(),
            _ => {}
        }
    }
    let last = &mut LastField::default();
    let (low, high) = halves(trace_id);
    out.i32(last, 1, FOLLOWS_FROM);
    out.i64(last, 2, low);
    out.i64(last, 3, high);
    out.i64(last, 4, id(span_id));
    out.end_struct();
}

/// `struct Log { 1: timestamp, 2: list<Tag> fields }`; the first field is the event's name.
fn write_log(out: &mut CompactWriter, event: &[u8], cut: &mut Cut) {
    let (mut time, mut name, mut tags) = (0, "", Vec::new());
    for (number, field) in Fields::new(event, 0) {
        match number {
            fields::EVENT_TIME => time = field.number(),
            fields::EVENT_NAME => name = field.text(),
            fields::EVENT_ATTRIBUTE => tags.extend(read_tag(field.bytes())),
            _ => {}
        }
    }
    if !name.is_empty() {
        tags.insert(0, ("event", TagValue::Text(name.into())));
    }
    let last = &mut LastField::default();
    out.i64(last, 1, micros(time));
    out.field(last, 2, Type::List);
    write_tags(out, &tags, cut);
    out.end_struct();
}
