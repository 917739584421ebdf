//! All rings of a recorder, under one budget of bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Memory, Ring};
use crate::sync::{AtomicU64, Ordering};
use crate::thread::Thread;

/// Hands rings to threads and takes their memory back. Locked when a thread begins, ends, or needs a bigger ring; never for
/// a record.
#[derive(Debug)]
pub(crate) struct Rings {
    capacity_min: usize,
    capacity_max: usize,
    bytes_max: usize,
    /// Grows whenever a ring or a thread is added.
    version: AtomicU64,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What all memory takes, free or in use.
    bytes: usize,
    free: Vec<Memory>,
    /// Since the drain last asked.
    added_rings: Vec<Arc<Ring>>,
    added_threads: Vec<Arc<Thread>>,
}

/// The smallest ring has room for a few records, the biggest record fits the length that a header can say.
const CAPACITY_MIN: usize = 4 << 10;
const CAPACITY_MAX: usize = 2 << 20;

impl Rings {
    pub(crate) fn new(bytes_min: usize, bytes_max: usize, all_bytes_max: usize) -> Self {
        let capacity = |bytes: usize| bytes.clamp(CAPACITY_MIN, CAPACITY_MAX).next_power_of_two();
        let capacity_min = capacity(bytes_min);
        Self {
            capacity_min,
            capacity_max: capacity(bytes_max).max(capacity_min),
            bytes_max: all_bytes_max,
            version: AtomicU64::new(0),
            shared: Mutex::default(),
        }
    }

    /// The longest record that the biggest ring takes.
    pub(crate) fn record_bytes_max(&self) -> usize {
        Memory::record_bytes_max(self.capacity_max)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The smallest ring, for a thread that begins; `None` if the budget is used up.
    pub(crate) fn first(&self, thread: &Arc<Thread>) -> Option<Arc<Ring>> {
        self.take(self.capacity_min, thread)
    }

    /// A ring four times as big; `None` if that is too big, or the budget is used up.
    pub(crate) fn bigger(&self, capacity: usize, thread: &Arc<Thread>) -> Option<Arc<Ring>> {
        let bigger = (capacity * 4).min(self.capacity_max);
        (bigger > capacity).then(|| self.take(bigger, thread)).flatten()
    }

    fn take(&self, capacity: usize, thread: &Arc<Thread>) -> Option<Arc<Ring>> {
        let mut shared = self.lock();
        let memory = match shared
            .free
            .iter()
            .rposition(|memory| memory.capacity() == capacity)
        {
            Some(at) => shared.free.remove(at),
            None => shared.allocate(capacity, self.bytes_max)?,
        };
        let ring = Arc::new(Ring::new(memory, thread.clone()));
        shared.added_rings.push(ring.clone());
        self.version.fetch_add(1, Ordering::Release);
        Some(ring)
    }

    /// Lets the drain know of a thread, whose losses it reports.
    pub(crate) fn add_thread(&self, thread: &Arc<Thread>) {
        self.lock().added_threads.push(thread.clone());
        self.version.fetch_add(1, Ordering::Release);
    }

    /// What was added since the last call; nothing is locked if that is nothing.
    pub(crate) fn added(&self, version: &mut u64) -> (Vec<Arc<Ring>>, Vec<Arc<Thread>>) {
        let now = self.version.load(Ordering::Acquire);
        if now == *version {
            return (Vec::new(), Vec::new());
        }
        *version = now;
        let mut shared = self.lock();
        (
            std::mem::take(&mut shared.added_rings),
            std::mem::take(&mut shared.added_threads),
        )
    }

    /// Takes the memory of a ring back that is read to its end; not yet if its writer is just letting go of it.
    pub(crate) fn give_back(&self, ring: Arc<Ring>) -> Result<(), Arc<Ring>> {
        let memory = Arc::try_unwrap(ring)?.into_memory();
        self.lock().free.push(memory);
        Ok(())
    }
}

impl Shared {
    fn allocate(&mut self, capacity: usize, bytes_max: usize) -> Option<Memory> {
        let bytes = Memory::bytes(capacity);
        // Free memory of other sizes makes room.
        while self.bytes + bytes > bytes_max {
            self.bytes -= Memory::bytes(self.free.pop()?.capacity());
        }
        let memory = Memory::new(capacity)?;
        self.bytes += bytes;
        Some(memory)
    }
}
