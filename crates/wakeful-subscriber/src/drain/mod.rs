//! The reading side: merges the rings and hands out what is finished.
//!
//! A turn ([`Drain::drain`]) looks twice at what every ring has published. Records seen by the first look are read in the
//! order of their times, up to the earliest record that only the second look sees. That is enough for all that matters:
//! what happened before a record (its span's creation, say, on another thread) was published before it, so the second look
//! sees it; it has an earlier time, because each record of a span is stamped later than those before it; so it is read
//! first, in this turn. No clock has to be trusted and nobody waited for: a thread that pauses between reading the clock
//! and publishing has told nobody of the span yet, so nothing that depends on it exists.

mod events;
mod merge;
mod open_span;
mod sink;
mod tasks;
mod threads;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::callsite::Callsite;
use crate::clock::Timeline;
use crate::core::Core;
use crate::loss::{Loss, LossCause, LossCounts, LossReported};
use crate::ring::Reader;
use crate::slots::Slot;
use crate::thread::Thread;
use merge::Merge;
use open_span::{Limits, OpenSpan};
use tasks::UnsurePoll;
use threads::Threads;

pub use events::{Event, Events, Exception, Links};
pub(crate) use events::{EventFields, FLAG_REMOTE};
pub use sink::{ClockStep, Drained, FinishedSpan, LogRecord, Sink, Status};
pub use tasks::{FinishedPoll, RunningPoll, StartedTask, SummedPolls};

/// The reading side of a recorder. There is one, and it may be moved to any thread.
#[derive(Debug)]
pub struct Drain {
    pub(crate) core: Arc<Core>,
    epoch: u32,
    /// Of the list of rings and threads.
    version: u64,
    readers: Vec<RingReader>,
    state: State,
    /// Spans whose close found no room, with the time of it; in the order of time.
    closed: Vec<(u64, u32)>,
    closed_scratch: Vec<u32>,
    merge: Merge,
    ending_reported: LossReported,
    losses_since_unix_nanos: u64,
}

/// How often [`Drain::finish`] looks again while threads go on writing.
const TURNS_MAX: u32 = 16;

/// A ring, and the index of its thread.
#[derive(Debug)]
struct RingReader {
    reader: Reader,
    thread: u32,
}

/// What the records add up to.
#[derive(Debug)]
struct State {
    /// By slot.
    spans: Vec<OpenSpan>,
    callsites: Vec<&'static Callsite>,
    threads: Threads,
    timeline: Timeline,
    limits: Limits,
    drained: Drained,
    open: u64,
    misplaced: Misplaced,
    unsure_polls: Vec<UnsurePoll>,
}

/// Records that no legal use of `tracing` writes.
#[derive(Debug, Default)]
struct Misplaced {
    records: u64,
    spans: u64,
}

