//! The way in beside other layers: a layer on a `Registry`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::recorder::{Parent, Recorder};
use crate::slots::SlotId;

/// A layer that records; made by [`Recorder::layer`].
///
/// It filters by [`crate::Settings::spans`] itself, so it needs no filter around it, and its filter says nothing to other
/// layers; a filter around it (`with_filter`) works too, at its price. Lines are not its business.
#[derive(Debug)]
pub struct Layer {
    pub(crate) recorder: Recorder,
    spans: Spans,
}

impl Layer {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            spans: Spans::default(),
        }
    }

    /// The span of that id, if it is recorded.
    pub(crate) fn slot(&self, id: &Id) -> Option<SlotId> {
        self.spans.get(id)
    }

    /// The span of that id, or the nearest above it that passed our filters.
    fn nearest<S>(&self, id: &Id, context: &Context<'_, S>) -> Parent
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        if let Some(slot) = self.slot(id) {
            return Parent::Span(slot);
        }
        let above = context.span(id);
        let mut above = above.iter().flat_map(|span| span.scope().skip(1));
        above
            .find_map(|span| self.slot(&span.id()))
            .map_or(Parent::None, Parent::Span)
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(reader) = self.recorder.reader_of(attributes.metadata()) {
            return reader.new_span(&self.recorder, id.into_u64(), attributes);
        }
        if !self.recorder.wants_span(attributes.metadata()) {
            return;
        }
        let parent = match attributes.parent() {
            Some(parent) => self.nearest(parent, &context),
            None if attributes.is_root() => Parent::None,
            None => Parent::Current,
        };
        // The Registry keeps parents open.
        let slot = self.recorder.new_span(attributes, parent, false);
        self.spans.insert(id, slot);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        if let Some(slot) = self.slot(id) {
            self.recorder.record(slot, |visitor| values.record(visitor));
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _context: Context<'_, S>) {
        if let (Some(slot), Some(follows)) = (self.slot(id), self.slot(follows)) {
            self.recorder.follows_from(slot, follows);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if let Some(reader) = self.recorder.reader_of(event.metadata()) {
            return reader.event(&self.recorder, event);
        }
        let parent = match event.parent() {
            Some(parent) => self.nearest(parent, &context),
            None if event.is_root() => Parent::None,
            None => Parent::Current,
        };
        self.recorder.event(event, parent);
    }

    fn on_enter(&self, id: &Id, _context: Context<'_, S>) {
        let reader = self.recorder.runtime_reader();
        if reader.is_some_and(|reader| reader.enter(&self.recorder, id.into_u64())) {
            return;
        }
        if let Some(slot) = self.slot(id) {
            self.recorder.enter(slot);
        }
    }

    fn on_exit(&self, id: &Id, _context: Context<'_, S>) {
        let reader = self.recorder.runtime_reader();
        if reader.is_some_and(|reader| reader.exit(&self.recorder, id.into_u64())) {
            return;
        }
        if let Some(slot) = self.slot(id) {
            self.recorder.exit(slot);
        }
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        if let Some(reader) = self.recorder.runtime_reader() {
            // Of those that are not read it knows none.
            reader.release(&self.recorder, id.into_u64());
        }
        if let Some(slot) = self.spans.remove(&id) {
            self.recorder.close(slot);
        }
    }
}

/// Slots by the Registry's ids. Its extensions would do, but they allocate for each span.
#[derive(Debug, Default)]
struct Spans {
    shards: [Shard; SHARDS],
}

const SHARDS: usize = 32;

/// On a line of its own, so that threads with different spans do not disturb each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<HashMap<u64, SlotId, BuildHasherDefault<IdHasher>>>);

impl Spans {
    fn shard(&self, id: &Id) -> MutexGuard<'_, HashMap<u64, SlotId, BuildHasherDefault<IdHasher>>> {
        let at = (scatter(id.into_u64()) >> 59) as usize % SHARDS;
        self.shards[at].0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, id: &Id, slot: SlotId) {
        self.shard(id).insert(id.into_u64(), slot);
    }

    fn get(&self, id: &Id) -> Option<SlotId> {
        self.shard(id).get(&id.into_u64()).copied()
    }

    fn remove(&self, id: &Id) -> Option<SlotId> {
        self.shard(id).remove(&id.into_u64())
    }
}

/// Spreads the bits of an id, of which few differ (Fibonacci hashing).
fn scatter(id: u64) -> u64 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Nobody chooses the Registry's ids, so a multiplication is hash enough.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = scatter(self.0.rotate_left(5) ^ number).rotate_left(32);
    }
}
