//! What could not be recorded: counted by thread and cause, never silent.

use std::fmt;

use crate::sync::{AtomicU64, Ordering};
use crate::thread::Thread;

/// Why something could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LossCause {
    /// The thread's ring was full: the drain did not keep up.
    RingFull,
    /// The budget of bytes for rings was used up by other threads.
    NoRing,
    /// More spans were open than the recorder has room for.
    TooManySpans,
    /// The thread's locals were gone: a destructor of another thread-local traced.
    ThreadExit,
    /// The record belonged to a span that was closed before, which no legal use of `tracing` does.
    Misplaced,
    /// The queue of spans made by hand was full: the drain did not keep up.
    SpanQueueFull,
}

impl LossCause {
    /// Every cause, by its number.
    pub const ALL: [Self; 6] = [
        Self::RingFull,
        Self::NoRing,
        Self::TooManySpans,
        Self::ThreadExit,
        Self::Misplaced,
        Self::SpanQueueFull,
    ];

    /// A name for figures and attributes, in `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RingFull => "ring_full",
            Self::NoRing => "no_ring",
            Self::TooManySpans => "too_many_spans",
            Self::ThreadExit => "thread_exit",
            Self::Misplaced => "misplaced",
            Self::SpanQueueFull => "span_queue_full",
        }
    }
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RingFull => "ring full",
            Self::NoRing => "no room for another thread's ring",
            Self::TooManySpans => "too many open spans",
            Self::ThreadExit => "thread was ending",
            Self::Misplaced => "span was closed before",
            Self::SpanQueueFull => "queue of spans made by hand full",
        })
    }
}

/// What one thread lost for one cause since the last report.
#[derive(Debug, Clone, Copy)]
pub struct Loss<'a> {
    /// The thread; `None` if it was ending already, or none is to blame.
    pub thread: Option<&'a Thread>,
    /// Why.
    pub cause: LossCause,
    /// Records of any kind that were not written, those of `spans` and `logs` included.
    pub records: u64,
    /// Spans that are missing as a whole. Created spans are those handed out, those counted here, and those still open.
    pub spans: u64,
    /// Events that were to be handed out as log records.
    pub logs: u64,
    /// Since when, nanoseconds of Unix time: the last time that losses were looked for.
    pub since_unix_nanos: u64,
    /// Until when, nanoseconds of Unix time.
    pub until_unix_nanos: u64,
}

/// Counters of one thread: written by it, read by the drain.
#[derive(Debug, Default)]
pub(crate) struct LossCounters {
    causes: [LossCounter; LossCause::ALL.len()],
}

#[derive(Debug, Default)]
struct LossCounter {
    records: AtomicU64,
    spans: AtomicU64,
    logs: AtomicU64,
}

/// How much was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LossCounts {
    pub(crate) records: u64,
    pub(crate) spans: u64,
    pub(crate) logs: u64,
}

/// What the drain has reported of a thread's counters.
#[derive(Debug, Default, Clone)]
pub(crate) struct LossReported {
    causes: [LossCounts; LossCause::ALL.len()],
}

impl LossCounters {
    pub(crate) fn add(&self, cause: LossCause, records: u64, spans: u64) {
        let counter = &self.causes[cause as usize];
        counter.records.fetch_add(records, Ordering::Relaxed);
        counter.spans.fetch_add(spans, Ordering::Relaxed);
    }

    /// An event was lost that was to be handed out as a log record.
    pub(crate) fn add_log(&self, cause: LossCause) {
        self.causes[cause as usize].logs.fetch_add(1, Ordering::Relaxed);
        self.add(cause, 1, 0);
    }

    /// Calls `report` with all that has come for a cause since the last call.
    pub(crate) fn since(&self, reported: &mut LossReported, mut report: impl FnMut(LossCause, LossCounts)) {
        for cause in LossCause::ALL {
            let counter = &self.causes[cause as usize];
            let before = &mut reported.causes[cause as usize];
            let now = LossCounts {
                records: counter.records.load(Ordering::Relaxed),
                spans: counter.spans.load(Ordering::Relaxed),
                logs: counter.logs.load(Ordering::Relaxed),
            };
            if now != *before {
                let new = LossCounts {
                    records: now.records - before.records,
                    spans: now.spans - before.spans,
                    logs: now.logs - before.logs,
                };
                report(cause, new);
                *before = now;
            }
        }
    }
}
