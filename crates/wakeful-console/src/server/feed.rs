//! Where a program puts what it reports.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use wakeful_live::Live;
use wakeful_model::runtime::{Loss, RuntimeBatch};
use wakeful_wire::{frame, runtime};

use super::{ServerError, ServerOptions};

/// The present of this program, for whoever attaches. Clones are of the same.
#[derive(Debug, Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    live: Mutex<Live>,
    pushed: watch::Sender<()>,
    recording: Mutex<Option<File>>,
    retention_nanos: u64,
    capacity: usize,
}

impl Feed {
    /// An empty one.
    ///
    /// # Errors
    ///
    /// The recording cannot be written.
    pub fn new(options: &ServerOptions) -> Result<Self, ServerError> {
        let recording = match &options.record_path {
            None => None,
            Some(path) => Some(File::create(path).map_err(|source| ServerError::Record {
                path: path.display().to_string(),
                source,
            })?),
        };
        let shared = Shared {
            live: Mutex::default(),
            pushed: watch::Sender::default(),
            recording: Mutex::new(recording),
            retention_nanos: u64::try_from(options.retention.as_nanos()).unwrap_or(u64::MAX),
            capacity: options.buffer_capacity,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Takes in a batch. Costs what folding it costs, and waits for clients only while their next update is put together.
    pub fn push(&self, batch: &RuntimeBatch) {
        self.record(batch);
        let within = self.within_capacity(batch);
        let mut live = self.live();
        live.fold(within.as_ref().unwrap_or(batch));
        live.forget(Some(self.shared.retention_nanos));
        drop(live);
        self.shared.pushed.send_replace(());
    }

    /// Changes with each batch.
    pub(super) fn pushed(&self) -> watch::Receiver<()> {
        self.shared.pushed.subscribe()
    }

    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.shared.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of a batch that tells of too much that is new; `None` if it does not.
    fn within_capacity(&self, batch: &RuntimeBatch) -> Option<RuntimeBatch> {
        let new = batch.task_starts.len() + batch.resource_starts.len() + batch.async_ops.len();
        let excess = new
            .checked_sub(self.shared.capacity)
            .filter(|excess| *excess > 0)?;
        let mut batch = batch.clone();
        let mut room = self.shared.capacity;
        let mut cut = |len: usize| {
            let kept = len.min(room);
            room -= kept;
            kept
        };
        batch.task_starts.truncate(cut(batch.task_starts.len()));
        batch.resource_starts.truncate(cut(batch.resource_starts.len()));
        batch.async_ops.truncate(cut(batch.async_ops.len()));
        batch.losses.push(Loss {
            cause: "console_buffer".to_owned(),
            others: excess as u64,
            ..Loss::default()
        });
        Some(batch)
    }

    /// Writes a batch to the recording. When that fails once, it ends.
    fn record(&self, batch: &RuntimeBatch) {
        let mut recording = self
            .shared
            .recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = recording.as_mut()
            && let Err(error) = write_frame(file, batch)
        {
            tracing::warn!(%error, "the recording of TOKIO_CONSOLE_RECORD_PATH ends here; make room for it");
            *recording = None;
        }
    }
}

/// The frames of a recording have the number of its first life.
const SEQUENCE: u64 = 1;

fn write_frame(file: &mut File, batch: &RuntimeBatch) -> io::Result<()> {
    let mut payload = Vec::new();
    runtime::encode(batch, &mut payload);
    let mut bytes = Vec::with_capacity(frame::framed_bytes(payload.len()));
    frame::write(
        &mut bytes,
        frame::Kind::RuntimeBatch,
        SEQUENCE,
        frame::NO_KEY,
        &payload,
    )?;
    file.write_all(&bytes)
}
