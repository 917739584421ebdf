//! Spans that the program made by hand, until the drain takes them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use wakeful_trace::Span;

/// A queue that is bounded by the bytes of its spans: these come whole and few, so they need no ring.
#[derive(Debug)]
pub(crate) struct ExplicitSpans {
    bytes_max: usize,
    queue: Mutex<Queue>,
}

/// Spans of one allocation: a single list would be moved as it grows, megabytes at a time, while others wait.
const CHUNK: usize = 256;

#[derive(Debug, Default)]
struct Queue {
    chunks: Vec<Vec<Span>>,
    bytes: usize,
}

/// What became of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits.
    Waits,
    /// It waits, and half of the room is taken since.
    HalfFull,
    /// There was no room.
    Refused,
}

impl ExplicitSpans {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            queue: Mutex::default(),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a span. Never waits for more than another thread's push.
    pub(crate) fn push(&self, span: Span) -> Pushed {
        let bytes = span.size();
        let mut queue = self.locked();
        let after = queue.bytes + bytes;
        if after > self.bytes_max {
            drop(queue);
            return Pushed::Refused;
        }
        let was_half_full = queue.bytes > self.bytes_max / 2;
        queue.bytes = after;
        match queue.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(span),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(span);
                queue.chunks.push(chunk);
            }
        }
        if !was_half_full && after > self.bytes_max / 2 {
            Pushed::HalfFull
        } else {
            Pushed::Waits
        }
    }

    /// Takes all that wait, in the order in which they came.
    pub(crate) fn take(&self) -> impl Iterator<Item = Span> {
        let mut queue = self.locked();
        queue.bytes = 0;
        let chunks = std::mem::take(&mut queue.chunks);
        drop(queue);
        chunks.into_iter().flatten()
    }
}
