//! A byte ring: one thread writes records, the drain reads them.
//!
//! Positions count bytes from the ring's beginning and never go back; a position's place in memory is its remainder by the
//! capacity. A record is never split: behind the capacity there is a margin as long as the longest record, so one that begins
//! before the end simply runs on into the margin, and the next one begins at the start of the memory.

mod memory;
mod reader;
mod rings;
mod writer;

use std::sync::Arc;

use crate::sync::{AtomicBool, AtomicU64, Ordering};
use crate::thread::Thread;

pub(crate) use memory::Memory;
pub(crate) use reader::Reader;
pub(crate) use rings::Rings;
#[cfg(all(test, not(loom)))]
use writer::Refused;
pub(crate) use writer::Writer;

/// Records are a multiple of this long.
pub(crate) const WORD_BYTES: usize = 8;

/// What writer and reader share. Each half of the positions has a cache line of its own.
#[derive(Debug)]
pub(crate) struct Ring {
    memory: Memory,
    pub(crate) thread: Arc<Thread>,
    published: OwnLine,
    consumed: OwnLine,
    finished: AtomicBool,
}

/// On x86-64 lines are fetched in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct OwnLine(AtomicU64);

impl Ring {
    pub(crate) fn new(memory: Memory, thread: Arc<Thread>) -> Self {
        Self {
            memory,
            thread,
            published: OwnLine(AtomicU64::new(0)),
            consumed: OwnLine(AtomicU64::new(0)),
            finished: AtomicBool::new(false),
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    /// Whether the writer is gone for good. What it wrote before is published.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    pub(crate) fn into_memory(self) -> Memory {
        self.memory
    }

    /// Where a position is in memory.
    fn place(&self, position: u64) -> usize {
        position as usize & (self.memory.capacity() - 1)
    }

    /// Where the record after one of `bytes` at `position` begins.
    fn after(&self, position: u64, bytes: usize) -> u64 {
        let end_of_lap = position - self.place(position) as u64 + self.memory.capacity() as u64;
        (position + bytes as u64).min(end_of_lap)
    }
}

#[cfg(test)]
#[cfg(loom)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(loom))]
mod tests;
