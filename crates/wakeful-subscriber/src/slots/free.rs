//! Lists of slots without locks. Slots are never deallocated, so a stale look at one is harmless.

use super::Slots;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// No slot.
pub(crate) const NONE: u32 = u32::MAX;

/// Batches of free slots: a stack of lists. The head carries a count of changes, so that a batch that was taken and put back
/// meanwhile is noticed.
pub(super) struct Batches {
    head: AtomicU64,
}

fn head(index: u32, changes: u64) -> u64 {
    changes << 32 | u64::from(index)
}

impl Batches {
    pub(super) fn new() -> Self {
        Self {
            head: AtomicU64::new(head(NONE, 0)),
        }
    }

    /// Puts one batch on the stack.
    pub(super) fn push(&self, slots: &Slots, batch: &[u32]) {
        let Some((&first, rest)) = batch.split_first() else {
            return;
        };
        let mut previous = first;
        for &index in rest.iter().chain(&[NONE]) {
            if let Some(slot) = slots.at(previous) {
                slot.next.store(index, Ordering::Relaxed);
            }
            previous = index;
        }
        let Some(slot) = slots.at(first) else {
            return;
        };
        let mut seen = self.head.load(Ordering::Relaxed);
        loop {
            slot.next_batch.store(seen as u32, Ordering::Relaxed);
            let new = head(first, (seen >> 32) + 1);
            match self
                .head
                .compare_exchange_weak(seen, new, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// Takes one batch, which must not be longer than `out`; returns how long it is.
    pub(super) fn pop(&self, slots: &Slots, out: &mut [u32]) -> usize {
        let mut seen = self.head.load(Ordering::Acquire);
        loop {
            let first = seen as u32;
            let Some(slot) = slots.at(first).filter(|_| first != NONE) else {
                return 0;
            };
            let new = head(slot.next_batch.load(Ordering::Relaxed), (seen >> 32) + 1);
            match self
                .head
                .compare_exchange_weak(seen, new, Ordering::Acquire, Ordering::Acquire)
            {
                Ok(_) => return Self::unlink(slots, first, out),
                Err(now) => seen = now,
            }
        }
    }

    fn unlink(slots: &Slots, first: u32, out: &mut [u32]) -> usize {
        let mut index = first;
        let mut taken = 0;
        while let (Some(slot), Some(place)) = (slots.at(index), out.get_mut(taken)) {
            *place = index;
            taken += 1;
            index = slot.next.load(Ordering::Relaxed);
        }
        taken
    }
}

/// Slots that are put on one by one and taken all together.
pub(super) struct Stack {
    head: AtomicU32,
}

impl Stack {
    pub(super) fn new() -> Self {
        Self {
            head: AtomicU32::new(NONE),
        }
    }

    pub(super) fn push(&self, slots: &Slots, index: u32) {
        let Some(slot) = slots.at(index) else {
            return;
        };
        let mut seen = self.head.load(Ordering::Relaxed);
        loop {
            slot.next.store(seen, Ordering::Relaxed);
            match self
                .head
                .compare_exchange_weak(seen, index, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    pub(super) fn take_all(&self, slots: &Slots, out: &mut Vec<u32>) {
        if self.head.load(Ordering::Relaxed) == NONE {
            return;
        }
        let mut index = self.head.swap(NONE, Ordering::Acquire);
        while let Some(slot) = slots.at(index).filter(|_| index != NONE) {
            out.push(index);
            index = slot.next.load(Ordering::Relaxed);
        }
    }
}
