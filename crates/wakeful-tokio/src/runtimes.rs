//! The runtimes of the program, and their figures once a second.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Handle, Id, RuntimeFlavor};
use wakeful_model::runtime::{Flavor, Runtime, RuntimeBatch, RuntimeMetrics, WorkerMetrics};
use wakeful_subscriber::Recorder;

use crate::global::{belongs_to, unix_nanos, with_recorder};
use crate::id;

/// Handles keep what they lead to, so the oldest of too many are let go: a program that makes runtimes again and again has its
/// latest ones shown.
const RUNTIMES_MAX: usize = 32;

/// With the recorder of the thread that came with it; `None` if nobody listened then.
static RUNTIMES: Mutex<Vec<(Handle, Option<Recorder>)>> = Mutex::new(Vec::new());

/// How often a runtime was let go of.
static LET_GO: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The runtime that this thread spawned in last, and what [`LET_GO`] was when it was known: nearly always that of the next spawn.
    static LAST: Cell<Option<(Id, u64)>> = const { Cell::new(None) };
}

/// Shows the figures of a runtime from now on. Spawning by this crate does so by itself.
pub fn watch_runtime(handle: &Handle) {
    let mine = Some((handle.id(), LET_GO.load(Ordering::Acquire)));
    if LAST.try_with(|last| last.replace(mine)) != Ok(mine) {
        remember(handle);
    }
}

fn remember(handle: &Handle) {
    let mut runtimes = RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner);
    if runtimes.iter().any(|(known, _)| known.id() == handle.id()) {
        return;
    }
    if runtimes.len() == RUNTIMES_MAX {
        runtimes.remove(0);
        LET_GO.fetch_add(1, Ordering::Release);
    }
    runtimes.push((handle.clone(), with_recorder(Recorder::clone)));
}

/// Adds every runtime of a recorder, and its figures.
pub(crate) fn sample(recorder: &Recorder, batch: &mut RuntimeBatch) {
    let runtimes = RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner);
    for (handle, of) in runtimes.iter() {
        if !belongs_to(of.as_ref(), recorder) {
            continue;
        }
        batch.runtimes.push(Runtime {
            id: id::runtime(handle.id()),
            name: handle.name().unwrap_or_default().to_owned(),
            flavor: match handle.runtime_flavor() {
                RuntimeFlavor::CurrentThread => Flavor::CurrentThread,
                RuntimeFlavor::MultiThread => Flavor::MultiThread,
                _ => Flavor::Unknown,
            },
            workers: handle.metrics().num_workers() as u32,
        });
        batch.metrics.push(metrics(handle));
    }
}

fn metrics(handle: &Handle) -> RuntimeMetrics {
    let metrics = handle.metrics();
    let mut figures = RuntimeMetrics {
        runtime: id::runtime(handle.id()),
        at_unix_nanos: unix_nanos(),
        alive_tasks: Some(metrics.num_alive_tasks() as u64),
        global_queue_depth: Some(metrics.global_queue_depth() as u64),
        workers: (0..metrics.num_workers())
            .map(|worker| self::worker(&metrics, worker))
            .collect(),
        ..RuntimeMetrics::default()
    };
    add_unstable(&mut figures, &metrics);
    figures
}

fn worker(metrics: &tokio::runtime::RuntimeMetrics, worker: usize) -> WorkerMetrics {
    let busy = metrics.worker_total_busy_duration(worker);
    let mut figures = WorkerMetrics {
        worker: worker as u32,
        busy_nanos: Some(u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX)),
        parks: Some(metrics.worker_park_count(worker)),
        parks_and_unparks: Some(metrics.worker_park_unpark_count(worker)),
        ..WorkerMetrics::default()
    };
    add_unstable_worker(&mut figures, metrics, worker);
    figures
}

#[cfg(tokio_unstable)]
fn add_unstable(figures: &mut RuntimeMetrics, metrics: &tokio::runtime::RuntimeMetrics) {
    figures.blocking_threads = Some(metrics.num_blocking_threads() as u64);
    figures.idle_blocking_threads = Some(metrics.num_idle_blocking_threads() as u64);
    figures.blocking_queue_depth = Some(metrics.blocking_queue_depth() as u64);
    figures.spawned_tasks = Some(metrics.spawned_tasks_count());
    figures.remote_schedules = Some(metrics.remote_schedule_count());
    figures.budget_forced_yields = Some(metrics.budget_forced_yield_count());
}

#[cfg(tokio_unstable)]
fn add_unstable_worker(figures: &mut WorkerMetrics, metrics: &tokio::runtime::RuntimeMetrics, worker: usize) {
    let mean = metrics.worker_mean_poll_time(worker);
    figures.local_queue_depth = Some(metrics.worker_local_queue_depth(worker) as u64);
    figures.polls = Some(metrics.worker_poll_count(worker));
    figures.steals = Some(metrics.worker_steal_count(worker));
    figures.overflows = Some(metrics.worker_overflow_count(worker));
    figures.mean_poll_nanos = Some(u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX));
}

/// Without `tokio_unstable` there are no more.
#[cfg(not(tokio_unstable))]
fn add_unstable(_: &mut RuntimeMetrics, _: &tokio::runtime::RuntimeMetrics) {}

#[cfg(not(tokio_unstable))]
fn add_unstable_worker(_: &mut WorkerMetrics, _: &tokio::runtime::RuntimeMetrics, _: usize) {}
