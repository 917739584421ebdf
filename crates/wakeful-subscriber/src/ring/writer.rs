//! The writing half of a ring.

use std::sync::Arc;

use super::{Memory, Ring, WORD_BYTES};
use crate::sync::Ordering;

/// How far ahead lines are fetched: about two spans.
const PREFETCH_BYTES: usize = 256;

/// What is asked for when fields are encoded in place; those of most spans are shorter.
const BODY_BYTES: usize = 256;

/// The one writer of a ring; dropping it says that no more will come.
#[derive(Debug)]
pub(crate) struct Writer {
    ring: Arc<Ring>,
    position: u64,
    /// How far the reader was when it was last asked.
    consumed: u64,
    /// The ring's, kept at hand.
    capacity: u64,
}

/// Why a record was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The reader has not made room.
    Full,
    /// It is longer than the margin.
    TooLong,
}

impl Writer {
    /// The ring must be new: it may have only one writer.
    pub(crate) fn new(ring: Arc<Ring>) -> Self {
        Self {
            capacity: ring.capacity() as u64,
            ring,
            position: 0,
            consumed: 0,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Where a record of that length goes, and where the one after it, if `keep_bytes` are free behind it.
    #[inline]
    fn room(&mut self, length: usize, keep_bytes: usize) -> Result<(usize, u64), Refused> {
        if length > Memory::record_bytes_max(self.capacity as usize) {
            return Err(Refused::TooLong);
        }
        let place = self.position & (self.capacity - 1);
        let end_of_lap = self.position - place + self.capacity;
        let next = (self.position + length as u64).min(end_of_lap);
        let needed = next + keep_bytes as u64;
        if needed > self.consumed + self.capacity {
            self.consumed = self.ring.consumed.0.load(Ordering::Acquire);
            if needed > self.consumed + self.capacity {
                return Err(Refused::Full);
            }
        }
        Ok((place as usize, next))
    }

    /// Whether a record of so many words has room, if `keep_bytes` are to be free behind it.
    pub(crate) fn has_room(&mut self, words: usize, keep_bytes: usize) -> bool {
        self.room(words * WORD_BYTES, keep_bytes).is_ok()
    }

    /// Writes and publishes a record of the words and the bytes, filled up to whole words, if `keep_bytes` are free behind it.
    #[inline]
    pub(crate) fn write<const WORDS: usize>(
        &mut self,
        words: [u64; WORDS],
        bytes: &[u8],
        keep_bytes: usize,
    ) -> Result<(), Refused> {
        if !bytes.is_empty() {
            let length = WORDS * WORD_BYTES + bytes.len();
            let (place, _) = self.room(length.next_multiple_of(WORD_BYTES), keep_bytes)?;
            // SAFETY: as in `publish`.
            unsafe {
                let body = self.ring.memory.writable(place + WORDS * WORD_BYTES, bytes.len());
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), body, bytes.len());
            }
        }
        self.publish(words, bytes.len(), keep_bytes)
    }

    /// Room for the bytes behind `words` words, to be filled in place; [`Self::publish`] makes a record of it. `None` if there
    /// is not as much as that; less may still fit.
    #[inline]
    pub(crate) fn body(&mut self, words: usize, keep_bytes: usize) -> Option<&mut [u8]> {
        let (place, _) = self.room(words * WORD_BYTES + BODY_BYTES, keep_bytes).ok()?;
        // SAFETY: as in `publish`; and nobody else has a reference there, as the writer is borrowed.
        unsafe {
            let body = self.ring.memory.writable(place + words * WORD_BYTES, BODY_BYTES);
            Some(std::slice::from_raw_parts_mut(body, BODY_BYTES))
        }
    }

    /// Publishes a record of the words and as many bytes behind them, which are in place already.
    #[inline]
    pub(crate) fn publish<const WORDS: usize>(
        &mut self,
        words: [u64; WORDS],
        body_bytes: usize,
        keep_bytes: usize,
    ) -> Result<(), Refused> {
        let length = WORDS * WORD_BYTES + body_bytes.next_multiple_of(WORD_BYTES);
        let (place, next) = self.room(length, keep_bytes)?;
        // SAFETY: `next` is at most a capacity past `consumed`. So these bytes are either of an earlier lap and consumed, or in
        // the margin; there the record runs on only if `next` is the end of the lap, so the whole lap before, margin included,
        // is consumed. The reader sees them when `published` says so, below.
        unsafe {
            let place = self.ring.memory.writable(place, WORDS * WORD_BYTES).cast::<u64>();
            // Word by word: put together in memory first and copied in bigger pieces, they would wait for each other there.
            for (at, word) in words.into_iter().enumerate() {
                place.add(at).write(word);
            }
        }
        self.position = next;
        self.ring
            .memory
            .prefetch((next & (self.capacity - 1)) as usize + PREFETCH_BYTES);
        self.ring.published.0.store(next, Ordering::Release);
        Ok(())
    }

    /// Whether more than half of the ring waits to be read.
    #[inline]
    pub(crate) fn is_half_full(&mut self) -> bool {
        let half = self.capacity / 2;
        if self.position - self.consumed <= half {
            return false;
        }
        self.consumed = self.ring.consumed.0.load(Ordering::Acquire);
        self.position - self.consumed > half
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.ring.finished.store(true, Ordering::Release);
    }
}
