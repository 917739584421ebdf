//! Spans and events by which an async runtime tells of itself: read, in the place of being recorded.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_core::span::{Attributes, Id};
use tracing_core::{Event, Metadata};

use crate::Recorder;

/// Reads what a runtime tells of itself; made by who knows that runtime. Set by [`Recorder::read_runtime`].
///
/// It is called from within the runtime, so nothing here may wait, call the runtime or trace.
pub trait RuntimeReader: fmt::Debug + Send + Sync {
    /// Whether a callsite's spans or events are the runtime's, so that they are read and not recorded.
    fn reads(&self, metadata: &Metadata<'_>) -> bool;

    /// A span was made, which has one handle.
    fn new_span(&self, recorder: &Recorder, id: u64, attributes: &Attributes<'_>);

    /// A span was entered; whether it is one that is read.
    fn enter(&self, recorder: &Recorder, id: u64) -> bool;

    /// A span was left; whether it is one that is read.
    fn exit(&self, recorder: &Recorder, id: u64) -> bool;

    /// There is one handle more of a span.
    fn keep(&self, id: u64);

    /// A handle of a span is gone; whether it was the last one, and the span is closed.
    fn release(&self, recorder: &Recorder, id: u64) -> bool;

    /// Something happened.
    fn event(&self, recorder: &Recorder, event: &Event<'_>);
}

/// Bits of the lower half of an id that no slot has: 31 set, 30 not.
const MARK: u64 = 1 << 31;
const MARKED: u64 = 3 << 30;

/// An id for a span of the runtime's, which leads to no slot.
pub(crate) fn next_id() -> Id {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Id::from_u64((number >> 30) << 32 | MARK | number & (MARK / 2 - 1))
}

/// Whether an id is one of [`next_id`]'s.
#[inline]
pub(crate) fn is_runtimes(id: &Id) -> bool {
    id.into_u64() & MARKED == MARK
}

impl Recorder {
    /// Has spans and events of the runtime read by `reader`, in every subscriber and layer that is made from now on. Only the first
    /// reader counts; whether this was it.
    pub fn read_runtime(&self, reader: Arc<dyn RuntimeReader>) -> bool {
        self.core.runtime_reader.set(reader).is_ok()
    }

    /// Whether the runtime's spans are read.
    #[inline]
    pub fn reads_runtime(&self) -> bool {
        self.runtime_reader().is_some()
    }

    #[inline]
    pub(crate) fn runtime_reader(&self) -> Option<&dyn RuntimeReader> {
        self.core.runtime_reader.get().map(|reader| &**reader)
    }

    /// The reader, if it reads what a callsite makes.
    #[inline]
    pub(crate) fn reader_of(&self, metadata: &Metadata<'_>) -> Option<&dyn RuntimeReader> {
        self.runtime_reader().filter(|reader| reader.reads(metadata))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::SlotId;

    #[test]
    fn a_span_of_the_runtime_is_told_from_slots() {
        let (one, other) = (next_id(), next_id());
        assert_ne!(one, other);
        assert!(is_runtimes(&one) && is_runtimes(&other));
        assert!(!is_runtimes(&Id::from_u64(SlotId::NOWHERE.raw())));
        for slot in [1, 1 << 30, 7 << 32 | 5, u64::from(u32::MAX) << 32 | 1 << 30] {
            assert!(!is_runtimes(&Id::from_u64(slot)), "{slot:#x}");
        }
    }
}
