//! The spans that are alive: a slot for each, found by its number without a lock.
//!
//! Slots lie in chunks that are allocated once and never freed, so a number always leads to a slot; the generation in a span's
//! id tells whether it still is the same span's. Threads keep a few free numbers to themselves and trade them in batches.

mod cache;
mod free;
mod slot;

use crate::sync::{AtomicPtr, AtomicU32, Ordering};

pub(crate) use cache::Cache;
pub(crate) use free::NONE;
pub(crate) use slot::{Beginning, Cold, Context, ContextFlags, Slot, Times};

/// How many slots are allocated at a time.
const CHUNK: usize = if cfg!(loom) { 2 } else { 256 };

/// All slots of a recorder.
pub(crate) struct Slots {
    /// Each leads to `CHUNK` slots, or nowhere yet.
    chunks: Box<[AtomicPtr<Slot>]>,
    /// Slots below were given out at least once.
    fresh: AtomicU32,
    max: u32,
    free: free::Batches,
    /// Spans whose close did not fit into a ring: the drain closes them and frees the slots.
    closed: free::Stack,
}

/// A number of a slot and the slot's generation: what `tracing` has as a span's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotId(u64);

impl SlotId {
    /// Leads to no slot: for a span that found no room.
    pub(crate) const NOWHERE: Self = Self(u32::MAX as u64);

    fn new(index: u32, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(index + 1))
    }

    pub(crate) fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    pub(crate) fn index(self) -> u32 {
        (self.0 as u32).wrapping_sub(1)
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl Slots {
    pub(crate) fn new(max: u32) -> Self {
        // Past this, an index would be mistaken for `NONE`.
        let max = max.clamp(CHUNK as u32, 1 << 30);
        let chunks = (max as usize).div_ceil(CHUNK);
        Self {
            chunks: (0..chunks)
                .map(|_| AtomicPtr::new(std::ptr::null_mut()))
                .collect(),
            fresh: AtomicU32::new(0),
            max,
            free: free::Batches::new(),
            closed: free::Stack::new(),
        }
    }

    /// The slot with this number, which must have been given out.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> Option<&Slot> {
        let chunk = self.chunks.get(index as usize / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk's pointer is null or leads to `CHUNK` slots that live as long as `self`.
        Some(unsafe { &*chunk.add(index as usize % CHUNK) })
    }

    /// The slot of a span that is alive.
    #[inline]
    pub(crate) fn get(&self, id: SlotId) -> Option<&Slot> {
        let slot = self.at(id.index())?;
        (slot.generation() == id.generation()).then_some(slot)
    }

    /// The id of the span that has this slot now.
    #[inline]
    pub(crate) fn id(&self, index: u32, slot: &Slot) -> SlotId {
        SlotId::new(index, slot.generation())
    }

    /// Numbers that nobody has, up to as many as `out` takes; 0 if there are none left.
    fn take_free(&self, out: &mut [u32]) -> usize {
        let freed = self.free.pop(self, out);
        if freed > 0 {
            return freed;
        }
        let first = self.fresh.fetch_add(out.len() as u32, Ordering::Relaxed);
        if first >= self.max {
            // So that it does not wrap around in the end.
            self.fresh.store(self.max, Ordering::Relaxed);
            return 0;
        }
        let end = (first + out.len() as u32).min(self.max);
        let mut taken = 0;
        for index in first..end {
            if self.make_chunk(index as usize / CHUNK) {
                out[taken] = index;
                taken += 1;
            }
        }
        taken
    }

    /// Whether the chunk is there, made now if need be.
    fn make_chunk(&self, number: usize) -> bool {
        let Some(place) = self.chunks.get(number) else {
            return false;
        };
        if !place.load(Ordering::Acquire).is_null() {
            return true;
        }
        let slots: Box<[Slot]> = (0..CHUNK).map(|_| Slot::new()).collect();
        let chunk = Box::into_raw(slots).cast::<Slot>();
        let installed =
            place.compare_exchange(std::ptr::null_mut(), chunk, Ordering::AcqRel, Ordering::Acquire);
        if installed.is_err() {
            // SAFETY: made just now; another thread's chunk is installed, so nobody has seen this one.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(chunk, CHUNK)) });
        }
        true
    }

    /// Hands a span over that is closed, but whose ring had no room to say so.
    pub(crate) fn push_closed(&self, index: u32) {
        self.closed.push(self, index);
    }

    /// All of those since the last call, by number.
    pub(crate) fn take_closed(&self, out: &mut Vec<u32>) {
        self.closed.take_all(self, out);
    }

    /// Frees one slot from a thread that keeps none.
    pub(crate) fn give_back(&self, index: u32) {
        self.free.push(self, &[index]);
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        for place in &self.chunks {
            let chunk = place.load(Ordering::Acquire);
            if !chunk.is_null() {
                // SAFETY: made by `make_chunk`, owned by `self` alone, and freed once.
                drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(chunk, CHUNK)) });
            }
        }
    }
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots")
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

/// A span for tests.
#[cfg(test)]
fn beginning(ticks: u64) -> Beginning {
    Beginning {
        callsite: crate::callsite::of_tests(),
        context: Context::default(),
        parent_span_id: 0,
        kept_parent: 0,
        ticks,
    }
}

#[cfg(test)]
#[cfg(loom)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(loom))]
mod tests;
