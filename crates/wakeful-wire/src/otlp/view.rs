//! Looking into an encoded span without decoding it whole.
//!
//! Views read bytes that [`super::Batch`] has checked, so they cannot fail.

use wakeful_model::{Attribute, Event, Kind, Link, Span, SpanId, Status, StatusCode, TraceId, Value};

use super::{encode, fields};
use crate::protobuf::{Field, Fields};

/// An encoded span of a checked batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpanView<'a> {
    bytes: &'a [u8],
    /// From the first attribute to the last; clients write them without anything between.
    attributes: &'a [u8],
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_span_id: &'a [u8],
    /// The operation.
    pub name: &'a str,
    /// W3C `tracestate`.
    pub trace_state: &'a str,
    /// W3C trace flags and whether the parent is remote.
    pub flags: u32,
    /// OTLP's number of the kind.
    kind: u64,
    /// Unix nanoseconds.
    pub start_unix_nanos: u64,
    /// Unix nanoseconds.
    pub end_unix_nanos: u64,
    /// Dropped by the client.
    pub dropped_attributes_count: u32,
    /// Dropped by the client.
    pub dropped_events_count: u32,
    /// Dropped by the client.
    pub dropped_links_count: u32,
    status_code: u64,
    /// Why it failed.
    pub status_message: &'a str,
    /// Whether there are events, so that a caller need not look.
    pub has_events: bool,
    /// Whether there are links.
    pub has_links: bool,
}

impl<'a> SpanView<'a> {
    /// A view of an encoded `Span` message.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut view = Self {
            bytes,
            ..Self::default()
        };
        let mut span = Fields::new(bytes, 0);
        let mut attributes = None;
        loop {
            let start = span.position();
            let Some((number, field)) = Iterator::next(&mut span) else {
                break;
            };
            match number {
                fields::SPAN_ATTRIBUTE => {
                    attributes = Some((attributes.map_or(start, |(first, _)| first), span.position()));
                }
                fields::SPAN_TRACE_ID => view.trace_id = field.bytes(),
                fields::SPAN_ID => view.span_id = field.bytes(),
                fields::SPAN_TRACE_STATE => view.trace_state = field.text(),
                fields::SPAN_PARENT_ID => view.parent_span_id = field.bytes(),
                fields::SPAN_NAME => view.name = field.text(),
                fields::SPAN_KIND => view.kind = field.number(),
                fields::SPAN_START => view.start_unix_nanos = field.number(),
                fields::SPAN_END => view.end_unix_nanos = field.number(),
                fields::SPAN_DROPPED_ATTRIBUTES => view.dropped_attributes_count = field.number() as u32,
                fields::SPAN_EVENT => view.has_events = true,
                fields::SPAN_DROPPED_EVENTS => view.dropped_events_count = field.number() as u32,
                fields::SPAN_LINK => view.has_links = true,
                fields::SPAN_DROPPED_LINKS => view.dropped_links_count = field.number() as u32,
                fields::SPAN_STATUS => {
                    for (number, field) in Fields::new(field.bytes(), 0) {
                        match number {
                            fields::STATUS_MESSAGE => view.status_message = field.text(),
                            fields::STATUS_CODE => view.status_code = field.number(),
                            _ => {}
                        }
                    }
                }
                fields::SPAN_FLAGS => view.flags = field.number() as u32,
                _ => {}
            }
        }
        view.attributes = attributes.map_or(&[], |(first, end)| &bytes[first..end]);
        view
    }

    /// Bytes of the encoded span.
    pub fn encoded_len(&self) -> usize {
        self.bytes.len()
    }

    /// The trace's id, if it is one.
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_bytes(self.trace_id)
    }

    /// The span's id, if it is one.
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_bytes(self.span_id)
    }

    /// The parent's id; `None` for a root.
    pub fn parent_span_id(&self) -> Option<SpanId> {
        SpanId::from_bytes(self.parent_span_id)
    }

    /// Its role.
    pub fn kind(&self) -> Kind {
        Kind::from_otlp(self.kind)
    }

    /// How it ended.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_otlp(self.status_code)
    }

    /// Its attributes, in the client's order.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
        attributes_of(self.attributes, fields::SPAN_ATTRIBUTE)
    }

    /// Its events, in the client's order.
    pub fn events(&self) -> impl Iterator<Item = EventView<'a>> + use<'a> {
        messages(self.bytes, fields::SPAN_EVENT).map(EventView)
    }

    /// Its links, in the client's order.
    pub fn links(&self) -> impl Iterator<Item = LinkView<'a>> + use<'a> {
        messages(self.bytes, fields::SPAN_LINK).map(LinkView)
    }

    /// Its events alone, as an encoded `Span` that has nothing else; read them with [`SpanView::new`].
    pub fn encoded_events(&self) -> Vec<u8> {
        encode::copy_fields(self.bytes, fields::SPAN_EVENT)
    }

    /// Its links alone, as an encoded `Span` that has nothing else; read them with [`SpanView::new`].
    pub fn encoded_links(&self) -> Vec<u8> {
        encode::copy_fields(self.bytes, fields::SPAN_LINK)
    }

    /// The span as plain data, with the given indices; `None` without valid ids.
    pub fn to_model(&self, resource: u32, scope: u32) -> Option<Span> {
        Some(Span {
            trace_id: self.trace_id()?,
            span_id: self.span_id()?,
            parent_span_id: self.parent_span_id(),
            trace_state: self.trace_state.to_owned(),
            flags: self.flags,
            name: self.name.to_owned(),
            kind: self.kind(),
            start_unix_nanos: self.start_unix_nanos,
            end_unix_nanos: self.end_unix_nanos,
            attributes: to_attributes(self.attributes()),
            dropped_attributes_count: self.dropped_attributes_count,
            events: self.events().map(|event| event.to_model()).collect(),
            dropped_events_count: self.dropped_events_count,
            links: self.links().map(|link| link.to_model()).collect(),
            dropped_links_count: self.dropped_links_count,
            status: Status {
                code: self.status_code(),
                message: self.status_message.to_owned(),
            },
            resource,
            scope,
        })
    }
}

