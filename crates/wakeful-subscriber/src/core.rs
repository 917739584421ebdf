//! What all threads of a recorder share.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use tracing_core::{LevelFilter, Metadata};
use tracing_subscriber::filter::Targets;
use wakeful_trace::{Span, SpanContext, TraceCollector};

use crate::callsite::Callsite;
use crate::clock::Clock;
use crate::doorbell::Doorbell;
use crate::explicit::{ExplicitSpans, Pushed};
use crate::fork;
use crate::ids::SpanIds;
use crate::lines::Lines;
use crate::loss::{LossCause, LossCounters};
use crate::record::HEADER_BYTES_MAX;
use crate::ring::Rings;
use crate::runtime_reader::RuntimeReader;
use crate::sampler::Sampler;
use crate::settings::{Settings, TraceIds};
use crate::slots::{Context, ContextFlags, Slots};

/// A recorder, but for what each thread has to itself.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) clock: Clock,
    pub(crate) sampler: Sampler,
    pub(crate) trace_ids: TraceIds,
    span_events: bool,
    pub(crate) span_events_max: u32,
    pub(crate) span_links_max: u32,
    pub(crate) wake_at_close: bool,
    /// Whether what tasks do is recorded.
    pub(crate) wants_tasks: AtomicBool,
    /// Reads what the runtime tells of itself.
    pub(crate) runtime_reader: OnceLock<Arc<dyn RuntimeReader>>,
    spans: Targets,
    log_records: Option<Targets>,
    pub(crate) lines: Option<Lines>,
    pub(crate) slots: Slots,
    /// What threads lost that were ending, and what no thread is to blame for.
    pub(crate) ending: LossCounters,
    /// Bytes that the fields of one record may take.
    pub(crate) field_bytes_max: usize,
    rooms: Rooms,
    process: AtomicPtr<Process>,
}

/// How many bytes may wait for the drain.
#[derive(Debug, Clone, Copy)]
struct Rooms {
    ring_bytes_min: usize,
    ring_bytes_max: usize,
    rings_bytes_max: usize,
    explicit_spans_bytes_max: usize,
}

/// What a child of `fork` has anew.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) epoch: u32,
    pub(crate) rings: Rings,
    pub(crate) explicit_spans: ExplicitSpans,
    pub(crate) span_ids: SpanIds,
    pub(crate) doorbell: Doorbell,
    /// Decisions about callsites, for threads that reach one for the first time.
    known: RwLock<HashMap<usize, Known>>,
}

/// What is decided about a callsite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) callsite: &'static Callsite,
    pub(crate) wanted: Wanted,
}

/// What is done with a callsite's spans or events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    /// Spans are recorded; events are recorded on them.
    pub(crate) traced: bool,
    /// Events are handed out as log records.
    pub(crate) logged: bool,
    /// Events are written as lines; spans stand in them.
    pub(crate) printed: bool,
}

impl Wanted {
    pub(crate) fn any(self) -> bool {
        self.traced || self.logged || self.printed
    }
}

impl Core {
    pub(crate) fn new(settings: Settings) -> Self {
        fork::watch();
        let rooms = Rooms {
            ring_bytes_min: settings.ring_bytes_min,
            ring_bytes_max: settings.ring_bytes_max,
            rings_bytes_max: settings.rings_bytes_max,
            explicit_spans_bytes_max: settings.explicit_spans_bytes_max,
        };
        let process = Process::new(rooms);
        Self {
            clock: settings.clock,
            sampler: settings.sampler,
            trace_ids: settings.trace_ids,
            span_events: settings.span_events,
            span_events_max: settings.span_events_max,
            span_links_max: settings.span_links_max,
            wake_at_close: settings.wake_at_close,
            wants_tasks: AtomicBool::new(false),
            runtime_reader: OnceLock::new(),
            spans: settings.spans,
            log_records: settings.log_records,
            lines: settings.log_lines.map(Lines::new),
            slots: Slots::new(settings.open_spans_max),
            ending: LossCounters::default(),
            field_bytes_max: process.rings.record_bytes_max() - HEADER_BYTES_MAX,
            rooms,
            process: AtomicPtr::new(Box::into_raw(Box::new(process))),
        }
    }

    /// The current process's part.
    #[inline]
    pub(crate) fn process(&self) -> &Process {
        // SAFETY: the pointer is never null, and what it leads to lives as long as `self`: see `renew` and `drop`.
        let process = unsafe { &*self.process.load(Ordering::Acquire) };
        if process.epoch == fork::epoch() {
            process
        } else {
            self.renew(process)
        }
    }