impl Drain {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let timeline = Timeline::new(core.clock.clone());
        Self {
            epoch: core.process().epoch,
            version: 0,
            readers: Vec::new(),
            closed: Vec::new(),
            closed_scratch: Vec::new(),
            merge: Merge::default(),
            ending_reported: LossReported::default(),
            losses_since_unix_nanos: timeline.now_unix_nanos(),
            state: State {
                spans: Vec::new(),
                callsites: Vec::new(),
                threads: Threads::default(),
                limits: Limits {
                    events_max: core.span_events_max,
                    links_max: core.span_links_max,
                },
                drained: Drained::default(),
                open: 0,
                misplaced: Misplaced::default(),
                unsure_polls: Vec::new(),
                timeline,
            },
            core,
        }
    }

    /// Reads what every ring has published and hands what is finished to `sink`, losses at the end.
    pub fn drain(&mut self, sink: &mut impl Sink) -> Drained {
        self.follow_fork();
        self.core.process().doorbell.hear();
        if let Some(step) = self.state.timeline.advance() {
            sink.clock_step(&step);
        }
        self.state.drained = Drained::default();
        let watermark = self.look();
        self.read(watermark, sink);
        self.state.settle_old(false, sink);
        self.hand_out_explicit_spans(sink);
        self.let_go_of_rings();
        self.state.running_polls(sink);
        self.report_losses(sink);
        self.state.drained.open = self.state.open;
        self.state.drained
    }

    /// The last time: reads everything that was written before the call. Spans that are still open stay so, and are counted
    /// in [`Drained::open`].
    pub fn finish(&mut self, sink: &mut impl Sink) -> Drained {
        let mut all = Drained::default();
        // Threads that go on writing would keep us here for ever.
        for _ in 0..TURNS_MAX {
            let drained = self.drain(sink);
            all = Drained {
                records: all.records + drained.records,
                bytes: all.bytes + drained.bytes,
                spans: all.spans + drained.spans,
                logs: all.logs + drained.logs,
                ..drained
            };
            if !drained.more {
                break;
            }
        }
        self.state.settle_old(true, sink);
        all
    }

    /// Whether what tasks do is to be recorded from now on. At first it is not.
    pub fn want_tasks(&self, wanted: bool) {
        self.core.wants_tasks.store(wanted, Ordering::Relaxed);
    }

    /// The time by the program's wall clock, as all times that are handed out: nanoseconds of Unix time.
    pub fn now_unix_nanos(&self) -> u64 {
        self.state.timeline.now_unix_nanos()
    }

    /// Sleeps until a ring is half full (or a span was closed: [`crate::Settings::wake_at_close`]), or `timeout` is over.
    /// Whether it was woken.
    pub fn wait(&self, timeout: Duration) -> bool {
        self.core.process().doorbell.wait(timeout)
    }

    /// From now on calls `wake` too whenever it ends [`Self::wait`]: on the traced thread, so it must be short, must not
    /// block, and must not trace. Only the first one counts; whether this was it.
    pub fn on_wake(&self, wake: impl Fn() + Send + Sync + 'static) -> bool {
        self.core.process().doorbell.set_hook(Box::new(wake))
    }

    /// Something that ends [`Self::wait`] from another thread, to shut the drain down, say.
    pub fn waker(&self) -> Waker {
        Waker {
            core: self.core.clone(),
        }
    }

    /// In a child of `fork`: what the rings hold is the parent's to read.
    fn follow_fork(&mut self) {
        let epoch = self.core.process().epoch;
        if self.epoch != epoch {
            let core = self.core.clone();
            // The readers' rings are the parent's: their memory must not go back to our pool.
            std::mem::take(&mut self.readers)
                .into_iter()
                .for_each(std::mem::forget);
            *self = Self::new(core);
        }
    }

    /// Looks at all rings twice; returns the time up to which everything that matters was seen.
    fn look(&mut self) -> u64 {
        // Closed spans first: what was published before they were handed over is seen by the looks that follow.
        self.core.slots.take_closed(&mut self.closed_scratch);
        for index in self.closed_scratch.drain(..) {
            let ticks = self.core.slots.at(index).map_or(0, Slot::ticks);
            self.closed.push((ticks, index));
        }
        self.closed.sort_unstable_by(|a, b| b.cmp(a));
        self.take_in_rings();
        for ring in &mut self.readers {
            ring.reader.look();
        }
        self.take_in_rings();
        let beyond = self.readers.iter().filter_map(|ring| ring.reader.beyond());
        let watermark = beyond
            .map(|bytes| crate::record::Record::new(bytes).ticks())
            .min();
        // After the looks: a record's callsite is in the table before the record is written.
        Callsite::catch_up(&mut self.state.callsites);
        self.state.drained.more = watermark.is_some();
        watermark.unwrap_or(u64::MAX)
    }

    fn take_in_rings(&mut self) {
        let (rings, threads) = self.core.process().rings.added(&mut self.version);
        for thread in threads {
            self.state.threads.add(thread);
        }
        for ring in rings {
            let thread = self.state.threads.index(&ring.thread);
            let reader = Reader::new(ring);
            self.readers.push(RingReader { reader, thread });
        }
    }

    /// Gives the memory of rings back that will not be written any more.
    fn let_go_of_rings(&mut self) {
        let mut at = 0;
        while at < self.readers.len() {
            if !self.readers[at].reader.is_done() {
                at += 1;
                continue;
            }
            let RingReader { reader, thread } = self.readers.swap_remove(at);
            if let Err(ring) = self.core.process().rings.give_back(reader.into_ring()) {
                // Its writer is just letting go of it; the next turn finds it again.
                let reader = Reader::at_end(ring);
                self.readers.push(RingReader { reader, thread });
                break;
            }
        }
    }

    fn hand_out_explicit_spans(&mut self, sink: &mut impl Sink) {
        for span in self.core.process().explicit_spans.take() {
            sink.explicit_span(&span);
            self.state.drained.spans += 1;
        }
    }

    fn report_losses(&mut self, sink: &mut impl Sink) {
        let since_unix_nanos = self.losses_since_unix_nanos;
        let until_unix_nanos = self.state.timeline.now_unix_nanos().max(since_unix_nanos);
        self.losses_since_unix_nanos = until_unix_nanos;
        let mut lost = |thread: Option<&Thread>, cause, counts: LossCounts| {
            sink.lost(&Loss {
                thread,
                cause,
                records: counts.records,
                spans: counts.spans,
                logs: counts.logs,
                since_unix_nanos,
                until_unix_nanos,
            });
        };
        self.state.threads.report(|thread, cause, counts| {
            lost(Some(thread), cause, counts);
        });
        let ending = &self.core.ending;
        ending.since(&mut self.ending_reported, |cause, counts| {
            lost(None, cause, counts);
        });
        let misplaced = std::mem::take(&mut self.state.misplaced);
        if misplaced.records > 0 {
            let counts = LossCounts {
                records: misplaced.records,
                spans: misplaced.spans,
                logs: 0,
            };
            lost(None, LossCause::Misplaced, counts);
        }
    }
}

/// Ends [`Drain::wait`].
#[derive(Debug, Clone)]
pub struct Waker {
    core: Arc<Core>,
}

impl Waker {
    /// Ends the wait that goes on, or the next one before the next turn.
    pub fn wake(&self) {
        self.core.process().doorbell.ring();
    }
}
