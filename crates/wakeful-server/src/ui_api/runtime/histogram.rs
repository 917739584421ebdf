//! How often durations were seen.

use serde::Serialize;
use wakeful_model::runtime::{Bucket, DurationHistogram};

/// Counts by the upper ends of buckets, nanoseconds.
#[derive(Serialize)]
pub(super) struct Histogram {
    bounds: Vec<u64>,
    counts: Vec<u64>,
    p10: u64,
    p25: u64,
    p50: u64,
    p75: u64,
    p90: u64,
    p95: u64,
    p99: u64,
    max: u64,
}

impl Histogram {
    /// `None` if nothing was counted.
    pub(super) fn of(times: &DurationHistogram) -> Option<Self> {
        if times.buckets.is_empty() {
            return None;
        }
        let part = |part| times.quantile_nanos(part);
        Some(Self {
            bounds: times
                .buckets
                .iter()
                .map(|bucket| Bucket::start_nanos(bucket.index.saturating_add(1)))
                .collect(),
            counts: times.buckets.iter().map(|bucket| bucket.count).collect(),
            p10: part(0.1),
            p25: part(0.25),
            p50: part(0.5),
            p75: part(0.75),
            p90: part(0.9),
            p95: part(0.95),
            p99: part(0.99),
            max: times.max_nanos,
        })
    }
}
