//! Atomics and tracked memory: the real ones, or loom's when the rings are model-checked (`--cfg loom`).

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

/// Tells loom which words of a ring are written and read. Without loom it is nothing.
#[derive(Debug)]
pub(crate) struct Tracked {
    #[cfg(loom)]
    words: Vec<loom::cell::UnsafeCell<()>>,
}

#[cfg(not(loom))]
impl Tracked {
    pub(crate) fn new(_words: usize) -> Self {
        Self {}
    }

    #[inline(always)]
    pub(crate) fn written(&self, _bytes: std::ops::Range<usize>) {}

    #[inline(always)]
    pub(crate) fn read(&self, _bytes: std::ops::Range<usize>) {}
}

#[cfg(loom)]
impl Tracked {
    pub(crate) fn new(words: usize) -> Self {
        Self {
            words: (0..words).map(|_| loom::cell::UnsafeCell::new(())).collect(),
        }
    }

    pub(crate) fn written(&self, bytes: std::ops::Range<usize>) {
        for word in &self.words[bytes.start / 8..bytes.end.div_ceil(8)] {
            word.with_mut(|_| ());
        }
    }

    pub(crate) fn read(&self, bytes: std::ops::Range<usize>) {
        for word in &self.words[bytes.start / 8..bytes.end.div_ceil(8)] {
            word.with(|_| ());
        }
    }
}
