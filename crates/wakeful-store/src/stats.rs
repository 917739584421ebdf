//! Figures of a store.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use crate::RuntimeStats;

/// Figures for `/metrics` and `about`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Spans in segments and tail.
    pub spans: u64,
    /// Bytes of segments.
    pub segment_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Spans in the tail.
    pub tail_spans: u64,
    /// Bytes in the tail.
    pub tail_bytes: u64,
    /// Bytes of write-ahead log on disk, reserved ones included.
    pub wal_bytes: u64,
    /// Syncs of the log since the start.
    pub wal_syncs: u64,
    /// Flushes since the start.
    pub flushes: u64,
    /// Merges since the start.
    pub merges: u64,
    /// Spans dropped by retention since the start.
    pub retired_spans: u64,
    /// What could not be read or written since the start, by reason.
    pub problems: Vec<(String, u64)>,
    /// What programs report of their runtimes.
    pub runtime: RuntimeStats,
    /// Earliest start of a span, Unix nanoseconds.
    pub oldest_unix_nanos: Option<u64>,
    /// Latest start of a span, Unix nanoseconds.
    pub newest_unix_nanos: Option<u64>,
}

/// Counters that the store's threads share.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) wal_bytes: AtomicU64,
    pub(crate) wal_syncs: AtomicU64,
    pub(crate) flushes: AtomicU64,
    pub(crate) merges: AtomicU64,
    pub(crate) retired_spans: AtomicU64,
    pub(crate) problems: Mutex<BTreeMap<&'static str, u64>>,
}

impl Counters {
    /// Counts something that could not be read or written.
    pub(crate) fn problem(&self, reason: &'static str, count: u64) {
        let mut problems = self
            .problems
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *problems.entry(reason).or_default() += count;
    }
}
