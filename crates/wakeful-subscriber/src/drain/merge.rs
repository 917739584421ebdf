//! Reading the rings in the order of time, and what each record does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wakeful_trace::{SpanId, TraceFlags, TraceId};

use super::open_span::{OpenSpan, message_or_empty};
use super::{Drain, EventFields, LogRecord, Sink, State};
use crate::field::Fields;
use crate::record::{Kind, Record, mark};

/// The next time of each ring that has something to read.
#[derive(Debug, Default)]
pub(super) struct Merge {
    next: BinaryHeap<Reverse<(u64, u32)>>,
}

/// In place of a ring's index: the spans whose close found no room in one.
const CLOSED: u32 = u32::MAX;

impl Drain {
    /// Reads all records before `watermark` that were looked at.
    pub(super) fn read(&mut self, watermark: u64, sink: &mut impl Sink) {
        let Self {
            core,
            readers,
            state,
            closed,
            merge: Merge { next },
            ..
        } = self;
        let ticks = |reader: &super::RingReader| reader.reader.peek().map(|bytes| Record::new(bytes).ticks());
        for (index, reader) in readers.iter().enumerate() {
            if let Some(ticks) = ticks(reader).filter(|&ticks| ticks < watermark) {
                next.push(Reverse((ticks, index as u32)));
            }
        }
        if let Some(&(ticks, _)) = closed.last().filter(|(ticks, _)| *ticks < watermark) {
            next.push(Reverse((ticks, CLOSED)));
        }
        while let Some(Reverse((_, source))) = next.pop() {
            // This source goes on until another one has something earlier.
            let until = next.peek().map_or(watermark, |Reverse((ticks, _))| *ticks);
            if source == CLOSED {
                while let Some((ticks, slot)) =
                    closed.pop_if(|(ticks, _)| *ticks <= until && *ticks < watermark)
                {
                    if let Some(shared) = core.slots.at(slot) {
                        state.close(slot, shared.span_id(), ticks, sink);
                        core.slots.give_back(slot);
                    }
                }
                if let Some(&(ticks, _)) = closed.last().filter(|(ticks, _)| *ticks < watermark) {
                    next.push(Reverse((ticks, CLOSED)));
                }
                continue;
            }
            let Some(ring) = readers.get_mut(source as usize) else {
                continue;
            };
            while let Some(bytes) = ring.reader.peek() {
                let record = Record::new(bytes);
                let ticks = record.ticks();
                if ticks >= watermark {
                    break;
                }
                if ticks > until {
                    next.push(Reverse((ticks, source)));
                    break;
                }
                let length = record.bytes();
                state.apply(record, ring.thread, sink);
                state.drained.records += 1;
                state.drained.bytes += length as u64;
                ring.reader.step(length);
            }
            ring.reader.release();
        }
    }
}

impl State {
    fn apply(&mut self, record: Record<'_>, thread: u32, sink: &mut impl Sink) {
        let ticks = record.ticks();
        let Some(kind) = record.kind() else {
            self.misplaced.records += 1;
            return;
        };
        if kind == Kind::Event && record.has(mark::FOR_LOG) {
            self.log(record, thread, sink);
        }
        if kind as u8 >= Kind::TaskStart as u8 {
            return self.task(kind, record, thread, sink);
        }
        let Some(slot) = record.slot() else {
            return;
        };
        if kind == Kind::New {
            return self.begin(slot, record, thread);
        }
        if kind == Kind::Close {
            return self.close(slot, record.span_id(), ticks, sink);
        }
        let span = self.spans.get_mut(slot as usize);
        let Some(span) = span.filter(|span| span.span_id == record.span_id()) else {
            self.misplaced.records += 1;
            return;
        };
        match kind {
            Kind::Enter => span.enter(ticks, &self.timeline),
            Kind::Exit => span.exit(ticks, &self.timeline),
            Kind::Record => span.add_fields(record, &self.callsites),
            Kind::Event => {
                if let Some(callsite) = self.callsites.get(record.fields().callsite as usize) {
                    span.add_event(record, callsite, self.limits, &self.timeline);
                }
            }
            Kind::Link => span.add_link(record, self.limits),
            Kind::Parent => span.set_parent(record),
            Kind::New | Kind::Close => {}
            Kind::TaskStart | Kind::TaskEnd | Kind::Poll | Kind::Polls | Kind::Wake => {}
        }
    }

    fn begin(&mut self, slot: u32, record: Record<'_>, thread: u32) {
        let at = slot as usize;
        if self.spans.len() <= at {
            self.spans.resize_with(at + 1, OpenSpan::default);
        }
        if self.spans[at].span_id != 0 {
            // A slot is free only when its span's close is written; so this cannot be, and if it is, it is said.
            self.misplaced.records += 1;
            self.misplaced.spans += 1;
            self.forget(slot);
        }
        self.open += 1;
        self.threads.count_open(thread, 1);
        self.spans[at].begin(record, thread, &self.timeline, &self.callsites);
    }

    /// Hands a span out that is over.
    pub(super) fn close(&mut self, slot: u32, span_id: u64, ticks: u64, sink: &mut impl Sink) {
        let span = self.spans.get_mut(slot as usize);
        let Some(span) = span.filter(|span| span.span_id == span_id) else {
            self.misplaced.records += 1;
            return;
        };
        if let Some(thread) = self.threads.get(span.thread)
            && let Some(finished) = span.finish(ticks, &self.timeline, &self.callsites, thread)
        {
            sink.span(&finished);
            self.drained.spans += 1;
        }
        self.forget(slot);
    }

    fn forget(&mut self, slot: u32) {
        if let Some(span) = self.spans.get_mut(slot as usize) {
            self.threads.count_open(span.thread, -1);
            span.clear();
            self.open -= 1;
        }
    }

    fn log(&mut self, record: Record<'_>, thread: u32, sink: &mut impl Sink) {
        let fields = record.fields();
        let (Some(&callsite), Some(thread)) = (
            self.callsites.get(fields.callsite as usize),
            self.threads.get(thread),
        ) else {
            self.misplaced.records += 1;
            return;
        };
        let read = EventFields::read(callsite, fields.bytes);
        let metadata = callsite.metadata;
        let is_log = callsite.schema.is_log;
        let log_line = read.log.line.and_then(|line| u32::try_from(line).ok());
        sink.log(&LogRecord {
            callsite,
            unix_nanos: self
                .timeline
                .unix_nanos(self.timeline.monotonic_nanos(record.ticks())),
            target: read.log.target.unwrap_or(metadata.target()),
            message: message_or_empty(read.message),
            fields: Fields::new(fields.bytes, callsite.schema, false).without_exception(read.error.is_some()),
            exception: read.exception,
            trace_id: TraceId::new(record.trace_id()),
            span_id: SpanId::new(record.span_id()),
            flags: TraceFlags::from_bits(fields.flags),
            file: if is_log { read.log.file } else { metadata.file() },
            line: if is_log { log_line } else { metadata.line() },
            module: if is_log {
                read.log.module
            } else {
                metadata.module_path()
            },
            cut: fields.cut,
            thread,
        });
        self.drained.logs += 1;
    }
}
