//! A span that is not over yet, as far as its records were read.

use wakeful_model::intervals::Interval;
use wakeful_model::{Kind, StatusCode};
use wakeful_trace::{SpanId, TraceFlags, TraceId};

use super::{EventFields, Events, Exception, FLAG_REMOTE, FinishedSpan, Links, Status};
use crate::callsite::{Callsite, Role, Schema};
use crate::clock::Timeline;
use crate::field::{FieldValue, Fields, RawField, RawFields, Special, last_special};
use crate::record::{self, Record, mark};
use crate::thread::Thread;

/// Intervals that are kept of one span; past that, neighbours are joined.
const INTERVALS_MAX: usize = 1024;
/// What the fields of one span, recorded again and again, or all its events may take.
const BYTES_MAX: usize = 1 << 20;
/// Buffers that grew past this are not kept for the next span.
const KEPT_BYTES: usize = 4 << 10;

/// The state of one slot's span. Its buffers are used again by the next span in the slot.
#[derive(Debug, Default)]
pub(super) struct OpenSpan {
    /// 0 if there is none.
    pub(super) span_id: u64,
    trace_id: u128,
    parent_span_id: u64,
    parent_is_remote: bool,
    flags: u8,
    unsampled: bool,
    callsite: u32,
    /// Index of its thread.
    pub(super) thread: u32,
    start_monotonic_nanos: u64,
    start_unix_nanos: u64,
    fields: Vec<u8>,
    /// Fields were recorded after creation.
    was_recorded: bool,
    /// The trace state of a parent that was set; otherwise it is among the fields.
    trace_state: Vec<u8>,
    events: Vec<u8>,
    event_count: u32,
    dropped_events: u32,
    links: Vec<u8>,
    link_count: u32,
    dropped_links: u32,
    exception: LastError,
    status: StatusCode,
    status_message: String,
    cut: u32,
    active: Active,
}

/// Where the last error of a span is.
#[derive(Debug, Default, Clone, Copy)]
enum LastError {
    #[default]
    None,
    Fields,
    /// In the event that begins here.
    Event(usize),
}

/// What the records of events and links do not say themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) events_max: u32,
    pub(super) links_max: u32,
}

impl OpenSpan {
    /// A new span. What the slot held before must be cleared.
    pub(super) fn begin(
        &mut self,
        record: Record<'_>,
        thread: u32,
        timeline: &Timeline,
        callsites: &[&'static Callsite],
    ) {
        let fields = record.fields();
        self.span_id = record.span_id();
        self.trace_id = record.trace_id();
        self.parent_span_id = record.other_span_id();
        self.flags = fields.flags;
        self.parent_is_remote = record.has(mark::REMOTE_PARENT);
        self.unsampled = record.has(mark::UNSAMPLED);
        self.callsite = fields.callsite;
        self.thread = thread;
        self.start_monotonic_nanos = timeline.monotonic_nanos(record.ticks());
        self.start_unix_nanos = timeline.unix_nanos(self.start_monotonic_nanos);
        self.add_fields(record, callsites);
        self.was_recorded = false;
    }

    /// Fields of the span, at its creation or later.
    pub(super) fn add_fields(&mut self, record: Record<'_>, callsites: &[&'static Callsite]) {
        let fields = record.fields();
        self.was_recorded = true;
        self.cut += fields.cut;
        if self.fields.len() + fields.bytes.len() > BYTES_MAX {
            self.cut += 1;
            return;
        }
        self.fields.extend_from_slice(fields.bytes);
        if record.has(mark::HAS_ERROR) {
            self.exception = LastError::Fields;
        }
        if let Some(callsite) = callsites.get(self.callsite as usize)
            && (callsite.schema.has_roles || record.kind() == Some(record::Kind::Record))
        {
            self.read_status(callsite.schema, fields.bytes);
        }
    }

    fn read_status(&mut self, schema: &Schema, bytes: &[u8]) {
        for (index, value) in RawFields(bytes) {
            if index == Special::Status as u16 {
                self.set_status_by_hand(value);
                continue;
            }
            let role = schema.fields.get(usize::from(index)).map(|field| field.role);
            match (role, value.text()) {
                (Some(Role::StatusCode), Some(text)) => {
                    self.status = status_code(text);
                }
                (Some(Role::StatusMessage), Some(text)) => self.set_status(StatusCode::Error, text),
                _ => {}
            }
        }
    }

    fn set_status_by_hand(&mut self, value: RawField<'_>) {
        let RawField::Plain(FieldValue::Bytes([code, message @ ..])) = value else {
            return;
        };
        let code = match code {
            1 => StatusCode::Ok,
            2 => StatusCode::Error,
            _ => StatusCode::Unset,
        };
        self.set_status(code, std::str::from_utf8(message).unwrap_or_default());
    }

