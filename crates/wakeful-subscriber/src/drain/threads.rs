//! The threads that the drain knows, and what they lost.

use std::sync::Arc;

use crate::loss::{LossCause, LossCounts, LossReported};
use crate::thread::Thread;

/// Threads by index; an index is used again when the thread is gone and no open span refers to it.
#[derive(Debug, Default)]
pub(super) struct Threads {
    known: Vec<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    thread: Arc<Thread>,
    reported: LossReported,
    open_spans: u32,
}

impl Threads {
    pub(super) fn add(&mut self, thread: Arc<Thread>) {
        let known = Known {
            thread,
            reported: LossReported::default(),
            open_spans: 0,
        };
        match self.known.iter_mut().find(|known| known.is_none()) {
            Some(free) => *free = Some(known),
            None => self.known.push(Some(known)),
        }
    }

    pub(super) fn index(&self, thread: &Arc<Thread>) -> u32 {
        let same = |known: &Option<Known>| {
            known
                .as_ref()
                .is_some_and(|known| Arc::ptr_eq(&known.thread, thread))
        };
        self.known.iter().position(same).unwrap_or(usize::MAX) as u32
    }

    pub(super) fn get(&self, index: u32) -> Option<&Thread> {
        self.known
            .get(index as usize)?
            .as_ref()
            .map(|known| &*known.thread)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Thread> {
        self.known.iter().flatten().map(|known| &*known.thread)
    }

    pub(super) fn count_open(&mut self, index: u32, change: i32) {
        if let Some(Some(known)) = self.known.get_mut(index as usize) {
            known.open_spans = known.open_spans.saturating_add_signed(change);
        }
    }

    /// Reports what each thread lost since the last call, and forgets those that are gone.
    pub(super) fn report(&mut self, mut report: impl FnMut(&Thread, LossCause, LossCounts)) {
        for place in &mut self.known {
            let Some(known) = place else {
                continue;
            };
            // Looked at first: whoever let go of the thread has counted its losses before.
            let gone = Arc::strong_count(&known.thread) == 1;
            std::sync::atomic::fence(std::sync::atomic::Ordering::Acquire);
            known.thread.loss.since(&mut known.reported, |cause, counts| {
                report(&known.thread, cause, counts);
            });
            if gone && known.open_spans == 0 {
                *place = None;
            }
        }
    }
}
