//! What the store's tests share.

use std::path::Path;
use std::time::Duration;

use wakeful_store::{Backend, StoreOptions};

/// Flushes when told to alone.
pub(crate) fn options(backend: Backend) -> StoreOptions {
    StoreOptions {
        flush_interval: Duration::from_secs(3600),
        tail_bytes_max: 4 << 20,
        ..StoreOptions::new(backend)
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// A folder in memory where the system has one: no test cuts the power, so waiting for a disk would show nothing.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// The folder as a crash at this moment would leave it.
pub(crate) fn crash_copy(of: &Path) -> tempfile::TempDir {
    let copy = folder();
    for entry in std::fs::read_dir(of).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}
