//! The thread that writes: takes batches, makes them durable together, and publishes them.

use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use tokio::sync::oneshot;
use wakeful_wire::frame::{self, Kind};
use wakeful_wire::runtime;

use super::file::RuntimeFile;
use super::index::Entry;
use super::store::{Shared, unix_nanos};
use super::{ProgramId, RuntimeFrame};
use crate::{Ack, AppendError};

/// A file ends when it has so many bytes behind its checkpoints, or as many as those have, because a question about the past folds
/// a file from its beginning (about 8 ms a MiB) …
const FILE_BYTES_MAX: u64 = 6 << 20;

/// … or when it was begun so long ago: retention drops whole files.
const FILE_AGE_MAX: Duration = Duration::from_secs(600);

/// What is written and synced at once is at most this.
const COMMIT_BYTES_MAX: usize = 8 << 20;

/// Of so many programs it is remembered what came last.
const PROGRAMS_MAX: usize = 10_000;

/// How often old files are looked for.
const RETENTION_INTERVAL: Duration = Duration::from_secs(5);

/// Frames that wait to be kept.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) frames: Vec<RuntimeFrame>,
    /// What is given back when the frames are done with, whether or not somebody still waits for that.
    pub(super) hold: Hold,
    pub(super) done: oneshot::Sender<Result<(), AppendError>>,
}

/// Something whose end is waited for: room that frames take.
pub(super) struct Hold {
    _held: Box<dyn Send>,
}

impl Hold {
    pub(super) fn new(held: impl Send + 'static) -> Self {
        Self {
            _held: Box::new(held),
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold")
    }
}

/// Everything that the thread holds.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) requests: Receiver<Append>,
    pub(super) shared: Arc<Shared>,
    /// `None`: nothing is written to disk.
    pub(super) folder: Option<PathBuf>,
    pub(super) key: u64,
    pub(super) ack: Ack,
    pub(super) retention_bytes: Option<u64>,
    pub(super) retention_time: Option<Duration>,
    pub(super) next_number: u64,
    pub(super) current: Option<Current>,
    /// The stretch of time that each program told of last: a batch that was sent twice is kept once.
    pub(super) latest: FxHashMap<ProgramId, (u64, u64)>,
}

/// The file that is written.
#[derive(Debug)]
pub(super) struct Current {
    file: Arc<RuntimeFile>,
    /// `None` in memory.
    out: Option<File>,
    checkpoint_bytes: u64,
    since: Instant,
    /// Whether its first part is written: until then nobody else knows of it.
    has_appeared: bool,
}

impl Current {
    fn is_full(&self) -> bool {
        let batches = self.file.bytes().saturating_sub(self.checkpoint_bytes);
        batches >= FILE_BYTES_MAX.max(self.checkpoint_bytes) || self.since.elapsed() >= FILE_AGE_MAX
    }
}

