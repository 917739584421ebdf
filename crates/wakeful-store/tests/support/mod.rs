//! What the store's tests share.

use std::path::Path;
use std::time::Duration;

use wakeful_store::{Backend, StoreOptions};

/// Flushes when told to alone.
pub fn options(backend: Backend) -> StoreOptions {
    StoreOptions {
        flush_interval: Duration::from_secs(3600),
        tail_bytes_max: 4 << 20,
        ..StoreOptions::new(backend)
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// The folder as a crash at this moment would leave it.
pub fn crash_copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}
