//! Spans that the program made by hand, until the drain takes them.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use wakeful_trace::Span;

/// Queues that are bounded by the bytes of all their spans: these come whole and few, so they need no ring.
///
/// A thread has its queue, which it shares with others where there are many threads, and goes to the next one while another
/// thread, or the drain, is at it: a thread that loses its processor in the middle of a push holds nobody up.
#[derive(Debug)]
pub(crate) struct ExplicitSpans {
    bytes_max: usize,
    bytes: AtomicUsize,
    queues: [Mutex<Queue>; QUEUES],
}

/// More than threads are likely to be in the middle of a push: where they are, a span is refused.
const QUEUES: usize = 32;

/// Spans of one allocation: a single list would be moved as it grows, megabytes at a time.
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
            bytes: AtomicUsize::new(0),
            queues: Default::default(),
        }
    }

    /// Queues a span. Waits for nobody.
    pub(crate) fn push(&self, span: Span) -> Pushed {
        let bytes = span.size();
        let with_it = |before: usize| Some(before + bytes).filter(|after| *after <= self.bytes_max);
        let Ok(before) = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, with_it)
        else {
            return Pushed::Refused;
        };
        let Some(mut queue) = self.free_queue() else {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Pushed::Refused;
        };
        queue.bytes += bytes;
        match queue.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(span),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(span);
                queue.chunks.push(chunk);
            }
        }
        let half = self.bytes_max / 2;
        if before <= half && before + bytes > half {
            Pushed::HalfFull
        } else {
            Pushed::Waits
        }
    }

    /// This thread's queue, or the next one that nobody is at.
    fn free_queue(&self) -> Option<MutexGuard<'_, Queue>> {
        let own = own_queue();
        (0..QUEUES).find_map(|step| match self.queues[(own + step) % QUEUES].try_lock() {
            Ok(queue) => Some(queue),
            // A panic elsewhere leaves whole spans behind.
            Err(TryLockError::Poisoned(queue)) => Some(queue.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Takes all that wait: those of a thread in the order in which they came, unless it was sent to another queue meanwhile.
    pub(crate) fn take(&self) -> impl Iterator<Item = Span> {
        let mut taken = Vec::new();
        for queue in &self.queues {
            let Queue { chunks, bytes } =
                std::mem::take(&mut *queue.lock().unwrap_or_else(PoisonError::into_inner));
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            taken.extend(chunks);
        }
        taken.into_iter().flatten()
    }
}

thread_local! {
    static OWN_QUEUE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The number of this thread's queue.
fn own_queue() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = OWN_QUEUE
        .get()
        .unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed) % QUEUES);
    OWN_QUEUE.set(Some(number));
    number
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wakeful_trace::{RingBufferTraceCollector, Span};

    use super::*;

    fn span(name: &'static str) -> Span {
        Span::root(name, Arc::new(RingBufferTraceCollector::new(1)))
    }

    fn taken(spans: &ExplicitSpans) -> Vec<String> {
        spans.take().map(|span| span.name.into_owned()).collect()
    }

    /// On one thread, so that a push that waited would never end.
    #[test]
    fn a_queue_that_somebody_is_at_holds_nobody_up() {
        let spans = ExplicitSpans::new(1 << 20);
        let own = own_queue();
        let held = spans.queues[own].lock().unwrap();
        assert_eq!(spans.push(span("meanwhile")), Pushed::Waits);
        drop(held);
        assert_eq!(spans.push(span("after")), Pushed::Waits);
        let mut names = taken(&spans);
        names.sort();
        assert_eq!(names, ["after", "meanwhile"]);

        let all: Vec<_> = spans.queues.iter().map(|queue| queue.lock().unwrap()).collect();
        assert_eq!(spans.push(span("refused")), Pushed::Refused);
        drop(all);
        assert!(taken(&spans).is_empty());
    }

    #[test]
    fn room_is_bounded_by_bytes_and_free_again_when_they_are_taken() {
        let size = span("x").size();
        let spans = ExplicitSpans::new(4 * size);
        for _ in 0..3 {
            let pushed: Vec<_> = (0..5).map(|_| spans.push(span("x"))).collect();
            use Pushed::{HalfFull, Refused, Waits};
            assert_eq!(pushed, [Waits, Waits, HalfFull, Waits, Refused]);
            assert_eq!(taken(&spans).len(), 4);
        }
    }
}