impl Writer {
    pub(super) fn run(mut self) {
        let mut looked = Instant::now();
        loop {
            let first = match self.requests.recv_timeout(RETENTION_INTERVAL) {
                Ok(append) => Some(append),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Some(first) = first {
                let mut bytes = append_bytes(&first);
                let mut appends = vec![first];
                while bytes < COMMIT_BYTES_MAX
                    && let Ok(next) = self.requests.try_recv()
                {
                    bytes += append_bytes(&next);
                    appends.push(next);
                }
                self.commit(appends);
            }
            if looked.elapsed() >= RETENTION_INTERVAL {
                looked = Instant::now();
                self.retire();
            }
        }
        self.seal();
    }

    fn commit(&mut self, appends: Vec<Append>) {
        let mut frames = Vec::new();
        let mut done = Vec::with_capacity(appends.len());
        let mut holds = Vec::with_capacity(appends.len());
        for append in appends {
            frames.extend(append.frames.into_iter().map(|frame| {
                let program = ProgramId::of(&frame.batch.resource);
                (program, frame)
            }));
            done.push(append.done);
            holds.push(append.hold);
        }
        if self.latest.len() > PROGRAMS_MAX {
            self.latest.clear();
        }
        let times = |frame: &RuntimeFrame| (frame.batch.from_unix_nanos, frame.batch.to_unix_nanos);
        frames.retain(|(program, frame)| self.latest.insert(*program, times(frame)) != Some(times(frame)));
        let kept = self.keep(&frames);
        if let Err(error) = &kept {
            tracing::error!(%error, "cannot write runtime data; senders are told to try again");
            self.shared
                .counters
                .problem("runtime data not writable", frames.len() as u64);
            for (program, _) in &frames {
                // They will come again.
                self.latest.remove(program);
            }
            self.abandon();
        }
        drop(frames);
        drop(holds);
        let answer = kept.map_err(|error| AppendError::Log(error.to_string()));
        for done in done {
            // A sender that is gone needs no answer.
            let _ = done.send(answer.clone());
        }
    }

    /// Writes, syncs and publishes.
    fn keep(&mut self, frames: &[(ProgramId, RuntimeFrame)]) -> std::io::Result<()> {
        if frames.is_empty() {
            return Ok(());
        }
        if self.current.as_ref().is_some_and(Current::is_full) {
            self.seal();
        }
        self.recall(frames);
        let mut part = Part::new(self.key);
        if self.current.is_none() {
            self.begin(&mut part)?;
        }
        part.kind = Kind::RuntimeBatch;
        for (_, frame) in frames {
            part.push(&frame.payload, |offset, bytes| {
                Entry::of(&frame.batch, offset, bytes, false)
            })?;
        }
        self.write(part)?;
        for (program, frame) in frames {
            self.shared.live.apply(*program, &frame.batch);
            let batches = &self.shared.figures.batches;
            batches.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes up again the states of programs that were silent for long: what they told once they do not tell again.
    fn recall(&self, frames: &[(ProgramId, RuntimeFrame)]) {
        for (program, _) in frames {
            if self.shared.live.is_missed(*program)
                && let Some(live) = self.shared.recall(*program)
            {
                self.shared.live.put(*program, live);
            }
        }
    }

    /// Opens a file; the states of programs stand first in what is written to it.
    fn begin(&mut self, part: &mut Part) -> std::io::Result<()> {
        let (file, out) = RuntimeFile::create(self.folder.as_deref(), self.next_number, self.key)?;
        part.kind = Kind::RuntimeCheckpoint;
        for batch in self.shared.live.checkpoints() {
            let mut payload = Vec::new();
            runtime::encode(&batch, &mut payload);
            part.push(&payload, |offset, bytes| Entry::of(&batch, offset, bytes, true))?;
        }
        self.current = Some(Current {
            file: Arc::new(file),
            out,
            checkpoint_bytes: part.bytes.len() as u64,
            since: Instant::now(),
            has_appeared: false,
        });
        Ok(())
    }

    fn write(&mut self, part: Part) -> std::io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let start = current.file.bytes();
        if let Some(out) = &mut current.out {
            out.seek(SeekFrom::Start(start))?;
            out.write_all(&part.bytes)?;
            if self.ack == Ack::Synced {
                out.sync_data()?;
            }
        }
        let moved = |entry: &Entry| Entry {
            offset: entry.offset + start,
            ..*entry
        };
        let entries: Vec<Entry> = part.entries.iter().map(moved).collect();
        if current.has_appeared {
            current.file.publish(Bytes::from(part.bytes), &entries);
        } else {
            current.file.appear()?;
            current.has_appeared = true;
            self.next_number = current.file.number + 1;
            current.file.publish(Bytes::from(part.bytes), &entries);
            self.shared.files.push(Arc::clone(&current.file));
        }
        Ok(())
    }

    fn seal(&mut self) {
        if let Some(current) = self.current.take()
            && let Err(error) = current.file.seal()
        {
            tracing::error!(%error, "cannot write an index of runtime data; it stays in memory, and is made anew at the next start");
            self.shared.counters.problem("runtime index not writable", 1);
        }
    }

    /// After a failed write nobody knows what stands behind the last frame: the file gets no more of them.
    fn abandon(&mut self) {
        if let Some(begun) = self.current.take_if(|current| !current.has_appeared) {
            if let Err(error) = begun.file.discard() {
                tracing::warn!(%error, "cannot remove a file of runtime data that could not be begun; the next start does");
            }
            return;
        }
        let current = self.current.as_mut();
        let cut = current.and_then(|current| Some((current.file.bytes(), current.out.as_mut()?)));
        if let Some((bytes, out)) = cut
            && let Err(error) = out.set_len(bytes)
        {
            // What stands there was not acknowledged; should it be whole, it is there twice after a restart.
            tracing::warn!(%error, "cannot cut off what could not be written of runtime data");
        }
        self.seal();
    }

    fn retire(&self) {
        let list = self.shared.files.list();
        let mut bytes: u64 = list.iter().map(|file| file.bytes()).sum();
        let oldest_kept = self
            .retention_time
            .map_or(0, |time| unix_nanos().saturating_sub(time.as_nanos() as u64));
        let written = self.current.as_ref().map(|current| current.file.number);
        for file in list.iter() {
            let is_old = file.heard_unix_nanos() < oldest_kept;
            let goes = is_old || self.retention_bytes.is_some_and(|max| bytes > max);
            if !goes || Some(file.number) == written {
                return;
            }
            bytes -= file.bytes();
            // Counted first, so that no figures have it neither kept nor retired.
            self.shared.figures.retired_files.fetch_add(1, Ordering::Relaxed);
            self.shared.files.pop();
            if let Err(error) = file.remove() {
                tracing::error!(%error, "cannot remove old runtime data");
                self.shared.counters.problem("runtime data not removable", 1);
            }
        }
    }
}

fn append_bytes(append: &Append) -> usize {
    append.frames.iter().map(|frame| frame.payload.len()).sum()
}

/// Frames that are written together.
struct Part {
    kind: Kind,
    key: u64,
    bytes: Vec<u8>,
    /// With offsets from the part's beginning.
    entries: Vec<Entry>,
}

impl Part {
    fn new(key: u64) -> Self {
        Self {
            kind: Kind::RuntimeBatch,
            key,
            bytes: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn push(&mut self, payload: &[u8], entry: impl FnOnce(u64, u32) -> Entry) -> Result<(), frame::TooLarge> {
        let offset = self.bytes.len();
        frame::write(&mut self.bytes, self.kind, 0, self.key, payload)?;
        self.entries
            .push(entry(offset as u64, (self.bytes.len() - offset) as u32));
        Ok(())
    }
}
