//! The bytes of a ring. Pages that were never written take no memory.

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

impl Memory {
    /// `capacity` must be a power of two. `None` if there is no memory.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        debug_assert!(capacity.is_power_of_two());
        Some(Self {
            start: pages::map(Self::bytes(capacity))?,
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

    /// Where to write `bytes` bytes.
    ///
    /// # Safety
    /// `place` and `bytes` lie within the memory, and nobody reads or writes there until they are published.
    #[inline]
    pub(crate) unsafe fn writable(&self, place: usize, bytes: usize) -> *mut u8 {
        debug_assert!(place + bytes <= Self::bytes(self.capacity));
        self.tracked.written(place..place + bytes);
        // SAFETY: within the mapping, as the caller says.
        unsafe { self.start.as_ptr().add(place) }
    }

    /// Fetches the lines that will be written soon. The reader on another core has them, so they take as long to come as a few
    /// records take to write.
    #[inline]
    pub(crate) fn prefetch(&self, place: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
            // SAFETY: a prefetch reads nothing, and an address that is not mapped does nothing.
            unsafe {
                _mm_prefetch::<_MM_HINT_ET0>(self.start.as_ptr().wrapping_add(place).cast());
                _mm_prefetch::<_MM_HINT_ET0>(self.start.as_ptr().wrapping_add(place + 64).cast());
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = place;
    }

    /// The `bytes` bytes at `place`.
    ///
    /// # Safety
    /// They lie within the memory, were published, and are not written again while the slice is used.
    #[inline]
    pub(crate) unsafe fn readable(&self, place: usize, bytes: usize) -> &[u8] {
        debug_assert!(place + bytes <= Self::bytes(self.capacity));
        self.tracked.read(place..place + bytes);
        // SAFETY: within the mapping, initialised (it began as zeros), and unchanging, as the caller says.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(place), bytes) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: mapped with the same length, and unmapped once.
        unsafe { pages::unmap(self.start, Self::bytes(self.capacity)) }
    }
}

/// Whole pages from the system: an allocator would fill them with zeros by hand, and so touch them.
#[cfg(unix)]
mod pages {
    use std::ptr::{NonNull, null_mut};

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let readable = libc::PROT_READ | libc::PROT_WRITE;
        let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: asks for new memory, and says nothing about memory that is there.
        let start = unsafe { libc::mmap(null_mut(), bytes, readable, private, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(start.cast())
    }

    /// # Safety
    /// `start` came from [`map`] with the same length, and nobody uses the memory any more.
    pub(super) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
        // SAFETY: as the caller says. It fails only for arguments that `map` cannot have given.
        unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
    }
}

/// Zeros from the allocator, where there are no such pages.
#[cfg(not(unix))]
mod pages {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ptr::NonNull;

    fn layout(bytes: usize) -> Option<Layout> {
        Layout::from_size_align(bytes, super::super::WORD_BYTES).ok()
    }

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: rings are never empty.
        NonNull::new(unsafe { alloc_zeroed(layout(bytes)?) })
    }

    /// # Safety
    /// `start` came from [`map`] with the same length, and nobody uses the memory any more.
    pub(super) unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
        if let Some(layout) = layout(bytes) {
            // SAFETY: as the caller says.
            unsafe { dealloc(start.as_ptr(), layout) }
        }
    }
}
