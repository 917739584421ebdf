//! What a store starts from: nothing, or what another process left in a folder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::cache::Cache;
use crate::log::{Log, Replay};
use crate::manifest::Manifest;
use crate::recover::recover;
use crate::segment::Segment;
use crate::stats::Counters;

/// Everything that a store starts from.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// `None`: nothing is kept on disk.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Greater than the number of any segment there is.
    pub(crate) next_id: u64,
    /// Logs up to this one are in segments.
    pub(crate) flushed: u64,
    pub(crate) log: Option<Log>,
    /// What is not in segments yet.
    pub(crate) replay: Replay,
    /// Held as long as the store is open.
    pub(crate) lock: Option<File>,
}

impl Opened {
    /// Where nothing is kept, nothing is found.
    pub(crate) fn nothing() -> Self {
        // Zero stands for the tail where segments are numbered.
        Self {
            next_id: 1,
            ..Self::default()
        }
    }

    /// Takes the folder's lock, reads the manifest, opens the segments, and reads the log.
    pub(crate) fn folder(
        folder: &Path,
        slot_bytes: u64,
        cache: &Arc<Cache>,
        counters: &Counters,
    ) -> Result<Self, OpenError> {
        std::fs::create_dir_all(folder).map_err(OpenError::io("create", folder))?;
        let lock = lock(folder)?;
        let mut manifest = Manifest::open(folder).map_err(OpenError::io("open the manifest in", folder))?;
        let recovered = recover(folder, &mut manifest, cache, counters)?;
        let (log, replay) = Log::open(folder, recovered.flushed, slot_bytes)
            .map_err(OpenError::io("open the log in", folder))?;
        for (reason, count) in &replay.unreadable {
            tracing::error!(
                reason,
                count,
                "frames of the log could not be read; what they held is lost"
            );
            counters.problem(reason, *count);
        }
        Ok(Self {
            folder: Some(folder.to_owned()),
            manifest: Some(manifest),
            segments: recovered.segments,
            next_id: recovered.next_id,
            flushed: recovered.flushed,
            log: Some(log),
            replay,
            lock: Some(lock),
        })
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(OpenError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(OpenError::io("lock", &path)(error)),
    }
}
