//! The fast way in: a `tracing` subscriber of our own.

use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Event, Interest, LevelFilter, Metadata};

use crate::recorder::{Parent, Recorder};
use crate::runtime_reader::{self, RuntimeReader, is_runtimes};
use crate::slots::{Slot, SlotId};

/// A subscriber that records; made by [`Recorder::subscriber`].
///
/// It counts handles as the Registry does: a span ends when its last handle and its last child are gone.
#[derive(Debug)]
pub struct Subscriber {
    pub(crate) recorder: Recorder,
}

impl Subscriber {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder }
    }

    /// The reader of a span that is the runtime's.
    #[inline]
    fn reader_of(&self, id: &Id) -> Option<&dyn RuntimeReader> {
        is_runtimes(id).then(|| self.recorder.runtime_reader()).flatten()
    }

    /// What a span or event hangs under that names its parent.
    fn explicit(id: &Id) -> Parent {
        match is_runtimes(id) {
            true => Parent::None,
            false => Parent::Span(slot_id(id)),
        }
    }
}

pub(crate) fn slot_id(id: &Id) -> SlotId {
    SlotId::from_raw(id.into_u64())
}

fn id(slot: SlotId) -> Id {
    Id::from_u64(slot.raw())
}

impl tracing_core::Subscriber for Subscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.recorder.interest(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.recorder.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.recorder.core.max_level())
    }

    #[inline]
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        if let Some(reader) = self.recorder.reader_of(attributes.metadata()) {
            let id = runtime_reader::next_id();
            reader.new_span(&self.recorder, id.into_u64(), attributes);
            return id;
        }
        let parent = match attributes.parent() {
            Some(parent) => Self::explicit(parent),
            None if attributes.is_root() => Parent::None,
            None => Parent::Current,
        };
        id(self.recorder.new_span(attributes, parent, true))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.recorder
            .record(slot_id(span), |visitor| values.record(visitor));
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.recorder.follows_from(slot_id(span), slot_id(follows));
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(reader) = self.recorder.reader_of(event.metadata()) {
            return reader.event(&self.recorder, event);
        }
        let parent = match event.parent() {
            Some(parent) => Self::explicit(parent),
            None if event.is_root() => Parent::None,
            None => Parent::Current,
        };
        self.recorder.event(event, parent);
    }

    #[inline]
    fn enter(&self, span: &Id) {
        if let Some(reader) = self.reader_of(span) {
            reader.enter(&self.recorder, span.into_u64());
            return;
        }
        self.recorder.enter(slot_id(span));
    }

    #[inline]
    fn exit(&self, span: &Id) {
        if let Some(reader) = self.reader_of(span) {
            reader.exit(&self.recorder, span.into_u64());
            return;
        }
        self.recorder.exit(slot_id(span));
    }

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(reader) = self.reader_of(span) {
            reader.keep(span.into_u64());
            return span.clone();
        }
        if let Some(slot) = self.recorder.core.slots.get(slot_id(span)) {
            slot.keep();
        }
        span.clone()
    }

    #[inline]
    fn try_close(&self, span: Id) -> bool {
        if let Some(reader) = self.reader_of(&span) {
            return reader.release(&self.recorder, span.into_u64());
        }
        let slots = &self.recorder.core.slots;
        let is_last = |id| slots.get(id).is_some_and(Slot::release);
        let id = slot_id(&span);
        if !is_last(id) {
            return false;
        }
        // A span that was kept open by its last child closes after it, and so on upwards.
        let mut closing = self.recorder.close(id);
        while let Some(parent) = closing.filter(|&parent| is_last(parent)) {
            closing = self.recorder.close(parent);
        }
        true
    }

    fn current_span(&self) -> Current {
        let core = &self.recorder.core;
        let current = crate::local::with(core, |local| {
            let current = local.current()?;
            Some((current, core.slots.get(current)?.callsite()?))
        });
        match current.flatten() {
            Some((slot, callsite)) => Current::new(id(slot), callsite.metadata),
            None => Current::none(),
        }
    }
}
