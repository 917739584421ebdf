//! Making ids.

use std::num::NonZeroU64;
use std::time::{SystemTime, UNIX_EPOCH};

use wakeful_trace::TraceId;

use crate::settings::TraceIds;
use crate::sync::{AtomicU64, Ordering};

/// How many span ids a thread takes at a time.
const BLOCK: u64 = 1024;

/// The span ids of a process: a counter, mixed with a random key. The mix can be reversed, so no id comes twice; and without
/// the key nobody can tell which comes next.
#[derive(Debug)]
pub(crate) struct SpanIds {
    key: [u64; 2],
    next_block: AtomicU64,
}

impl SpanIds {
    pub(crate) fn new() -> Self {
        Self {
            key: [random(), random()],
            next_block: AtomicU64::new(0),
        }
    }

    /// Murmur3's finisher, which is a bijection, between two additions of the key.
    #[inline]
    fn mix(&self, count: u64) -> u64 {
        let mut id = count.wrapping_add(self.key[0]);
        id = (id ^ id >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        id = (id ^ id >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (id ^ id >> 33).wrapping_add(self.key[1])
    }
}

/// The part of the counter that a thread has to itself.
#[derive(Debug, Default)]
pub(crate) struct SpanIdBlock {
    next: u64,
    end: u64,
}

impl SpanIdBlock {
    #[inline]
    pub(crate) fn next(&mut self, ids: &SpanIds) -> NonZeroU64 {
        loop {
            if self.next == self.end {
                self.next = ids.next_block.fetch_add(BLOCK, Ordering::Relaxed);
                self.end = self.next + BLOCK;
            }
            let count = self.next;
            self.next += 1;
            // One count of all is mixed to zero, which is no id.
            if let Some(id) = NonZeroU64::new(ids.mix(count)) {
                return id;
            }
        }
    }
}

/// A thread's source of trace ids: splitmix64 from a random start.
#[derive(Debug)]
pub(crate) struct TraceIdSource {
    state: u64,
    /// Twice the usual state: two streams that never meet.
    high_state: u64,
}

impl TraceIdSource {
    pub(crate) fn new() -> Self {
        Self {
            state: random(),
            high_state: random(),
        }
    }

    pub(crate) fn next(&mut self, form: TraceIds) -> TraceId {
        loop {
            let high = step(&mut self.high_state);
            let high = match form {
                TraceIds::Random => high,
                TraceIds::XRay => high >> 32 | epoch_seconds() << 32,
            };
            let id = u128::from(high) << 64 | u128::from(step(&mut self.state));
            if let Some(id) = TraceId::new(id) {
                return id;
            }
        }
    }
}

fn step(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = *state;
    next = (next ^ next >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    next = (next ^ next >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    next ^ next >> 31
}

/// The low 32 bits of Unix time, seconds.
fn epoch_seconds() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_secs() & 0xffff_ffff
}

/// From the system; from the time and an address where the system has none, which it always has after its start.
fn random() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut state = since_epoch.as_nanos() as u64 ^ std::ptr::from_ref(&since_epoch) as u64;
        step(&mut state)
    })
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn span_ids_of_all_threads_differ() {
        let ids = SpanIds::new();
        let mut blocks: Vec<_> = (0..4).map(|_| SpanIdBlock::default()).collect();
        let mut seen = HashSet::new();
        for turn in 0..100_000 {
            assert!(seen.insert(blocks[turn % 4].next(&ids)));
        }
    }

    #[test]
    fn two_processes_have_different_span_ids() {
        let first = SpanIdBlock::default().next(&SpanIds::new());
        assert_ne!(first, SpanIdBlock::default().next(&SpanIds::new()));
    }

    #[test]
    fn xray_ids_begin_with_the_time() {
        let mut source = TraceIdSource::new();
        let before = epoch_seconds();
        let id = source.next(TraceIds::XRay).get();
        assert!((before..=before + 5).contains(&((id >> 96) as u64)));
        assert_ne!(source.next(TraceIds::XRay).get() as u64, id as u64);
    }
}
