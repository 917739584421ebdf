//! The store: write-ahead log, in-memory tail, Parquet segments, manifest and retention.

use std::path::PathBuf;
use std::time::Duration;

use wakeful_wire::otlp::Batch;

/// Where data rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// In a folder: durable.
    File(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

/// When an append counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ack {
    /// When it is synced to disk.
    #[default]
    Synced,
    /// When it is in memory.
    Memory,
}

/// How a [`Store`] is set up.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Where data rests.
    pub backend: Backend,
    /// When an append counts as done.
    pub ack: Ack,
    /// The tail is flushed to a segment when it holds so many bytes (default 64 MiB).
    pub tail_bytes_max: usize,
    /// … or when its oldest span has waited so long (default 10 s).
    pub flush_interval: Duration,
    /// Oldest segments are dropped while the store is larger than this; `None`: no bound.
    pub retention_bytes: Option<u64>,
    /// Segments whose newest span is older than this are dropped; `None`: no bound.
    pub retention_time: Option<Duration>,
}

impl StoreOptions {
    /// The defaults, for data in `backend`.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            ack: Ack::default(),
            tail_bytes_max: 64 << 20,
            flush_interval: Duration::from_secs(10),
            retention_bytes: None,
            retention_time: None,
        }
    }
}

/// Why a store could not be opened; each names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder.
    #[error("the data folder {path} is in use by another wakeful process; stop it or choose another with --data-dir")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be read or written.
    #[error("cannot {action} {path}: {source}; check its permissions or choose another with --data-dir")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why spans were not taken; the sender may try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The log cannot be written: the disk is full, read-only or broken.
    #[error("cannot write to the log: {0}; free space or mend the disk, data that is stored can still be read")]
    Log(String),
    /// More arrives than can be flushed.
    #[error("the store is behind: {waiting_bytes} bytes wait to be flushed")]
    Busy {
        /// How many bytes wait.
        waiting_bytes: usize,
    },
    /// The store is shutting down.
    #[error("the store is shutting down")]
    Closed,
}

/// Figures for `/metrics` and `about`.
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// Bytes of write-ahead log on disk.
    pub wal_bytes: u64,
    /// Syncs of the log since the start.
    pub wal_syncs: u64,
    /// Flushes since the start.
    pub flushes: u64,
    /// Merges since the start.
    pub merges: u64,
    /// Spans dropped by retention since the start.
    pub retired_spans: u64,
    /// Frames of the log that could not be read at start-up, by reason.
    pub unreadable: Vec<(String, u64)>,
    /// Earliest start of a span, Unix nanoseconds.
    pub oldest_unix_nanos: Option<u64>,
    /// Latest start of a span, Unix nanoseconds.
    pub newest_unix_nanos: Option<u64>,
}

/// A handle on the store; clones share it.
#[derive(Debug, Clone)]
pub struct Store {}

impl Store {
    /// Opens the store: takes the folder's lock, reads the manifest, replays the log.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(_options: StoreOptions) -> Result<Self, OpenError> {
        Ok(Self {})
    }

    /// Keeps a batch; resolves when it is as safe as [`StoreOptions::ack`] says, and visible to queries.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing of the batch was kept then.
    pub async fn append(&self, _batch: Batch) -> Result<(), AppendError> {
        Ok(())
    }

    /// Figures.
    pub fn stats(&self) -> StoreStats {
        StoreStats::default()
    }

    /// Flushes the tail and stops the store's threads; later appends are refused with [`AppendError::Closed`].
    /// Blocks until done.
    pub fn close(&self) {}
}
