//! How a store is set up.

use std::path::PathBuf;
use std::time::Duration;

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

/// How a [`Store`](crate::Store) is set up.
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
    /// Footers and indexes of segments are kept in memory up to so many bytes (default 32 MiB).
    pub cache_bytes_max: usize,
    /// Oldest segments are dropped while segments take more bytes than this; `None`: no bound. The default is
    /// none on disk, and 1 GiB in memory.
    pub retention_bytes: Option<u64>,
    /// Segments whose newest span is older than this are dropped; `None` (the default): no bound.
    pub retention_time: Option<Duration>,
    /// The oldest files of runtime data are dropped while all of them take more bytes than this; `None`: no bound. The default is
    /// 4 GiB on disk, and 256 MiB in memory.
    pub runtime_bytes_max: Option<u64>,
}

impl StoreOptions {
    /// The defaults, for data in `backend`.
    pub fn new(backend: Backend) -> Self {
        Self {
            retention_bytes: (backend == Backend::Memory).then_some(1 << 30),
            runtime_bytes_max: Some(match backend {
                Backend::File(_) => 4 << 30,
                Backend::Memory => 256 << 20,
            }),
            backend,
            ack: Ack::default(),
            tail_bytes_max: 64 << 20,
            flush_interval: Duration::from_secs(10),
            cache_bytes_max: 32 << 20,
            retention_time: None,
        }
    }
}