    fn set_status(&mut self, code: StatusCode, message: &str) {
        self.status = code;
        self.status_message.clear();
        self.status_message.push_str(message);
    }

    pub(super) fn enter(&mut self, ticks: u64, timeline: &Timeline) {
        self.active.enter(self.since_start(ticks, timeline));
    }

    pub(super) fn exit(&mut self, ticks: u64, timeline: &Timeline) {
        self.active.exit(self.since_start(ticks, timeline));
    }

    fn since_start(&self, ticks: u64, timeline: &Timeline) -> u64 {
        timeline
            .monotonic_nanos(ticks)
            .saturating_sub(self.start_monotonic_nanos)
    }

    /// An event inside the span.
    pub(super) fn add_event(
        &mut self,
        record: Record<'_>,
        callsite: &'static Callsite,
        limits: Limits,
        timeline: &Timeline,
    ) {
        let fields = record.fields();
        let read = EventFields::read(callsite, fields.bytes);
        if let (StatusCode::Unset | StatusCode::Error, Some(error)) = (self.status, read.error) {
            self.set_status(StatusCode::Error, error);
        } else if callsite.level() == tracing_core::Level::ERROR && self.status == StatusCode::Unset {
            self.status = StatusCode::Error;
        }
        if self.event_count >= limits.events_max || self.events.len() + fields.bytes.len() > BYTES_MAX {
            self.dropped_events += 1;
            return;
        }
        if record.has(mark::HAS_ERROR) {
            self.exception = LastError::Event(self.events.len());
        }
        self.event_count += 1;
        let unix_nanos = self.start_unix_nanos + self.since_start(record.ticks(), timeline);
        Events::push(
            &mut self.events,
            unix_nanos,
            fields.callsite,
            fields.cut,
            fields.bytes,
        );
    }

    pub(super) fn add_link(&mut self, record: Record<'_>, limits: Limits) {
        let (flags, trace_state) = record.flags_and_trace_state();
        if self.link_count >= limits.links_max || self.links.len() + trace_state.len() > BYTES_MAX {
            self.dropped_links += 1;
            return;
        }
        self.link_count += 1;
        let (trace_id, span_id) = (record.trace_id(), record.other_span_id());
        Links::push(&mut self.links, trace_id, span_id, flags, trace_state);
    }

    /// A parent elsewhere, which also decides whether the span is recorded at all.
    pub(super) fn set_parent(&mut self, record: Record<'_>) {
        let (flags, trace_state) = record.flags_and_trace_state();
        self.trace_id = record.trace_id();
        self.parent_span_id = record.other_span_id();
        self.parent_is_remote = flags & FLAG_REMOTE != 0;
        self.flags = flags as u8;
        self.unsampled = record.has(mark::UNSAMPLED);
        self.trace_state.clear();
        self.trace_state.extend_from_slice(trace_state);
    }