    /// Begins anew in a child. The parent's part is left alone for ever: its locks may have been held at the fork by threads that
    /// are not here.
    #[cold]
    fn renew(&self, old: &Process) -> &Process {
        let new = Box::into_raw(Box::new(Process::new(self.rooms)));
        let old = std::ptr::from_ref(old).cast_mut();
        match self
            .process
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire)
        {
            // SAFETY: it was installed just now, and is freed with `self` at the earliest.
            Ok(_) => unsafe { &*new },
            Err(installed) => {
                // SAFETY: nobody has seen it.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: as in `process`.
                unsafe { &*installed }
            }
        }
    }

    /// What to do with a callsite; threads remember the answer.
    pub(crate) fn know(&self, metadata: &'static Metadata<'static>) -> Known {
        let address = std::ptr::from_ref(metadata) as usize;
        let process = self.process();
        let known = process.known.read().ok();
        if let Some(known) = known.as_ref().and_then(|known| known.get(&address)) {
            return *known;
        }
        drop(known);
        let known = Known {
            callsite: Callsite::of(metadata),
            wanted: self.wanted(metadata),
        };
        if let Ok(mut all) = process.known.write() {
            all.insert(address, known);
        }
        known
    }

    /// What to do with what has this target and level.
    pub(crate) fn wanted(&self, metadata: &Metadata<'_>) -> Wanted {
        let enables = |filter: &Targets| filter.would_enable(metadata.target(), metadata.level());
        let printed = self.lines.as_ref().is_some_and(|lines| enables(&lines.filter));
        if metadata.is_span() {
            return Wanted {
                traced: enables(&self.spans),
                logged: false,
                printed,
            };
        }
        Wanted {
            traced: self.span_events && enables(&self.spans),
            logged: self.log_records.as_ref().is_some_and(enables),
            printed,
        }
    }

    /// What a span inherits from a context that was entered by hand, which may be of another service.
    #[cold]
    pub(crate) fn inherited(&self, parent: &SpanContext) -> Context {
        let sampled = self.sampler.samples(parent.trace_id, Some(parent));
        Context {
            trace_id: parent.trace_id.get(),
            span_id: parent.span_id.get(),
            flags: ContextFlags::new(parent.flags.with_sampled(sampled), !parent.trace_state.is_empty()),
        }
    }

    /// Whether a line is written when a span ends, so that its times must be kept.
    pub(crate) fn writes_close_lines(&self) -> bool {
        self.lines.as_ref().is_some_and(|lines| lines.close_lines)
    }

    /// The most verbose level that any filter lets through.
    pub(crate) fn max_level(&self) -> LevelFilter {
        if self.runtime_reader.get().is_some() {
            // Runtimes tell of themselves at that level.
            return LevelFilter::TRACE;
        }
        let lines = self.lines.as_ref().map(|lines| &lines.filter);
        [Some(&self.spans), self.log_records.as_ref(), lines]
            .into_iter()
            .flatten()
            .map(max_level)
            .max()
            .unwrap_or(LevelFilter::OFF)
    }
}

fn max_level(filter: &Targets) -> LevelFilter {
    let targets = filter.iter().map(|(_, level)| level);
    targets
        .chain(filter.default_level())
        .max()
        .unwrap_or(LevelFilter::OFF)
}

/// Spans made by hand leave by the same way as those of `tracing`.
impl TraceCollector for Core {
    fn export(&self, span: Span) {
        let process = self.process();
        match process.explicit_spans.push(span) {
            Pushed::Waits if self.wake_at_close => process.doorbell.ring(),
            Pushed::Waits => {}
            Pushed::HalfFull => process.doorbell.ring(),
            Pushed::Refused => {
                self.ending.add(LossCause::SpanQueueFull, 1, 1);
                process.doorbell.ring();
            }
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw`, and nobody has a reference any more, since all come from `self`.
        drop(unsafe { Box::from_raw(*self.process.get_mut()) });
    }
}

impl Process {
    fn new(rooms: Rooms) -> Self {
        Self {
            epoch: fork::epoch(),
            rings: Rings::new(rooms.ring_bytes_min, rooms.ring_bytes_max, rooms.rings_bytes_max),
            explicit_spans: ExplicitSpans::new(rooms.explicit_spans_bytes_max),
            span_ids: SpanIds::new(),
            doorbell: Doorbell::default(),
            known: RwLock::default(),
        }
    }
}
