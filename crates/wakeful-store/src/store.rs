//! The store as others see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};
use wakeful_model::{Loss, Trace, TraceId};
use wakeful_wire::otlp::Batch;

use crate::cache::Cache;
use crate::filter::SpanFilter;
use crate::flush::{FlushThread, Shelf};
use crate::keeper::KeeperThread;
use crate::log::Log;
use crate::opened::Opened;
use crate::read::{ReadBounds, Traces};
use crate::receive::{Append, LogThread, Request, tail_bytes};
use crate::runtime::{self, RuntimeStore};
use crate::search::{Found, Progress};
use crate::segment::Segment;
use crate::state::{Snapshot, State};
use crate::stats::{Counters, StoreStats};
use crate::survey::{Detail, Outline, Surveyed};
use crate::{AppendError, Backend, Call, OpenError, ReadError, StoreOptions};

/// How long an append waits for room before its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often meanwhile it asks the log thread to make room.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A handle on the store; clones share it. It is closed with [`Store::close`], or with the last handle.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    requests: Mutex<Option<Sender<Request>>>,
    room: Arc<Semaphore>,
    room_permits: usize,
    state: Arc<State>,
    counters: Arc<Counters>,
    closing: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Ends the keeper when it is dropped.
    keeper: Mutex<Option<Sender<()>>>,
    runtime: RuntimeStore,
    /// Held as long as the store is open.
    lock: Option<File>,
}

