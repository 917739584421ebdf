//! Random ids without a dependency.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use crate::{SpanId, TraceId};

/// A keyed hash of (count, time): the keys come from the operating system, one pair a thread, so ids of different threads,
/// processes and machines do not meet; the time keeps the two halves of a forked process apart.
struct Source {
    keys: RandomState,
    count: Cell<u64>,
}

thread_local! {
    static SOURCE: Source = Source { keys: RandomState::new(), count: Cell::new(0) };
}

fn random_u64() -> u64 {
    let draw = |source: &Source| {
        let count = source.count.get().wrapping_add(1);
        source.count.set(count);
        source.keys.hash_one((count, Instant::now()))
    };
    // A thread that is ending has no source any more: fresh keys do as well, for more work.
    SOURCE
        .try_with(draw)
        .unwrap_or_else(|_| RandomState::new().hash_one(Instant::now()))
}

impl TraceId {
    /// A new id, for a trace that begins here.
    pub fn random() -> Self {
        loop {
            let id = u128::from(random_u64()) << 64 | u128::from(random_u64());
            if let Some(id) = Self::new(id) {
                return id;
            }
        }
    }
}

impl SpanId {
    /// A new id.
    pub fn random() -> Self {
        loop {
            if let Some(id) = Self::new(random_u64()) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_many_threads_do_not_meet() {
        let threads: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| (0..10_000).map(|_| SpanId::random()).collect::<Vec<_>>()))
            .collect();
        let ids: HashSet<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(ids.len(), 80_000);
        assert_ne!(TraceId::random(), TraceId::random());
    }
}
