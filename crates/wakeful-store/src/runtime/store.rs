//! Runtime data as others see it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use tokio::sync::oneshot;
use wakeful_model::runtime::RuntimeBatch;
use wakeful_wire::frame::NO_KEY;
use wakeful_wire::runtime;

use super::ProgramId;
use super::decoded::Decoded;
use super::file::{self, RuntimeFile};
use super::files::Files;
use super::live::Programs;
use super::past::Past;
use super::writer::{Append, Hold, Writer};
use crate::stats::Counters;
use crate::{Ack, AppendError, OpenError, ReadError, log_key};

/// A batch with the bytes that it was decoded from.
#[derive(Debug, Clone)]
pub struct RuntimeFrame {
    /// The payload of the frame.
    pub payload: Bytes,
    /// The same, decoded.
    pub batch: RuntimeBatch,
}

impl From<RuntimeBatch> for RuntimeFrame {
    /// For a batch that did not come as a frame.
    fn from(batch: RuntimeBatch) -> Self {
        let mut payload = Vec::new();
        runtime::encode(&batch, &mut payload);
        Self {
            payload: payload.into(),
            batch,
        }
    }
}

/// Figures of runtime data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuntimeStats {
    /// Batches that were kept since the start.
    pub batches: u64,
    /// Bytes of files.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    /// Files that retention dropped since the start.
    pub retired_files: u64,
}

/// What programs reported of their runtimes; clones share it.
#[derive(Debug, Clone)]
pub struct RuntimeStore {
    pub(super) shared: Arc<Shared>,
    thread: Arc<Thread>,
}

/// What the writing thread and readers share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) files: Files,
    pub(super) live: Programs,
    pub(super) decoded: Decoded,
    pub(super) past: Past,
    pub(super) figures: Figures,
    pub(super) counters: Arc<Counters>,
}

#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) batches: AtomicU64,
    pub(super) retired_files: AtomicU64,
}

#[derive(Debug)]
struct Thread {
    requests: Mutex<Option<Sender<Append>>>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

/// How runtime data is kept.
#[derive(Debug)]
pub(crate) struct Setup {
    /// `None`: in memory.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) ack: Ack,
    pub(crate) retention_bytes: Option<u64>,
    pub(crate) retention_time: Option<Duration>,
}

impl RuntimeStore {
    /// Opens what is in the folder, if there is one; its lock is held by whoever calls this.
    pub(crate) fn open(setup: Setup, counters: Arc<Counters>) -> Result<Self, OpenError> {
        let mut opened = Vec::new();
        let mut key = NO_KEY;
        if let Some(folder) = &setup.folder {
            key = log_key::read_or_make(folder).map_err(OpenError::io("read the log's key in", folder))?;
            let list = file::list(folder).map_err(OpenError::io("read", folder))?;
            for (number, path) in list {
                let (file, problems) =
                    RuntimeFile::open(path.clone(), number, key).map_err(OpenError::io("read", &path))?;
                told(&counters, &problems);
                // Nothing was acknowledged of what such a file was to have.
                let is_left_over = problems.is_empty() && file.extents().is_empty();
                if is_left_over && file.remove().is_ok() {
                    continue;
                }
                opened.push(Arc::new(file));
            }
        }
        let next_number = opened.last().map_or(1, |file| file.number + 1);
        let shared = Arc::new(Shared {
            files: Files::new(opened),
            counters,
            ..Shared::default()
        });
        let (requests, waiting) = channel();
        let thread = Thread {
            requests: Mutex::new(Some(requests)),
            handle: Mutex::default(),
        };
        let store = Self {
            shared: Arc::clone(&shared),
            thread: Arc::new(thread),
        };
        let writer = Writer {
            requests: waiting,
            shared,
            folder: setup.folder,
            key,
            ack: setup.ack,
            retention_bytes: setup.retention_bytes,
            retention_time: setup.retention_time,
            next_number,
            current: None,
            latest: store.replay(),
        };
        let handle = std::thread::Builder::new()
            .name("wakeful-runtime".to_owned())
            .spawn(|| writer.run())
            .map_err(OpenError::io("start a thread for", "runtime data".as_ref()))?;
        *store.thread.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(store)
    }

    /// Folds the newest file, which begins with the states of all programs that were alive. Gives the stretch of time that each
    /// program told of last.
    fn replay(&self) -> FxHashMap<ProgramId, (u64, u64)> {
        let mut latest = FxHashMap::default();
        let list = self.shared.files.list();
        let newest = list.iter().rfind(|file| !file.extents().is_empty());
        let Some(newest) = newest else { return latest };
        let problems = self.shared.each_frame(
            newest,
            |_| true,
            |entry, batch| {
                self.shared.live.apply(entry.program, batch);
                latest.insert(entry.program, (batch.from_unix_nanos, batch.to_unix_nanos));
            },
        );
        told(&self.shared.counters, &problems);
        latest
    }

    /// Keeps batches; resolves when they are as safe as [`StoreOptions::ack`](crate::StoreOptions::ack) says, and visible to
    /// questions. A batch of the same stretch of time as the one before it of its program is the same one, sent again.
    ///
    /// # Errors
    /// See [`AppendError`]; none of the batches was kept then.
    pub async fn append(&self, frames: Vec<RuntimeFrame>) -> Result<(), AppendError> {
        self.append_holding(frames, ()).await
    }

    /// [`Self::append`] of frames whose memory is bounded by what `hold` holds: it is dropped when they take no more, which may be after
    /// whoever waits for the answer has given up.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub async fn append_holding(
        &self,
        frames: Vec<RuntimeFrame>,
        hold: impl Send + 'static,
    ) -> Result<(), AppendError> {
        let (done, answer) = oneshot::channel();
        {
            let requests = self
                .thread
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let append = Append {
                frames,
                hold: Hold::new(hold),
                done,
            };
            let sent = requests.as_ref().and_then(|requests| requests.send(append).ok());
            sent.ok_or(AppendError::Closed)?;
        }
        answer.await.map_err(|_| AppendError::Closed)?
    }

    /// Figures.
    pub fn stats(&self) -> RuntimeStats {
        let list = self.shared.files.list();
        let figures = &self.shared.figures;
        RuntimeStats {
            batches: figures.batches.load(Ordering::Relaxed),
            bytes: list.iter().map(|file| file.bytes()).sum(),
            files: list.len() as u64,
            retired_files: figures.retired_files.load(Ordering::Relaxed),
        }
    }

    /// Writes the index of the last file and ends the thread; later appends are refused. Blocks until done.
    pub(crate) fn close(&self) {
        let requests = &self.thread.requests;
        drop(requests.lock().unwrap_or_else(PoisonError::into_inner).take());
        let handle = self
            .thread
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if handle.is_some_and(|handle| handle.join().is_err()) {
            tracing::error!(
                "the thread that writes runtime data panicked; its file is read through at the next start"
            );
        }
    }
}

/// Counts what could not be read, and says it.
pub(super) fn told(counters: &Counters, problems: &[ReadError]) {
    for problem in problems {
        tracing::error!(%problem, "runtime data could not be read");
        counters.problem("runtime data not readable", 1);
    }
}

pub(super) fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}
