//! Durations, counted in buckets that grow with them.

/// How often durations were seen. A bucket is as wide as an eighth of the power of two that it lies in, so a percentile
/// read from it is off by at most 12.5 %.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DurationHistogram {
    /// Buckets that have something, by ascending index.
    pub buckets: Vec<Bucket>,
    /// The longest duration.
    pub max_nanos: u64,
}

/// A range of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Which range: see [`Bucket::of`].
    pub index: u32,
    /// How many durations lie in it.
    pub count: u64,
}

/// Buckets of each power of two, as a power of two.
const PARTS_LOG2: u32 = 3;

impl Bucket {
    /// The index of the bucket in which a duration lies: below 8 ns each has its own, from there on each power of two has 8.
    pub fn of(nanos: u64) -> u32 {
        let octave = (63 - (nanos | 1).leading_zeros()).saturating_sub(PARTS_LOG2);
        // The octave's number, and the three bits behind its leading one.
        (octave << PARTS_LOG2) + (nanos >> octave) as u32
    }

    /// The shortest duration of a bucket, in nanoseconds.
    pub fn start_nanos(index: u32) -> u64 {
        let octave = (index >> PARTS_LOG2).saturating_sub(1);
        let part = u64::from(index - (octave << PARTS_LOG2));
        let wide = 1_u64.checked_shl(octave);
        wide.and_then(|wide| part.checked_mul(wide)).unwrap_or(u64::MAX)
    }
}

impl DurationHistogram {
    /// Counts a duration.
    pub fn record(&mut self, nanos: u64) {
        self.max_nanos = self.max_nanos.max(nanos);
        let index = Bucket::of(nanos);
        match self.buckets.binary_search_by_key(&index, |bucket| bucket.index) {
            Ok(at) => self.buckets[at].count += 1,
            Err(at) => {
                if self.buckets.is_empty() {
                    // Most tasks are polled once and wait: a hundred thousand of them have one bucket each.
                    self.buckets.reserve_exact(1);
                }
                self.buckets.insert(at, Bucket { index, count: 1 });
            }
        }
    }

    /// Counts those of another one too.
    pub fn merge(&mut self, other: &Self) {
        self.max_nanos = self.max_nanos.max(other.max_nanos);
        for new in &other.buckets {
            match self
                .buckets
                .binary_search_by_key(&new.index, |bucket| bucket.index)
            {
                Ok(at) => self.buckets[at].count = self.buckets[at].count.saturating_add(new.count),
                Err(at) => self.buckets.insert(at, *new),
            }
        }
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |sum, bucket| sum.saturating_add(bucket.count))
    }

    /// The duration that a part of all (0 to 1) does not exceed: the middle of its bucket, in nanoseconds; 0 if there are none.
    pub fn quantile_nanos(&self, part: f64) -> u64 {
        let rank = (part.clamp(0.0, 1.0) * self.count() as f64).ceil().max(1.0) as u64;
        let mut below = 0_u64;
        for bucket in &self.buckets {
            below = below.saturating_add(bucket.count);
            if below >= rank {
                let start = Bucket::start_nanos(bucket.index);
                let end = Bucket::start_nanos(bucket.index.saturating_add(1));
                return start.midpoint(end).min(self.max_nanos);
            }
        }
        self.max_nanos
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_begins_where_its_index_says() {
        let near_powers = (0..64).flat_map(|log2| {
            let power = 1_u64 << log2;
            [power - 1, power, power + power / 8, power + power / 3]
        });
        for nanos in near_powers.chain([u64::MAX]) {
            let index = Bucket::of(nanos);
            let start = Bucket::start_nanos(index);
            assert!(
                start <= nanos && nanos - start <= nanos / 8,
                "{nanos} in {index}, from {start}"
            );
            assert_eq!(Bucket::of(start), index);
            assert!(index == Bucket::of(u64::MAX) || Bucket::start_nanos(index + 1) > nanos);
        }
    }

    #[test]
    fn quantiles_are_within_an_eighth() {
        let mut histogram = DurationHistogram::default();
        for nanos in 1..=1000 {
            histogram.record(nanos * 1000);
        }
        for (part, exact) in [(0.5, 500_000_u64), (0.99, 990_000), (1.0, 1_000_000)] {
            let quantile = histogram.quantile_nanos(part);
            assert!(quantile.abs_diff(exact) <= exact / 8, "{part}: {quantile}");
        }
        assert_eq!((histogram.count(), histogram.max_nanos), (1000, 1_000_000));
        assert_eq!(DurationHistogram::default().quantile_nanos(0.5), 0);
    }

    #[test]
    fn merging_counts_what_both_have_counted() {
        let of = |durations: &[u64]| {
            let mut histogram = DurationHistogram::default();
            durations.iter().for_each(|nanos| histogram.record(*nanos));
            histogram
        };
        let mut merged = of(&[5, 1_000, 70_000]);
        merged.merge(&of(&[1_000, 900_000, 3]));
        assert_eq!(merged, of(&[5, 1_000, 70_000, 1_000, 900_000, 3]));
    }

    #[test]
    fn a_stranger_s_index_is_a_long_duration() {
        assert_eq!(Bucket::start_nanos(u32::MAX), u64::MAX);
        let histogram = DurationHistogram {
            buckets: vec![Bucket {
                index: u32::MAX,
                count: 1,
            }],
            max_nanos: 5,
        };
        assert_eq!(histogram.quantile_nanos(0.5), 5);
        let mut longest = DurationHistogram::default();
        longest.record(u64::MAX);
        assert!(longest.quantile_nanos(0.5) >= Bucket::start_nanos(Bucket::of(u64::MAX)));
    }
}
