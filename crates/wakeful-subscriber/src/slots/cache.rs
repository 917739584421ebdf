//! The free slots that a thread keeps to itself.

use super::Slots;

/// How many slots change hands at a time.
const BATCH: usize = if cfg!(loom) { 2 } else { 16 };

/// A few numbers of free slots. Those used last are used first, as they are in the processor's cache.
#[derive(Debug)]
pub(crate) struct Cache {
    free: [u32; 2 * BATCH],
    length: usize,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            free: [super::NONE; 2 * BATCH],
            length: 0,
        }
    }

    /// A free slot; `None` if all are in use.
    #[inline]
    pub(crate) fn take(&mut self, slots: &Slots) -> Option<u32> {
        if self.length == 0 {
            self.length = slots.take_free(&mut self.free[..BATCH]);
            // The lowest first, so that a program with few spans stays in few slots.
            self.free[..self.length].reverse();
        }
        self.length = self.length.checked_sub(1)?;
        Some(self.free[self.length])
    }

    /// Keeps a slot that became free.
    #[inline]
    pub(crate) fn give(&mut self, slots: &Slots, index: u32) {
        if self.length == self.free.len() {
            // Those that were not used for longest.
            slots.free.push(slots, &self.free[..BATCH]);
            self.free.copy_within(BATCH.., 0);
            self.length -= BATCH;
        }
        self.free[self.length] = index;
        self.length += 1;
    }

    /// Gives all of them back, when the thread ends.
    pub(crate) fn clear(&mut self, slots: &Slots) {
        for batch in self.free[..self.length].chunks(BATCH) {
            slots.free.push(slots, batch);
        }
        self.length = 0;
    }
}
