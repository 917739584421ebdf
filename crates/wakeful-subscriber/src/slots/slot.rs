//! What is known of a span while it is alive.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use wakeful_trace::{TraceFlags, TraceState};

use crate::callsite::Callsite;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

/// A span that is alive, or a free place for one. All of it is atomic, so even a program that uses an id after the span is gone
/// can only read numbers that belong to another span.
#[repr(align(128))]
pub(crate) struct Slot {
    generation: AtomicU32,
    /// Handles and open children.
    refs: AtomicU32,
    /// The recorder's count of forks plus one, if records of the span are written; 0 if not.
    recorded: AtomicU32,
    callsite: AtomicPtr<Callsite>,
    /// Odd while the context is being changed.
    version: AtomicU32,
    flags: AtomicU32,
    trace_high: AtomicU64,
    trace_low: AtomicU64,
    span_id: AtomicU64,
    /// As it was when the span began.
    parent_span_id: AtomicU64,
    /// The parent that it keeps open, as a raw [`super::SlotId`]; 0 for none.
    kept_parent: AtomicU64,
    /// The latest record of the span: a later one, on whatever thread, has a later time.
    ticks: AtomicU64,
    /// The next slot of a list of free or closed ones.
    pub(super) next: AtomicU32,
    pub(super) next_batch: AtomicU32,
    cold: OnceLock<Box<Mutex<Cold>>>,
}

/// What few spans have; in a place of its own, so that a slot is small, and made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Cold {
    pub(crate) trace_state: TraceState,
    /// The encoded fields, for log lines.
    pub(crate) fields: Vec<u8>,
    pub(crate) times: Times,
}

/// For the line at the close.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Times {
    /// How often the span is entered now.
    pub(crate) depth: u32,
    /// When it was entered or left last, or created, in ticks.
    pub(crate) since: u64,
    pub(crate) busy: u64,
    pub(crate) idle: u64,
}

/// What a span begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) callsite: &'static Callsite,
    pub(crate) context: Context,
    /// 0 for a root.
    pub(crate) parent_span_id: u64,
    /// As a raw [`super::SlotId`]; 0 for none.
    pub(crate) kept_parent: u64,
    pub(crate) ticks: u64,
}

/// What children inherit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// 0 outside any trace.
    pub(crate) trace_id: u128,
    /// 0 outside any recorded span.
    pub(crate) span_id: u64,
    pub(crate) flags: ContextFlags,
}

/// The trace flags, and what else is to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ContextFlags(u32);

impl ContextFlags {
    const HAS_TRACE_STATE: u32 = 1 << 8;

    pub(crate) fn new(flags: TraceFlags, has_trace_state: bool) -> Self {
        let state = if has_trace_state { Self::HAS_TRACE_STATE } else { 0 };
        Self(u32::from(flags.bits()) | state)
    }

    /// Those of a trace that begins here.
    pub(crate) fn root(sampled: bool) -> Self {
        // Of an X-Ray id too the right-most seven bytes are random.
        Self::new(TraceFlags::RANDOM_TRACE_ID.with_sampled(sampled), false)
    }

    pub(crate) fn trace_flags(self) -> TraceFlags {
        TraceFlags::from_bits(self.0 as u8)
    }