/// An encoded event.
#[derive(Debug, Clone, Copy)]
pub struct EventView<'a>(&'a [u8]);

impl<'a> EventView<'a> {
    /// What happened.
    pub fn name(&self) -> &'a str {
        let name = Fields::new(self.0, 0).filter(|(number, _)| *number == fields::EVENT_NAME);
        name.map(|(_, field)| field.text()).last().unwrap_or_default()
    }

    /// When, Unix nanoseconds.
    pub fn time_unix_nanos(&self) -> u64 {
        let time = Fields::new(self.0, 0).filter(|(number, _)| *number == fields::EVENT_TIME);
        time.map(|(_, field)| field.number()).last().unwrap_or_default()
    }

    /// Its attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
        attributes_of(self.0, fields::EVENT_ATTRIBUTE)
    }

    /// The event as plain data.
    pub fn to_model(&self) -> Event {
        let mut event = Event {
            time_unix_nanos: 0,
            name: String::new(),
            attributes: to_attributes(self.attributes()),
            dropped_attributes_count: 0,
        };
        for (number, field) in Fields::new(self.0, 0) {
            match number {
                fields::EVENT_TIME => event.time_unix_nanos = field.number(),
                fields::EVENT_NAME => field.text().clone_into(&mut event.name),
                fields::EVENT_DROPPED_ATTRIBUTES => event.dropped_attributes_count = field.number() as u32,
                _ => {}
            }
        }
        event
    }
}

/// An encoded link.
#[derive(Debug, Clone, Copy)]
pub struct LinkView<'a>(&'a [u8]);

