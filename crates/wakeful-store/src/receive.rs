//! The log thread: takes batches, makes them durable together, and publishes them.
//!
//! There is no timer: a sync starts at once, and what arrives meanwhile shares the next one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wakeful_wire::frame;
use wakeful_wire::otlp::Batch;

use crate::flush::{FlushDone, FlushRequest};
use crate::log::Log;
use crate::state::State;
use crate::stats::Counters;
use crate::{Ack, AppendError};

/// What is written and synced at once is at most this, so that a burst does not delay its first acknowledgement.
const COMMIT_BYTES_MAX: usize = 8 << 20;

/// A tail is not sealed for its age while another waits to be flushed; so often is looked whether it still does.
const FLUSH_WAIT: Duration = Duration::from_secs(1);

/// Slots that are kept for the next logs while spans arrive.
const FREE_SLOTS: usize = 1;

/// What the log thread is asked to do.
#[derive(Debug)]
pub(crate) enum Request {
    Append(Append),
    /// An append waits for so much room.
    Room(u32),
    /// Flush what was received so far; answered when it is in a segment.
    Flush(FlushDone),
    /// Flush, and end.
    Stop,
}

/// A batch that waits to be kept.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) batch: Batch,
    /// Room that it takes until it is flushed or refused. It is held here because senders may stop waiting.
    pub(crate) room: OwnedSemaphorePermit,
    pub(crate) done: oneshot::Sender<Result<(), AppendError>>,
}

/// Everything that the log thread holds.
#[derive(Debug)]
pub(crate) struct LogThread {
    pub(crate) requests: Receiver<Request>,
    pub(crate) flushes: Sender<FlushRequest>,
    /// `None`: nothing is written to disk.
    pub(crate) log: Option<Log>,
    /// The log that is received now.
    pub(crate) sequence: u64,
    /// The newest log that was handed to the flush thread; zero if there is none.
    pub(crate) last_sealed: u64,
    pub(crate) flushed: Arc<AtomicU64>,
    pub(crate) state: Arc<State>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) ack: Ack,
    pub(crate) tail_bytes_max: usize,
    /// All the room that there is.
    pub(crate) room_permits: usize,
    pub(crate) flush_interval: Duration,
}

/// The tail that is being filled.
#[derive(Debug, Default)]
struct Filling {
    bytes: usize,
    room: Option<OwnedSemaphorePermit>,
    /// The most that an append has waited for since the tail was begun.
    room_wanted: u32,
    /// When it is to be sealed for its age; `None` as long as it is empty.
    due: Option<Instant>,
}

impl Filling {
    /// Whether somebody may wait for room that only a flush of this tail can give.
    fn is_in_the_way(&self, room_permits: usize) -> bool {
        let taken = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        taken + self.room_wanted as usize > room_permits
    }
}