    /// The span as it is handed out; `None` if its trace is not recorded.
    pub(super) fn finish<'a>(
        &'a mut self,
        ticks: u64,
        timeline: &Timeline,
        callsites: &'a [&'static Callsite],
        thread: &'a Thread,
    ) -> Option<FinishedSpan<'a>> {
        if self.unsampled {
            return None;
        }
        let duration = self.since_start(ticks, timeline);
        self.active.end(duration);
        let span = &*self;
        let callsite = *callsites.get(span.callsite as usize)?;
        let named = span.named(callsite);
        let trace_state = if span.trace_state.is_empty() {
            last_special(&span.fields, Special::TraceState).unwrap_or_default()
        } else {
            &span.trace_state
        };
        let message = match span.status {
            StatusCode::Error => span.status_message.as_str(),
            StatusCode::Unset | StatusCode::Ok => "",
        };
        Some(FinishedSpan {
            callsite,
            trace_id: TraceId::new(span.trace_id)?,
            span_id: SpanId::new(span.span_id)?,
            parent_span_id: SpanId::new(span.parent_span_id),
            parent_is_remote: span.parent_is_remote,
            flags: TraceFlags::from_bits(span.flags),
            trace_state: std::str::from_utf8(trace_state).unwrap_or_default(),
            name: named.name.unwrap_or(callsite.metadata.name()),
            kind: named.kind.unwrap_or(Kind::Internal),
            status: Status {
                code: span.status,
                message,
            },
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.start_unix_nanos + duration,
            fields: Fields::new(&span.fields, callsite.schema, span.was_recorded),
            exception: span.exception(callsites),
            events: Events {
                bytes: &span.events,
                callsites,
                count: span.event_count,
            },
            links: Links { bytes: &span.links },
            intervals: &span.active.intervals,
            busy_nanos: span.active.busy_nanos,
            joined: span.active.joined,
            dropped_events: span.dropped_events,
            dropped_links: span.dropped_links,
            cut: span.cut,
            thread,
        })
    }

    fn named(&self, callsite: &Callsite) -> Named<'_> {
        let mut named = Named::default();
        if !callsite.schema.has_roles {
            return named;
        }
        for (index, value) in RawFields(&self.fields) {
            let role = callsite
                .schema
                .fields
                .get(usize::from(index))
                .map(|field| field.role);
            match role {
                Some(Role::Name) => named.name = value.text().or(named.name),
                Some(Role::Kind) => named.kind = value.text().and_then(kind),
                _ => {}
            }
        }
        named
    }

    fn exception<'a>(&'a self, callsites: &'a [&'static Callsite]) -> Option<Exception<'a>> {
        match self.exception {
            LastError::None => None,
            LastError::Fields => RawFields(&self.fields)
                .filter_map(|(_, value)| match value {
                    RawField::Error { message, sources } => Some(Exception {
                        message,
                        sources: Some(sources),
                    }),
                    RawField::Plain(_) => None,
                })
                .last(),
            LastError::Event(at) => {
                let mut events = Events {
                    bytes: self.events.get(at..)?,
                    callsites,
                    count: 1,
                };
                events.next()?.exception
            }
        }
    }

    /// Empties the slot for its next span.
    pub(super) fn clear(&mut self) {
        self.span_id = 0;
        self.parent_is_remote = false;
        empty(&mut self.fields);
        empty(&mut self.trace_state);
        empty(&mut self.events);
        self.event_count = 0;
        self.dropped_events = 0;
        empty(&mut self.links);
        self.link_count = 0;
        self.dropped_links = 0;
        self.exception = LastError::None;
        self.status = StatusCode::Unset;
        if self.status_message.capacity() > KEPT_BYTES {
            self.status_message = String::new();
        }
        self.status_message.clear();
        self.cut = 0;
        self.active.clear();
    }
}

/// Empties a buffer for the next span, and gives its memory back if the last one was large.
fn empty<T>(buffer: &mut Vec<T>) {
    if buffer.capacity() * size_of::<T>() > KEPT_BYTES {
        *buffer = Vec::new();
    }
    buffer.clear();
}

/// What fields with a role say about a span.
#[derive(Default)]
struct Named<'a> {
    name: Option<&'a str>,
    kind: Option<Kind>,
}

fn kind(text: &str) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| *kind != Kind::Unspecified && text.eq_ignore_ascii_case(kind.name()))
}

fn status_code(text: &str) -> StatusCode {
    if text.eq_ignore_ascii_case("ok") {
        StatusCode::Ok
    } else if text.eq_ignore_ascii_case("error") {
        StatusCode::Error
    } else {
        StatusCode::Unset
    }
}

/// The value of an event's message, or nothing.
pub(super) fn message_or_empty(message: Option<FieldValue<'_>>) -> FieldValue<'_> {
    message.unwrap_or(FieldValue::Str(""))
}

/// When a span was entered: the union over all threads.
#[derive(Debug, Default)]
struct Active {
    intervals: Vec<Interval>,
    /// How often it is entered now, on all threads.
    depth: u32,
    since: u64,
    busy_nanos: u64,
    joined: u64,
}

impl Active {
    fn enter(&mut self, now: u64) {
        if self.depth == 0 {
            self.since = now;
        }
        self.depth += 1;
    }

    fn exit(&mut self, now: u64) {
        match self.depth {
            0 => return,
            1 => self.push(now),
            _ => {}
        }
        self.depth -= 1;
    }

    /// A span that is closed while it is entered was so until now.
    fn end(&mut self, now: u64) {
        if self.depth > 0 {
            self.push(now);
            self.depth = 0;
        }
    }

    fn push(&mut self, end: u64) {
        let start = self.since;
        self.busy_nanos += end.saturating_sub(start);
        if self.intervals.len() == INTERVALS_MAX {
            // Half of them: each with its neighbour.
            let mut kept = 0;
            self.intervals.dedup_by(|next, before| {
                kept += 1;
                let joins = kept % 2 == 1;
                if joins {
                    before.end = next.end;
                }
                joins
            });
            self.joined += (INTERVALS_MAX - self.intervals.len()) as u64;
        }
        self.intervals.push(Interval { start, end });
    }

    fn clear(&mut self) {
        empty(&mut self.intervals);
        self.depth = 0;
        self.busy_nanos = 0;
        self.joined = 0;
    }
}
