//! The bytes of a ring. Pages that were never written take no memory.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use crate::sync::Tracked;

/// Memory for a ring: its capacity, a power of two, and a margin for a record that begins before the end.
#[derive(Debug)]
pub(crate) struct Memory {
    start: NonNull<u8>,
    capacity: usize,
    tracked: Tracked,
}

// SAFETY: the memory is owned and has no ties to a thread.
unsafe impl Send for Memory {}
// SAFETY: through a shared reference bytes are reached by the unsafe methods alone, whose callers keep readers and the writer
// apart.
unsafe impl Sync for Memory {}

const ALIGN_BYTES: usize = 64;

impl Memory {
    /// `capacity` must be a power of two. `None` if there is no memory.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        debug_assert!(capacity.is_power_of_two() && capacity >= ALIGN_BYTES);
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc_zeroed(Self::layout(capacity)) })?;
        Some(Self {
            start,
            capacity,
            tracked: Tracked::new(Self::bytes(capacity) / super::WORD_BYTES),
        })
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The longest record that the margin takes.
    pub(crate) fn record_bytes_max(capacity: usize) -> usize {
        capacity / 4
    }

    /// What a ring of this capacity takes.
    pub(crate) fn bytes(capacity: usize) -> usize {
        capacity + Self::record_bytes_max(capacity)
    }

    fn layout(capacity: usize) -> Layout {
        // Capacities come from settings, which are capped far below where this could overflow.
        Layout::from_size_align(Self::bytes(capacity), ALIGN_BYTES).unwrap_or(Layout::new::<[u64; 64]>())
    }

    /// Where to write `bytes` bytes.
    ///
    /// # Safety
    /// `place` and `bytes` lie within the memory, and nobody reads or writes there until they are published.
    #[inline]
    pub(crate) unsafe fn writable(&self, place: usize, bytes: usize) -> *mut u8 {
        debug_assert!(place + bytes <= Self::bytes(self.capacity));
        self.tracked.written(place..place + bytes);
        // SAFETY: within the allocation, as the caller says.
        unsafe { self.start.as_ptr().add(place) }
    }

    /// The `bytes` bytes at `place`.
    ///
    /// # Safety
    /// They lie within the memory, were published, and are not written again while the slice is used.
    #[inline]
    pub(crate) unsafe fn readable(&self, place: usize, bytes: usize) -> &[u8] {
        debug_assert!(place + bytes <= Self::bytes(self.capacity));
        self.tracked.read(place..place + bytes);
        // SAFETY: within the allocation, initialised (it began as zeros), and unchanging, as the caller says.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(place), bytes) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout, and freed once.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.capacity)) }
    }
}