impl LogThread {
    pub(crate) fn run(mut self) {
        self.note_bytes();
        let mut filling = Filling::default();
        let mut waiting: VecDeque<Append> = VecDeque::new();
        let mut resting = false;
        loop {
            let due = match filling.due {
                Some(due) => Some(due.saturating_duration_since(Instant::now())),
                None => (!resting).then_some(self.flush_interval),
            };
            let request = match due {
                Some(due) => self.requests.recv_timeout(due),
                None => self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut flush = None;
            let mut stop = false;
            match request {
                Ok(request) => {
                    // What came while the last sync ran is taken along.
                    for request in std::iter::once(request).chain(self.requests.try_iter()) {
                        match request {
                            Request::Append(append) => waiting.push_back(append),
                            Request::Room(wanted) => {
                                filling.room_wanted = filling.room_wanted.max(wanted);
                            }
                            Request::Flush(done) => flush = Some(done),
                            Request::Stop => stop = true,
                        }
                        if flush.is_some() || stop {
                            break;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) if filling.due.is_none() => {
                    self.rest();
                    resting = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => stop = true,
            }
            while !waiting.is_empty() {
                resting = false;
                self.commit(&mut waiting, &mut filling);
                if filling.bytes >= self.tail_bytes_max {
                    self.seal(&mut filling, None);
                }
            }
            let mut late = filling.due.is_some_and(|due| due <= Instant::now());
            if late && self.last_sealed > self.flushed.load(Ordering::Acquire) {
                // A tail that waits would be one more slot on disk, and is flushed no sooner.
                filling.due = Some(Instant::now() + self.flush_interval.min(FLUSH_WAIT));
                late = false;
            }
            if flush.is_some() || late || stop || filling.is_in_the_way(self.room_permits) {
                self.seal(&mut filling, flush);
            }
            if stop {
                // The channel closes with this thread, which tells the flush thread to end.
                return;
            }
        }
    }

    /// Writes, syncs, publishes and acknowledges waiting batches, as many as belong together.
    fn commit(&mut self, waiting: &mut VecDeque<Append>, filling: &mut Filling) {
        let mut bytes = 0;
        let mut count = 0;
        for append in waiting.iter() {
            bytes += frame::framed_bytes(append.batch.payload().len());
            count += 1;
            if bytes >= COMMIT_BYTES_MAX {
                break;
            }
        }
        let key = self.log.as_ref().map_or(frame::NO_KEY, Log::key);
        // One allocation of the right size holds the batches' bytes from here to the flush.
        let mut buffer = Vec::with_capacity(bytes);
        let mut appends = Vec::with_capacity(count);
        for append in waiting.drain(..count) {
            let framed = frame::write(
                &mut buffer,
                frame::Kind::OtlpTraces,
                self.sequence,
                key,
                append.batch.payload(),
            );
            match framed {
                Ok(range) => appends.push((append, range)),
                Err(error) => {
                    // A sender that is gone needs no answer.
                    let _ = append.done.send(Err(AppendError::Log(error.to_string())));
                }
            }
        }
        if let Err(error) = self.write(&buffer) {
            tracing::error!(%error, "cannot write to the log; senders are told to try again");
            self.counters.problem("log not writable", appends.len() as u64);
            for (append, _) in appends {
                // A sender that is gone needs no answer.
                let _ = append.done.send(Err(AppendError::Log(error.to_string())));
            }
            return;
        }
        let buffer = Bytes::from(buffer);
        let mut done = Vec::with_capacity(count);
        let batches: Vec<_> = appends
            .into_iter()
            .map(|(append, range)| {
                done.push(append.done);
                let batch = append.batch.with_payload(buffer.slice(range));
                filling.bytes += tail_bytes(&batch);
                match &mut filling.room {
                    Some(room) => room.merge(append.room),
                    None => filling.room = Some(append.room),
                }
                Arc::new(batch)
            })
            .collect();
        filling
            .due
            .get_or_insert_with(|| Instant::now() + self.flush_interval);
        self.state.publish(self.sequence, batches.into_iter());
        for done in done {
            let _ = done.send(Ok(()));
        }
    }

    fn write(&mut self, frames: &[u8]) -> std::io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let sync = self.ack == Ack::Synced;
        log.write(frames, sync, self.flushed.load(Ordering::Acquire))?;
        self.counters
            .wal_syncs
            .fetch_add(u64::from(sync), Ordering::Relaxed);
        Ok(())
    }

    /// Closes the tail, so that it is flushed, and begins another.
    fn seal(&mut self, filling: &mut Filling, done: Option<FlushDone>) {
        let mut sealed = None;
        if filling.due.is_some() {
            sealed = Some(self.sequence);
            self.last_sealed = self.sequence;
            self.sequence += 1;
            if let Some(log) = &mut self.log {
                log.rotate();
                // There are more if flushes failed for a time.
                log.trim(self.flushed.load(Ordering::Acquire), FREE_SLOTS);
            }
        }
        self.note_bytes();
        let room = std::mem::take(filling).room;
        // The flush thread outlives this one.
        let _ = self.flushes.send(FlushRequest {
            log: sealed,
            room,
            done,
        });
    }

    /// Nothing was received for a while: while nothing is received, nothing is reserved on disk.
    fn rest(&mut self) {
        let flushed = self.flushed.load(Ordering::Acquire);
        if let Some(log) = &mut self.log {
            log.trim(flushed, 0);
        }
        self.note_bytes();
    }

    fn note_bytes(&self) {
        let bytes = self.log.as_ref().map_or(0, Log::bytes);
        self.counters.wal_bytes.store(bytes, Ordering::Relaxed);
    }
}

/// What a batch takes in memory.
pub(crate) fn tail_bytes(batch: &Batch) -> usize {
    batch.payload().len() + batch.index_bytes()
}