    pub(crate) fn has_trace_state(self) -> bool {
        self.0 & Self::HAS_TRACE_STATE != 0
    }
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            generation: AtomicU32::new(0),
            refs: AtomicU32::new(0),
            recorded: AtomicU32::new(0),
            callsite: AtomicPtr::new(std::ptr::null_mut()),
            version: AtomicU32::new(0),
            flags: AtomicU32::new(0),
            trace_high: AtomicU64::new(0),
            trace_low: AtomicU64::new(0),
            span_id: AtomicU64::new(0),
            parent_span_id: AtomicU64::new(0),
            kept_parent: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
            next: AtomicU32::new(super::NONE),
            next_batch: AtomicU32::new(super::NONE),
            cold: OnceLock::new(),
        }
    }

    /// Begins a span in a free slot, with one handle. The id that the caller makes public publishes it.
    #[inline]
    pub(crate) fn begin(&self, span: Beginning) {
        let context = span.context;
        self.callsite
            .store(std::ptr::from_ref(span.callsite).cast_mut(), Ordering::Relaxed);
        self.recorded.store(0, Ordering::Relaxed);
        self.flags.store(context.flags.0, Ordering::Relaxed);
        self.trace_high
            .store((context.trace_id >> 64) as u64, Ordering::Relaxed);
        self.trace_low.store(context.trace_id as u64, Ordering::Relaxed);
        self.span_id.store(context.span_id, Ordering::Relaxed);
        self.parent_span_id.store(span.parent_span_id, Ordering::Relaxed);
        self.kept_parent.store(span.kept_parent, Ordering::Relaxed);
        self.ticks.store(span.ticks, Ordering::Relaxed);
        self.refs.store(1, Ordering::Release);
    }

    /// Ends the generation: ids of the span lead nowhere from now on.
    #[inline]
    pub(crate) fn end(&self) {
        let next = self.generation.load(Ordering::Relaxed).wrapping_add(1);
        self.generation.store(next, Ordering::Release);
    }

    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// `None` if the slot was never used.
    pub(crate) fn callsite(&self) -> Option<&'static Callsite> {
        // SAFETY: null, or a callsite, which lives as long as the program; nobody writes through this pointer.
        unsafe { self.callsite.load(Ordering::Relaxed).as_ref() }
    }

    pub(crate) fn kept_parent(&self) -> u64 {
        self.kept_parent.load(Ordering::Relaxed)
    }

    pub(crate) fn parent_span_id(&self) -> u64 {
        self.parent_span_id.load(Ordering::Relaxed)
    }

    pub(crate) fn flags(&self) -> ContextFlags {
        ContextFlags(self.flags.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn span_id(&self) -> u64 {
        self.span_id.load(Ordering::Relaxed)
    }

    /// Whether records of the span are written, in this process.
    #[inline]
    pub(crate) fn is_recorded(&self, epoch: u32) -> bool {
        self.recorded.load(Ordering::Relaxed) == epoch
    }

    pub(crate) fn set_recorded(&self, epoch: u32) {
        self.recorded.store(epoch, Ordering::Relaxed);
    }

    /// A time for the next record that is after all records of the span that happened before.
    #[inline]
    pub(crate) fn next_ticks(&self, now: u64) -> u64 {
        now.max(self.ticks.load(Ordering::Relaxed) + 1)
    }

    #[inline]
    pub(crate) fn set_ticks(&self, ticks: u64) {
        self.ticks.store(ticks, Ordering::Relaxed);
    }

    pub(crate) fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Adds a handle or a child.
    #[inline]
    pub(crate) fn keep(&self) {
        // As for `Arc`: who adds one has one, so nothing needs to be ordered.
        self.refs.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a handle or a child away; whether it was the last.
    #[inline]
    pub(crate) fn release(&self) -> bool {
        // The only handle is the caller's, so nobody can add or take one meanwhile; a plain store is five times as cheap.
        if self.refs.load(Ordering::Acquire) == 1 {
            self.refs.store(0, Ordering::Relaxed);
            return true;
        }
        if self.refs.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        // What other threads did before they let go comes before what the closing thread does.
        fence(Ordering::Acquire);
        true
    }

    #[inline]
    pub(crate) fn context(&self) -> Context {
        loop {
            if let Some(context) = self.try_context() {
                return context;
            }
            std::hint::spin_loop();
        }
    }

    /// The context, unless it was changed meanwhile.
    #[inline]
    pub(super) fn try_context(&self) -> Option<Context> {
        let before = self.version.load(Ordering::Acquire);
        let context = Context {
            trace_id: u128::from(self.trace_high.load(Ordering::Relaxed)) << 64
                | u128::from(self.trace_low.load(Ordering::Relaxed)),
            span_id: self.span_id.load(Ordering::Relaxed),
            flags: ContextFlags(self.flags.load(Ordering::Relaxed)),
        };
        fence(Ordering::Acquire);
        (before & 1 == 0 && before == self.version.load(Ordering::Relaxed)).then_some(context)
    }

    /// Gives the span another trace.
    pub(crate) fn set_context(&self, context: Context, trace_state: TraceState) {
        // Holding this, one thread at a time changes the context.
        let mut cold = self.cold();
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.trace_high
            .store((context.trace_id >> 64) as u64, Ordering::Relaxed);
        self.trace_low.store(context.trace_id as u64, Ordering::Relaxed);
        self.span_id.store(context.span_id, Ordering::Relaxed);
        self.flags.store(context.flags.0, Ordering::Relaxed);
        self.version.store(version.wrapping_add(2), Ordering::Release);
        cold.trace_state = trace_state;
    }

    pub(crate) fn cold(&self) -> MutexGuard<'_, Cold> {
        let cold = self.cold.get_or_init(Box::default);
        cold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn trace_state(&self, flags: ContextFlags) -> TraceState {
        if flags.has_trace_state() {
            self.cold().trace_state.clone()
        } else {
            TraceState::default()
        }
    }
}