impl Store {
    /// Opens the store: takes the folder's lock, reads the manifest, replays the log.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let cache = Arc::new(Cache::new(options.cache_bytes_max));
        let counters = Arc::new(Counters::default());
        let opened = match &options.backend {
            Backend::Memory => Opened::nothing(),
            Backend::File(folder) => {
                let slot_bytes = (options.tail_bytes_max + (options.tail_bytes_max >> 3)) as u64;
                Opened::folder(folder, slot_bytes, &cache, &counters)?
            }
        };
        let setup = runtime::Setup {
            folder: opened.folder.clone(),
            ack: options.ack,
            retention_bytes: options.runtime_bytes_max,
            retention_time: options.retention_time,
        };
        let runtime = RuntimeStore::open(setup, Arc::clone(&counters))?;
        let store = Self::start(&options, opened, cache, counters, runtime);
        store.map_err(OpenError::io("start a thread for", Path::new("the store")))
    }

    fn start(
        options: &StoreOptions,
        opened: Opened,
        cache: Arc<Cache>,
        counters: Arc<Counters>,
        runtime: RuntimeStore,
    ) -> std::io::Result<Self> {
        let Opened {
            folder,
            manifest,
            segments,
            next_id,
            flushed,
            log,
            replay,
            lock,
        } = opened;
        let state = Arc::new(State::new(segments));
        let shelf = Arc::new(Shelf {
            folder,
            manifest: manifest.map(Mutex::new),
            next_id: AtomicU64::new(next_id),
            cache,
            state: Arc::clone(&state),
            counters: Arc::clone(&counters),
        });
        // One tail is filled while another is flushed; beyond a quarter of a tail more, senders have to wait.
        let room_permits = permits(options.tail_bytes_max + options.tail_bytes_max / 4);
        let room = Arc::new(Semaphore::new(room_permits));
        let flushed = Arc::new(AtomicU64::new(flushed));
        let closing = Arc::new(AtomicBool::new(false));
        let (requests, log_requests) = channel();
        let (flushes, flush_requests) = channel();
        let (keeper, stop) = channel();
        for (sequence, batches) in replay.logs {
            let taken = batches
                .iter()
                .map(|batch| permits(tail_bytes(batch)))
                .sum::<usize>()
                .min(room_permits);
            // Logs that have more than the room are taken beyond it.
            let room = Arc::clone(&room).try_acquire_many_owned(taken as u32).ok();
            state.publish(sequence, batches.into_iter());
            // The thread that takes it is started below.
            let _ = flushes.send(crate::flush::FlushRequest {
                log: Some(sequence),
                room,
                done: None,
            });
        }
        let log_thread = LogThread {
            requests: log_requests,
            flushes,
            sequence: log.as_ref().map_or(1, Log::sequence),
            last_sealed: 0,
            log,
            flushed: Arc::clone(&flushed),
            state: Arc::clone(&state),
            counters: Arc::clone(&counters),
            ack: options.ack,
            tail_bytes_max: options.tail_bytes_max,
            room_permits,
            flush_interval: options.flush_interval,
        };
        let flush_thread = FlushThread {
            requests: flush_requests,
            shelf: Arc::clone(&shelf),
            flushed,
            closing: Arc::clone(&closing),
        };
        let keeper_thread = KeeperThread {
            stop,
            shelf: Arc::clone(&shelf),
            merge_bytes_max: (options.tail_bytes_max / 2) as u64,
            retention_bytes: options.retention_bytes,
            retention_time: options.retention_time,
            set_aside: BTreeSet::new(),
            failed_reads: BTreeMap::new(),
        };
        let threads = vec![
            spawn("wakeful-log", || log_thread.run())?,
            spawn("wakeful-flush", || flush_thread.run())?,
            spawn("wakeful-keeper", || keeper_thread.run())?,
        ];
        let inner = Inner {
            requests: Mutex::new(Some(requests)),
            room,
            room_permits,
            state,
            counters,
            closing,
            threads: Mutex::new(threads),
            keeper: Mutex::new(Some(keeper)),
            runtime,
            lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Keeps a batch; resolves when it is as safe as [`StoreOptions::ack`] says, and visible to questions.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing of the batch was kept then.
    pub async fn append(&self, batch: Batch) -> Result<(), AppendError> {
        if batch.spans() == 0 {
            return Ok(());
        }
        let inner = &self.inner;
        // A batch larger than the store's memory is taken alone.
        let permits = permits(tail_bytes(&batch)).min(inner.room_permits) as u32;
        let room = match Arc::clone(&inner.room).try_acquire_many_owned(permits) {
            Ok(room) => room,
            Err(TryAcquireError::Closed) => return Err(AppendError::Closed),
            Err(TryAcquireError::NoPermits) => {
                let waited = tokio::time::timeout(PATIENCE, self.wait_for_room(permits)).await;
                waited.unwrap_or_else(|_| {
                    let waiting = inner.room_permits.saturating_sub(inner.room.available_permits());
                    Err(AppendError::Busy {
                        waiting_bytes: waiting * 1024,
                    })
                })?
            }
        };
        let (done, answer) = oneshot::channel();
        self.send(Request::Append(Append { batch, room, done }))?;
        answer.await.map_err(|_| AppendError::Closed)?
    }

    async fn wait_for_room(&self, permits: u32) -> Result<OwnedSemaphorePermit, AppendError> {
        let mut room = pin!(Arc::clone(&self.inner.room).acquire_many_owned(permits));
        loop {
            // What is being flushed may not give enough. Asked once, the log thread might know too little: an append
            // that took room before this one came may reach it later.
            self.send(Request::Room(permits))?;
            if let Ok(room) = tokio::time::timeout(ASK_AGAIN, room.as_mut()).await {
                return room.map_err(|_| AppendError::Closed);
            }
        }
    }

    /// Writes what was received so far to a segment; resolves when it is there.
    ///
    /// # Errors
    /// If the store is closed, or cannot be written.
    pub async fn flush(&self) -> Result<(), AppendError> {
        let (done, answer) = oneshot::channel();
        self.send(Request::Flush(done))?;
        answer.await.map_err(|_| AppendError::Closed)?
    }

    fn send(&self, request: Request) -> Result<(), AppendError> {
        let requests = self.inner.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .as_ref()
            .and_then(|requests| requests.send(request).ok())
            .ok_or(AppendError::Closed)
    }

    /// All spans of traces, in the order asked for; traces of which there are none are left out. Segments that
    /// cannot be read are told beside. Blocks.
    pub fn traces(&self, wanted: &[TraceId]) -> (Vec<Trace>, Vec<ReadError>) {
        let read = self.traces_within(wanted, ReadBounds::NONE);
        (read.traces, read.problems)
    }

    /// As [`Store::traces`], within bounds, so that an answer cannot take more memory than there is. Blocks.
    pub fn traces_within(&self, wanted: &[TraceId], bounds: ReadBounds) -> Traces {
        let read = self.inner.state.snapshot().traces(wanted, bounds);
        self.count(&read.problems);
        read
    }

    /// The newest `limit` traces of which a span meets the filter. `watch` is told of the progress, and stops the
    /// search by returning `false`. Blocks.
    pub fn search(&self, filter: &SpanFilter, limit: usize, watch: impl FnMut(&Progress) -> bool) -> Found {
        self.search_after(None, filter, limit, watch)
    }

    /// As [`Store::search`], for traces that come after one in its order, which is told by start and id. Blocks.
    pub fn search_after(
        &self,
        after: Option<(u64, TraceId)>,
        filter: &SpanFilter,
        limit: usize,
        watch: impl FnMut(&Progress) -> bool,
    ) -> Found {
        let found = self.inner.state.snapshot().search(after, filter, limit, watch);
        self.count(&found.problems);
        found
    }

    /// Tells of each trace of which a span meets the filter, once, in no order: for sorting and counting all of them.
    /// `watch` is told of the progress, and stops the survey by returning `false`. Blocks.
    pub fn survey(
        &self,
        filter: &SpanFilter,
        detail: Detail,
        watch: impl FnMut(&Progress) -> bool,
        visit: impl FnMut(Outline),
    ) -> Surveyed {
        let surveyed = self.inner.state.snapshot().survey(filter, detail, watch, visit);
        self.count(&surveyed.problems);
        surveyed
    }

    /// Calls between services, of traces that began and ended within the range (Unix nanoseconds, both excluded).
    /// Segments that cannot be read are told beside. Blocks.
    pub fn calls(&self, within: RangeInclusive<u64>) -> (Vec<Call>, Vec<ReadError>) {
        let (calls, problems) = self.inner.state.snapshot().calls(&within);
        self.count(&problems);
        (calls, problems)
    }

    /// Answers from the present state and counts what could not be read.
    pub(crate) fn read<T>(
        &self,
        answer: impl FnOnce(&Snapshot) -> (T, Vec<ReadError>),
    ) -> (T, Vec<ReadError>) {
        let (found, problems) = answer(&self.inner.state.snapshot());
        self.count(&problems);
        (found, problems)
    }

    fn count(&self, problems: &[ReadError]) {
        for problem in problems {
            tracing::error!(%problem, "an answer lacks what is in a segment");
            self.inner.counters.problem("segment not readable", 1);
        }
    }

    /// What programs said that they lost within the range (Unix nanoseconds), with spans that are kept here; each as it was told,
    /// or several together where there were many.
    pub fn losses(&self, within: RangeInclusive<u64>) -> Vec<Loss> {
        self.inner.state.snapshot().losses(&within)
    }

    /// Figures.
    pub fn stats(&self) -> StoreStats {
        let snapshot = self.inner.state.snapshot();
        let counters = &self.inner.counters;
        let of_segments = |of: fn(&Segment) -> u64| snapshot.segments.iter().map(move |segment| of(segment));
        let batches = || snapshot.batches();
        let starts = || batches().flat_map(Batch::rows).map(|row| row.start_unix_nanos);
        let tail_spans = batches().map(|batch| batch.spans() as u64).sum();
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let problems = counters.problems.lock().unwrap_or_else(PoisonError::into_inner);
        StoreStats {
            spans: of_segments(|segment| segment.meta.spans).sum::<u64>() + tail_spans,
            segment_bytes: of_segments(|segment| segment.meta.bytes).sum(),
            segments: snapshot.segments.len() as u64,
            tail_spans,
            tail_bytes: batches().map(|batch| tail_bytes(batch) as u64).sum(),
            wal_bytes: counted(&counters.wal_bytes),
            wal_syncs: counted(&counters.wal_syncs),
            flushes: counted(&counters.flushes),
            merges: counted(&counters.merges),
            retired_spans: counted(&counters.retired_spans),
            problems: problems
                .iter()
                .map(|(reason, count)| ((*reason).to_owned(), *count))
                .collect(),
            runtime: self.inner.runtime.stats(),
            oldest_unix_nanos: of_segments(|segment| segment.meta.start_min)
                .chain(starts())
                .min(),
            newest_unix_nanos: of_segments(|segment| segment.meta.start_max)
                .chain(starts())
                .max(),
        }
    }

    /// What programs reported of their runtimes.
    pub fn runtime(&self) -> &RuntimeStore {
        &self.inner.runtime
    }

    /// Flushes the tail and stops the store's threads; later appends are refused with [`AppendError::Closed`].
    /// Blocks until done.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let requests = self
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(requests) = requests {
            // If the thread has ended already there is nothing to stop.
            let _ = requests.send(Request::Stop);
        }
        self.runtime.close();
        drop(self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked; what it had not flushed is in the log");
            }
        }
        self.room.close();
        // Closing the file is not enough: a child process that is just being started has it too.
        if let Some(Err(error)) = self.lock.as_ref().map(File::unlock) {
            tracing::warn!(%error, "cannot unlock the data folder; it is free when this process ends");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Room is counted in kibibytes.
fn permits(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An OTLP request with one span, without name or service.
    fn batch() -> Batch {
        // resource_spans { scope_spans { spans { trace_id, span_id } } }
        let mut span = vec![0x0a, 16];
        span.extend([7; 16]);
        span.extend([0x12, 8]);
        span.extend([7; 8]);
        let nested = |inner: &[u8], tag: u8| [&[tag, inner.len() as u8], inner].concat();
        let request = nested(&nested(&nested(&span, 0x12), 0x12), 0x0a);
        Batch::decode(request.into()).unwrap()
    }

    #[test]
    fn room_is_given_back_once_even_if_the_sender_is_gone() {
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        for round in 0..50 {
            let append = store.append(batch());
            if round % 2 == 0 {
                runtime.block_on(append).unwrap();
            } else {
                // It is polled once, which sends it.
                let gone = runtime.block_on(async { tokio::time::timeout(Duration::ZERO, append).await });
                assert!(gone.is_err() || gone == Ok(Ok(())));
            }
        }
        runtime.block_on(store.flush()).unwrap();
        assert_eq!(store.stats().spans, 50);
        assert_eq!(store.inner.room.available_permits(), store.inner.room_permits);
    }
}
