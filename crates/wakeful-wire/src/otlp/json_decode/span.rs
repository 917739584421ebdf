//! `Span`, `Event`, `Link` and `Status`.

use std::marker::PhantomData;

use serde::de::{MapAccess, SeqAccess};
use wakeful_model::{Attribute, Event, Kind, Link, Span, SpanId, Status, StatusCode, TraceId};

use super::super::Rejected;
use super::id::{self, Id};
use super::object::{Elements, Fields, List, Object, ignore};
use super::scalar::Scalar;
use super::value::attributes;

/// A span as it is read: its ids may be missing.
#[derive(Debug, Default)]
pub(super) struct SpanDraft {
    trace_id: Id<TraceId>,
    span_id: Id<SpanId>,
    parent_span_id: Id<SpanId>,
    trace_state: String,
    flags: u32,
    name: String,
    kind: Kind,
    start_unix_nanos: u64,
    end_unix_nanos: u64,
    attributes: Vec<Attribute>,
    dropped_attributes_count: u32,
    events: Vec<Event>,
    dropped_events_count: u32,
    links: Vec<Link>,
    dropped_links_count: u32,
    status: Status,
}

impl SpanDraft {
    /// The span, unless its ids do not let it be kept, which is counted.
    pub(super) fn finish(self, resource: u32, scope: u32, rejected: &mut Rejected) -> Option<Span> {
        let Some(trace_id) = self.trace_id.valid() else {
            rejected.bad_trace_id += 1;
            return None;
        };
        let Some(span_id) = self.span_id.valid() else {
            rejected.bad_span_id += 1;
            return None;
        };
        let mut span = Span {
            trace_id,
            span_id,
            parent_span_id: self.parent_span_id.valid(),
            trace_state: self.trace_state,
            flags: self.flags,
            name: self.name,
            kind: self.kind,
            start_unix_nanos: self.start_unix_nanos,
            end_unix_nanos: self.end_unix_nanos,
            attributes: self.attributes,
            dropped_attributes_count: self.dropped_attributes_count,
            events: self.events,
            dropped_events_count: self.dropped_events_count,
            links: self.links,
            dropped_links_count: self.dropped_links_count,
            status: self.status,
            resource,
            scope,
        };
        if self.parent_span_id == Id::Malformed {
            span.add_warning("the parent's span id was not 16 hex digits; the span is shown as a root");
        }
        Some(span)
    }
}

impl<'de> Fields<'de> for SpanDraft {
    const WHAT: &'static str = "a span";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = id::trace_id(&map.next_value()?),
            "spanId" | "span_id" => self.span_id = id::span_id(&map.next_value()?),
            "parentSpanId" | "parent_span_id" => self.parent_span_id = id::span_id(&map.next_value()?),
            "traceState" | "trace_state" => self.trace_state = text(map)?,
            "flags" => self.flags = number(map)?.to_u32(),
            "name" => self.name = text(map)?,
            "kind" => self.kind = kind(&map.next_value()?),
            "startTimeUnixNano" | "start_time_unix_nano" => self.start_unix_nanos = number(map)?.to_u64(),
            "endTimeUnixNano" | "end_time_unix_nano" => self.end_unix_nanos = number(map)?.to_u64(),
            "attributes" => attributes(map, &mut self.attributes)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                self.dropped_attributes_count = number(map)?.to_u32();
            }
            "events" => map.next_value_seed(List(Collect::<EventDraft, _>::into(&mut self.events)))?,
            "droppedEventsCount" | "dropped_events_count" => {
                self.dropped_events_count = number(map)?.to_u32();
            }
            "links" => map.next_value_seed(List(Collect::<LinkDraft, _>::into(&mut self.links)))?,
            "droppedLinksCount" | "dropped_links_count" => self.dropped_links_count = number(map)?.to_u32(),
            "status" => map.next_value_seed(Object(&mut self.status))?,
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Status {
    const WHAT: &'static str = "a span's status";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "code" => self.code = status_code(&map.next_value()?),
            "message" => self.message = text(map)?,
            _ => ignore(map)?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct EventDraft {
    time_unix_nanos: u64,
    name: String,
    attributes: Vec<Attribute>,
    dropped_attributes_count: u32,
}

impl<'de> Fields<'de> for EventDraft {
    const WHAT: &'static str = "an event";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "timeUnixNano" | "time_unix_nano" => self.time_unix_nanos = number(map)?.to_u64(),
            "name" => self.name = text(map)?,
            "attributes" => attributes(map, &mut self.attributes)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                self.dropped_attributes_count = number(map)?.to_u32();
            }
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl From<EventDraft> for Event {
    fn from(draft: EventDraft) -> Self {
        Self {
            time_unix_nanos: draft.time_unix_nanos,
            name: draft.name,
            attributes: draft.attributes,
            dropped_attributes_count: draft.dropped_attributes_count,
        }
    }
}

#[derive(Default)]
struct LinkDraft {
    trace_id: Id<TraceId>,
    span_id: Id<SpanId>,
    trace_state: String,
    flags: u32,
    attributes: Vec<Attribute>,
    dropped_attributes_count: u32,
}

impl<'de> Fields<'de> for LinkDraft {
    const WHAT: &'static str = "a link";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = id::trace_id(&map.next_value()?),
            "spanId" | "span_id" => self.span_id = id::span_id(&map.next_value()?),
            "traceState" | "trace_state" => self.trace_state = text(map)?,
            "flags" => self.flags = number(map)?.to_u32(),
            "attributes" => attributes(map, &mut self.attributes)?,
            "droppedAttributesCount" | "dropped_attributes_count" => {
                self.dropped_attributes_count = number(map)?.to_u32();
            }
            _ => ignore(map)?,
        }
        Ok(())
    }
}

impl From<LinkDraft> for Link {
    fn from(draft: LinkDraft) -> Self {
        Self {
            trace_id: draft.trace_id.valid(),
            span_id: draft.span_id.valid(),
            trace_state: draft.trace_state,
            flags: draft.flags,
            attributes: draft.attributes,
            dropped_attributes_count: draft.dropped_attributes_count,
        }
    }
}

/// Appends elements to a list of the model.
struct Collect<'a, Draft, T> {
    list: &'a mut Vec<T>,
    draft: PhantomData<Draft>,
}

impl<'a, Draft, T> Collect<'a, Draft, T> {
    fn into(list: &'a mut Vec<T>) -> Self {
        Self {
            list,
            draft: PhantomData,
        }
    }
}

impl<'de, Draft: Fields<'de> + Default + Into<T>, T> Elements<'de> for Collect<'_, Draft, T> {
    const WHAT: &'static str = "events or links";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut draft = Draft::default();
        let read = list.next_element_seed(Object(&mut draft))?;
        self.list.extend(read.map(|()| draft.into()));
        Ok(read.is_some())
    }
}

/// The text of a field.
pub(super) fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<String, A::Error> {
    Ok(map.next_value::<Scalar<'de>>()?.into_text())
}

/// The number of a field.
pub(super) fn number<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Scalar<'de>, A::Error> {
    map.next_value()
}

fn kind(scalar: &Scalar<'_>) -> Kind {
    let names = [
        "UNSPECIFIED",
        "INTERNAL",
        "SERVER",
        "CLIENT",
        "PRODUCER",
        "CONSUMER",
    ];
    Kind::from_otlp(scalar.to_enum_number("SPAN_KIND_", &names))
}

fn status_code(scalar: &Scalar<'_>) -> StatusCode {
    StatusCode::from_otlp(scalar.to_enum_number("STATUS_CODE_", &["UNSET", "OK", "ERROR"]))
}