impl<'a> LinkView<'a> {
    /// Its attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
        attributes_of(self.0, fields::LINK_ATTRIBUTE)
    }

    /// The link as plain data.
    pub fn to_model(&self) -> Link {
        let mut link = Link {
            trace_id: None,
            span_id: None,
            trace_state: String::new(),
            flags: 0,
            attributes: to_attributes(self.attributes()),
            dropped_attributes_count: 0,
        };
        for (number, field) in Fields::new(self.0, 0) {
            match number {
                fields::LINK_TRACE_ID => link.trace_id = TraceId::from_bytes(field.bytes()),
                fields::LINK_SPAN_ID => link.span_id = SpanId::from_bytes(field.bytes()),
                fields::LINK_TRACE_STATE => field.text().clone_into(&mut link.trace_state),
                fields::LINK_DROPPED_ATTRIBUTES => link.dropped_attributes_count = field.number() as u32,
                fields::LINK_FLAGS => link.flags = field.number() as u32,
                _ => {}
            }
        }
        link
    }
}

/// An encoded `AnyValue`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueView<'a> {
    /// Set to nothing.
    Empty,
    /// Text.
    String(&'a str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An encoded list.
    Array(ListView<'a>),
    /// An encoded map.
    Map(ListView<'a>),
}

/// An encoded `ArrayValue` or `KeyValueList`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListView<'a>(&'a [u8]);

impl<'a> ListView<'a> {
    /// The values of a list.
    pub(super) fn values(self) -> impl Iterator<Item = ValueView<'a>> {
        messages(self.0, fields::LIST_ITEM).map(ValueView::new)
    }
}

impl<'a> ValueView<'a> {
    /// A view of an encoded `AnyValue` message.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        // Of several alternatives the last one counts, as in any protobuf `oneof`.
        Fields::new(bytes, 0).fold(Self::Empty, |value, (number, field)| match (number, field) {
            (fields::VALUE_STRING, Field::Bytes(..)) => Self::String(field.text()),
            (fields::VALUE_BOOL, Field::Varint(number)) => Self::Bool(number != 0),
            (fields::VALUE_INT, Field::Varint(number)) => Self::Int(number as i64),
            (fields::VALUE_DOUBLE, Field::Fixed64(bits)) => Self::Double(f64::from_bits(bits)),
            (fields::VALUE_ARRAY, Field::Bytes(bytes, _)) => Self::Array(ListView(bytes)),
            (fields::VALUE_MAP, Field::Bytes(bytes, _)) => Self::Map(ListView(bytes)),
            (fields::VALUE_BYTES, Field::Bytes(bytes, _)) => Self::Bytes(bytes),
            _ => value,
        })
    }

    /// The value as plain data.
    pub fn to_model(self) -> Value {
        match self {
            Self::Empty => Value::Empty,
            Self::String(text) => Value::String(text.to_owned()),
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Double(value) => Value::Double(value),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_owned()),
            Self::Array(ListView(bytes)) => Value::Array(
                messages(bytes, fields::LIST_ITEM)
                    .map(|item| Self::new(item).to_model())
                    .collect(),
            ),
            Self::Map(ListView(bytes)) => Value::Map(to_attributes(attributes_of(bytes, fields::LIST_ITEM))),
        }
    }
}

/// The nested messages of one field number.
pub(super) fn messages<'a>(bytes: &'a [u8], number: u32) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    Fields::new(bytes, 0)
        .filter(move |(found, _)| *found == number)
        .map(|(_, field)| field.bytes())
}

/// The key-value pairs of one field number.
pub(super) fn attributes_of<'a>(
    bytes: &'a [u8],
    number: u32,
) -> impl Iterator<Item = (&'a str, ValueView<'a>)> + use<'a> {
    messages(bytes, number).map(|pair| {
        let mut key = "";
        let mut value = ValueView::Empty;
        for (number, field) in Fields::new(pair, 0) {
            match number {
                fields::PAIR_KEY => key = field.text(),
                fields::PAIR_VALUE => value = ValueView::new(field.bytes()),
                _ => {}
            }
        }
        (key, value)
    })
}

pub(super) fn to_attributes<'a>(pairs: impl Iterator<Item = (&'a str, ValueView<'a>)>) -> Vec<Attribute> {
    pairs
        .map(|(key, value)| Attribute {
            key: key.to_owned(),
            value: value.to_model(),
        })
        .collect()
}
