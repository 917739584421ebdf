//! The flush thread: turns tails into segments.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wakeful_wire::otlp::Batch;

use crate::AppendError;
use crate::cache::Cache;
use crate::manifest::{CommitError, Edit, Manifest, sync_folder_of};
use crate::segment::{self, Origin, Segment, SegmentError, Source, write_segment};
use crate::state::State;
use crate::stats::Counters;

/// How long a flush that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Told when a flush is done, or why it could not be at first.
pub(crate) type FlushDone = oneshot::Sender<Result<(), AppendError>>;

/// A tail that is closed.
#[derive(Debug)]
pub(crate) struct FlushRequest {
    /// `None` if there was nothing to close: the log that is received now must not be named, for it may have grown
    /// when this is read.
    pub(crate) log: Option<u64>,
    /// Room that it takes in memory until it is flushed.
    pub(crate) room: Option<OwnedSemaphorePermit>,
    /// Told when this and all before it are in segments.
    pub(crate) done: Option<FlushDone>,
}

/// Where segments go: what the flush thread and the keeper share.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// `None`: segments are kept in memory.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) manifest: Option<Mutex<Manifest>>,
    pub(crate) next_id: AtomicU64,
    pub(crate) cache: Arc<Cache>,
    pub(crate) state: Arc<State>,
    pub(crate) counters: Arc<Counters>,
}

/// Everything that the flush thread holds.
#[derive(Debug)]
pub(crate) struct FlushThread {
    pub(crate) requests: Receiver<FlushRequest>,
    pub(crate) shelf: Arc<Shelf>,
    /// Logs up to this one are in segments.
    pub(crate) flushed: Arc<AtomicU64>,
    /// Set when the store closes: a flush that fails then stays in the log.
    pub(crate) closing: Arc<std::sync::atomic::AtomicBool>,
}

impl FlushThread {
    pub(crate) fn run(self) {
        while let Ok(mut request) = self.requests.recv() {
            while let Err(error) = request.log.map_or(Ok(()), |log| self.flush(log)) {
                tracing::error!(%error, "cannot write a segment; trying again, the spans stay in memory and in the log");
                self.shelf.counters.problem("segment not writable", 1);
                if let Some(done) = request.done.take() {
                    let _ = done.send(Err(AppendError::Log(error.to_string())));
                }
                if self.closing.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::park_timeout(RETRY);
            }
            drop(request.room);
            if let Some(done) = request.done {
                let _ = done.send(Ok(()));
            }
        }
    }

    fn flush(&self, log: u64) -> Result<(), SegmentError> {
        let shelf = &self.shelf;
        let Some(tail) = shelf.state.tail(log) else {
            return Ok(());
        };
        let segment = if tail.iter().any(|batch| batch.spans() > 0) {
            let segment = shelf.write(&tail, |id| Origin {
                id,
                level: 0,
                log,
                written_unix_nanos: unix_nanos(),
                replaces: Vec::new(),
                losses: tail.iter().flat_map(|batch| batch.losses()).collect(),
            })?;
            Some(segment)
        } else {
            None
        };
        let edit = Edit {
            add: segment.iter().map(|segment| segment.meta.clone()).collect(),
            remove: Vec::new(),
            flushed: log,
        };
        shelf.list(&edit, segment.as_deref())?;
        shelf.state.flushed(log, segment);
        self.flushed.store(log, Ordering::Release);
        shelf.counters.flushes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Shelf {
    /// Writes batches as a segment, which is durable and open when this returns, but not yet listed.
    pub(crate) fn write(
        &self,
        batches: &[Arc<Batch>],
        origin: impl FnOnce(u64) -> Origin,
    ) -> Result<Arc<Segment>, SegmentError> {
        let origin = origin(self.next_id.fetch_add(1, Ordering::Relaxed));
        let path = self
            .folder
            .as_ref()
            .map(|folder| folder.join(segment::file_name(origin.id)));
        let write = || {
            let source = match &path {
                None => Source::Memory(Bytes::from(write_segment(Vec::new(), batches, origin)?)),
                Some(path) => {
                    write_file(path, batches, origin)?;
                    Source::File(path.clone())
                }
            };
            Ok(Arc::new(Segment::open(source, Arc::clone(&self.cache))?))
        };
        // Spans that bring down the writer must not bring down the thread that all others depend on.
        let written = catch_unwind(AssertUnwindSafe(write)).unwrap_or(Err(SegmentError::Panicked));
        if let (Err(_), Some(path)) = (&written, &path) {
            // Half a segment is of no use to anybody.
            let _ = std::fs::remove_file(path);
        }
        written
    }

    /// Makes an edit durable that adds a segment, which is removed again if it is not made.
    pub(crate) fn list(&self, edit: &Edit, segment: Option<&Segment>) -> Result<(), SegmentError> {
        let committed = self.commit(edit);
        if let (Err(CommitError::NotMade(_)), Some(segment)) = (&committed, segment) {
            segment.retire();
        }
        Ok(committed?)
    }

    /// Makes an edit durable.
    pub(crate) fn commit(&self, edit: &Edit) -> Result<(), CommitError> {
        match &self.manifest {
            Some(manifest) => manifest
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .commit(edit),
            None => Ok(()),
        }
    }
}

fn write_file(path: &Path, batches: &[Arc<Batch>], origin: Origin) -> Result<(), SegmentError> {
    let file = write_segment(File::create(path)?, batches, origin)?;
    file.sync_all()?;
    sync_folder_of(path)?;
    Ok(())
}

pub(crate) fn unix_nanos() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as u64)
}
