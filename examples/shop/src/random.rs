//! Seeded chance that a whole service can share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// SplitMix64 over an atomic counter: no lock, and any number of tasks may draw.
#[derive(Debug)]
pub(crate) struct Random(AtomicU64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self
            .0
            .fetch_add(GOLDEN_RATIO, Ordering::Relaxed)
            .wrapping_add(GOLDEN_RATIO);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[0, 1)`.
    pub(crate) fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in `share` of all draws.
    pub(crate) fn chance(&self, share: f64) -> bool {
        self.fraction() < share
    }

    /// A number in `[low, high)`.
    pub(crate) fn between(&self, low: u32, high: u32) -> u32 {
        low + (self.fraction() * f64::from(high.saturating_sub(low))) as u32
    }

    /// One of `choices`, which are at least one.
    pub(crate) fn choose<T: Copy, const N: usize>(&self, choices: &[T; N]) -> T {
        const { assert!(N > 0) };
        choices[(self.fraction() * N as f64) as usize]
    }

    /// A wait between `low` and `high` microseconds.
    pub(crate) fn micros(&self, low: u32, high: u32) -> Duration {
        Duration::from_micros(self.between(low, high).into())
    }

    /// The wait until the next of events that come independently, `mean` apart on average.
    pub(crate) fn exponential(&self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.fraction()).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| {
            let random = Random::new(seed);
            (0..8).map(|_| random.between(0, 1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let random = Random::new(1);
        for _ in 0..10_000 {
            assert!((3..9).contains(&random.between(3, 9)));
            assert!([1, 2, 3].contains(&random.choose(&[1, 2, 3])));
        }
        let mean = (0..10_000)
            .map(|_| random.exponential(Duration::from_secs(1)).as_secs_f64())
            .sum::<f64>()
            / 1e4;
        assert!((0.95..1.05).contains(&mean), "{mean}");
    }
}
