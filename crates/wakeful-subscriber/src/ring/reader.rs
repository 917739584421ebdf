//! The reading half of a ring.

use std::sync::Arc;

use super::{Ring, WORD_BYTES};
use crate::sync::Ordering;

/// The one reader of a ring. It sees what was published when [`Self::look`] was called last.
#[derive(Debug)]
pub(crate) struct Reader {
    ring: Arc<Ring>,
    position: u64,
    limit: u64,
}

impl Reader {
    pub(crate) fn new(ring: Arc<Ring>) -> Self {
        Self {
            ring,
            position: 0,
            limit: 0,
        }
    }

    /// Of a ring that was read to its end.
    pub(crate) fn at_end(ring: Arc<Ring>) -> Self {
        let end = ring.published.0.load(Ordering::Acquire);
        Self {
            ring,
            position: end,
            limit: end,
        }
    }

    pub(crate) fn into_ring(self) -> Arc<Ring> {
        self.ring
    }

    /// Takes in what was published until now.
    pub(crate) fn look(&mut self) {
        self.limit = self.ring.published.0.load(Ordering::Acquire);
    }

    /// The first record past what [`Self::look`] saw, if there is one by now.
    pub(crate) fn beyond(&self) -> Option<&[u8]> {
        let published = self.ring.published.0.load(Ordering::Acquire);
        (published > self.limit).then(|| self.record(self.limit))
    }

    /// The next record that [`Self::look`] saw.
    #[inline]
    pub(crate) fn peek(&self) -> Option<&[u8]> {
        (self.position < self.limit).then(|| self.record(self.position))
    }

    /// Steps over the record that [`Self::peek`] returned.
    #[inline]
    pub(crate) fn step(&mut self, bytes: usize) {
        self.position = self.ring.after(self.position, bytes);
    }

    /// Gives what was stepped over back to the writer.
    pub(crate) fn release(&self) {
        self.ring.consumed.0.store(self.position, Ordering::Release);
    }

    /// Whether the writer is gone and everything it wrote was read.
    pub(crate) fn is_done(&self) -> bool {
        // In this order: what was written before the end is published when the end is seen.
        self.ring.is_finished() && self.ring.published.0.load(Ordering::Acquire) == self.position
    }

    fn record(&self, position: u64) -> &[u8] {
        let place = self.ring.place(position);
        // SAFETY: a record was published at `position`, so there is at least one whole word, and its first two bytes are its
        // length in words, which the writer kept within the memory. It is not written over before `release` gives its bytes
        // back, which needs `&self` at a later position; slices do not outlive the borrow of the reader that `step` ends.
        unsafe {
            let head = self.ring.memory.readable(place, WORD_BYTES);
            let words = usize::from(u16::from_ne_bytes([head[0], head[1]]));
            self.ring.memory.readable(place, words * WORD_BYTES)
        }
    }
}
