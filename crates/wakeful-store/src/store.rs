//! The store as others see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use wakeful_model::{Kind, Trace, TraceId};
use wakeful_wire::otlp::Batch;

use crate::cache::Cache;
use crate::filter::SpanFilter;
use crate::flush::{FlushThread, Shelf};
use crate::keeper::KeeperThread;
use crate::log::{Log, Replay};
use crate::manifest::Manifest;
use crate::receive::{Append, LogThread, Request, tail_bytes};
use crate::search::{Found, Progress};
use crate::segment::{self, Segment, Source};
use crate::state::State;
use crate::stats::{Counters, StoreStats};
use crate::{AppendError, Backend, Call, OpenError, ReadError, StoreOptions};

/// How long an append waits for room before its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// Held as long as the store is open.
    _lock: Option<File>,
}

impl Store {
    /// Opens the store: takes the folder's lock, reads the manifest, replays the log.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let cache = Arc::new(Cache::new(options.cache_bytes_max));
        let counters = Arc::new(Counters::default());
        let state = Arc::new(State::default());
        let shelf = |folder, manifest, next_id| Shelf {
            folder,
            manifest,
            next_id: AtomicU64::new(next_id),
            cache: Arc::clone(&cache),
            state: Arc::clone(&state),
            counters: Arc::clone(&counters),
        };
        let (shelf, log, replay, flushed, lock) = match &options.backend {
            Backend::Memory => (shelf(None, None, 1), None, Replay::default(), 0, None),
            Backend::File(folder) => {
                std::fs::create_dir_all(folder).map_err(OpenError::io("create", folder))?;
                let lock = lock(folder)?;
                let manifest =
                    Manifest::open(folder).map_err(OpenError::io("open the manifest in", folder))?;
                let recovered = recover(folder, &manifest, &cache, &counters)?;
                let flushed = recovered.flushed;
                for segment in recovered.segments {
                    state.replaced(&[], Some(segment));
                }
                let slot_bytes = (options.tail_bytes_max + (options.tail_bytes_max >> 3)) as u64;
                let (log, replay) = Log::open(folder, flushed, slot_bytes)
                    .map_err(OpenError::io("open the log in", folder))?;
                let shelf = shelf(
                    Some(folder.clone()),
                    Some(Mutex::new(manifest)),
                    recovered.next_id,
                );
                (shelf, Some(log), replay, flushed, Some(lock))
            }
        };
        for (reason, count) in &replay.unreadable {
            tracing::error!(
                reason,
                count,
                "frames of the log could not be read; what they held is lost"
            );
            counters.problem(reason, *count);
        }
        let store = Self::start(
            options,
            Arc::new(shelf),
            state,
            counters,
            log,
            replay,
            flushed,
            lock,
        );
        store.map_err(OpenError::io("start a thread for", Path::new("the store")))
    }

    #[expect(clippy::too_many_arguments, reason = "called once, with what opening found")]
    fn start(
        options: StoreOptions,
        shelf: Arc<Shelf>,
        state: Arc<State>,
        counters: Arc<Counters>,
        log: Option<Log>,
        replay: Replay,
        flushed: u64,
        lock: Option<File>,
    ) -> std::io::Result<Self> {
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
            let permits = room.try_acquire_many(taken as u32).map_or(0, |permit| {
                permit.forget();
                taken
            });
            state.publish(sequence, batches.into_iter());
            // The thread that takes it is started below.
            let _ = flushes.send(crate::flush::FlushRequest {
                log: sequence,
                permits,
                done: None,
            });
        }
        let log_thread = LogThread {
            requests: log_requests,
            flushes,
            sequence: log.as_ref().map_or(1, Log::sequence),
            log,
            flushed: Arc::clone(&flushed),
            state: Arc::clone(&state),
            counters: Arc::clone(&counters),
            ack: options.ack,
            tail_bytes_max: options.tail_bytes_max,
            flush_interval: options.flush_interval,
        };
        let flush_thread = FlushThread {
            requests: flush_requests,
            shelf: Arc::clone(&shelf),
            flushed,
            room: Arc::clone(&room),
            closing: Arc::clone(&closing),
        };
        let keeper_thread = KeeperThread {
            stop,
            shelf: Arc::clone(&shelf),
            merge_bytes_max: (options.tail_bytes_max / 2) as u64,
            retention_bytes: options.retention_bytes,
            retention_time: options.retention_time,
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
            _lock: lock,
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
        let permits = permits(tail_bytes(&batch)).min(inner.room_permits);
        let room = tokio::time::timeout(PATIENCE, inner.room.acquire_many(permits as u32)).await;
        let room = match room {
            Ok(room) => room.map_err(|_| AppendError::Closed)?,
            Err(_) => {
                let waiting = inner.room_permits.saturating_sub(inner.room.available_permits());
                return Err(AppendError::Busy {
                    waiting_bytes: waiting * 1024,
                });
            }
        };
        let (done, answer) = oneshot::channel();
        self.send(Request::Append(Append { batch, permits, done }))?;
        answer.await.map_err(|_| AppendError::Closed)??;
        // The flush thread gives it back.
        room.forget();
        Ok(())
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
        self.inner.state.snapshot().traces(wanted)
    }

    /// The newest `limit` traces of which a span meets the filter. `watch` is told of the progress, and stops the
    /// search by returning `false`. Blocks.
    pub fn search(&self, filter: &SpanFilter, limit: usize, watch: impl FnMut(&Progress) -> bool) -> Found {
        self.inner.state.snapshot().search(filter, limit, watch)
    }

    /// Calls between services, of traces that began and ended within the range (Unix nanoseconds, both excluded).
    /// Segments that cannot be read are told beside. Blocks.
    pub fn calls(&self, within: RangeInclusive<u64>) -> (Vec<Call>, Vec<ReadError>) {
        self.inner.state.snapshot().calls(&within)
    }

    /// Services and their operations.
    pub fn operations(&self) -> BTreeMap<String, BTreeSet<(String, Kind)>> {
        self.inner.state.snapshot().operations()
    }

    /// Figures.
    pub fn stats(&self) -> StoreStats {
        let snapshot = self.inner.state.snapshot();
        let counters = &self.inner.counters;
        let of_segments = |of: fn(&Segment) -> u64| snapshot.segments.iter().map(move |segment| of(segment));
        let batches = || snapshot.tails.iter().flat_map(|(_, tail)| tail.iter());
        let starts = || {
            batches()
                .flat_map(|batch| batch.rows())
                .map(|row| row.start_unix_nanos)
        };
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
            oldest_unix_nanos: of_segments(|segment| segment.meta.start_min)
                .chain(starts())
                .min(),
            newest_unix_nanos: of_segments(|segment| segment.meta.start_max)
                .chain(starts())
                .max(),
        }
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
        drop(self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked; what it had not flushed is in the log");
            }
        }
        self.room.close();
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

/// What was found of a folder's segments.
struct Recovered {
    segments: Vec<Arc<Segment>>,
    flushed: u64,
    next_id: u64,
}

/// Opens the segments that the manifest lists. Should the manifest be damaged, segments that it does not list are
/// asked what they are; otherwise they are what a crash left over, and are removed.
fn recover(
    folder: &Path,
    manifest: &Manifest,
    cache: &Arc<Cache>,
    counters: &Counters,
) -> Result<Recovered, OpenError> {
    let mut recovered = Recovered {
        segments: Vec::new(),
        flushed: manifest.flushed(),
        next_id: 1,
    };
    let mut files: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(OpenError::io("read", folder))? {
        let path = entry.map_err(OpenError::io("read", folder))?.path();
        let id = path
            .file_stem()
            .and_then(|stem| u64::from_str_radix(stem.to_str()?, 16).ok());
        if let (Some(id), Some(suffix)) = (id, path.extension())
            && suffix == segment::SUFFIX
        {
            recovered.next_id = recovered.next_id.max(id + 1);
            files.insert(id, path);
        }
    }
    let mut open = |path: PathBuf| match Segment::open(Source::File(path.clone()), Arc::clone(cache)) {
        Ok(segment) => Some(Arc::new(segment)),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "cannot read a segment; its spans are missing from answers");
            counters.problem("segment not readable", 1);
            None
        }
    };
    for id in manifest.segments().keys() {
        recovered.next_id = recovered.next_id.max(id + 1);
        match files.remove(id) {
            Some(path) => recovered.segments.extend(open(path)),
            None => {
                tracing::error!(
                    segment = segment::file_name(*id),
                    "a segment is missing; its spans are lost"
                );
                counters.problem("segment missing", 1);
            }
        }
    }
    if manifest.damaged() == 0 {
        for path in files.into_values() {
            std::fs::remove_file(&path).map_err(OpenError::io("remove", &path))?;
        }
        return Ok(recovered);
    }
    tracing::error!(
        edits = manifest.damaged(),
        "the manifest is damaged; segments that it does not list are taken in"
    );
    counters.problem("manifest damaged", manifest.damaged());
    recovered
        .segments
        .extend(files.into_values().filter_map(&mut open));
    let replaced: BTreeSet<u64> = recovered
        .segments
        .iter()
        .flat_map(|segment| segment.meta.replaces.iter().copied())
        .collect();
    recovered
        .segments
        .retain(|segment| !replaced.contains(&segment.meta.id));
    let newest = recovered.segments.iter().map(|segment| segment.meta.log).max();
    recovered.flushed = recovered.flushed.max(newest.unwrap_or_default());
    Ok(recovered)
}
