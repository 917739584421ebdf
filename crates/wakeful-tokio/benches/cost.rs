//! What watching costs, beside Tokio alone, in one run: a poll, a lock, an idle task.
//!
//! `cargo bench -p wakeful-tokio`; with `RUSTFLAGS="--cfg tokio_unstable"` the hooks too.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at what is wrong"
)]

use std::future::poll_fn;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use wakeful_export::{Exporter, Settings};

const ROUNDS: usize = 9;
const POLLS: u64 = 200_000;
const LOCKS: u64 = 500_000;
const TASKS: u64 = 100_000;

fn main() {
    let counted = Arc::new(AtomicU64::new(0));
    let exporter = watch(&counted);
    let plain = Builder::new_current_thread().enable_all().build().unwrap();
    let mut builder = Builder::new_current_thread();
    let watched = wakeful_tokio::instrument(builder.enable_all()).build().unwrap();

    compare(
        "a poll of a task that wakes itself, by the wrapper",
        POLLS,
        [&plain, &plain],
        [
            |runtime| runtime.block_on(async { tokio::spawn(polls()).await.unwrap() }),
            |runtime| runtime.block_on(async { wakeful_tokio::spawn(polls()).await.unwrap() }),
        ],
    );
    if cfg!(tokio_unstable) {
        compare(
            "a poll of a task that wakes itself, by the hooks",
            POLLS,
            [&plain, &watched],
            [
                |runtime| runtime.block_on(async { tokio::spawn(polls()).await.unwrap() }),
                |runtime| runtime.block_on(async { tokio::spawn(polls()).await.unwrap() }),
            ],
        );
    }
    compare(
        "a lock that is free",
        LOCKS,
        [&plain, &plain],
        [
            |runtime| {
                let lock = tokio::sync::Mutex::new(0_u64);
                runtime.block_on(tokio::task::unconstrained(async {
                    for _ in 0..LOCKS {
                        *black_box(&lock).lock().await += 1;
                    }
                }));
            },
            |runtime| {
                let lock = wakeful_tokio::sync::Mutex::new(0_u64);
                runtime.block_on(tokio::task::unconstrained(async {
                    for _ in 0..LOCKS {
                        *black_box(&lock).lock().await += 1;
                    }
                }));
            },
        ],
    );
    exporter.flush_blocking(Duration::from_secs(10));
    let made = POLLS * (ROUNDS as u64 + 1) + ROUNDS as u64 + 1;
    println!(
        "polls counted by location: {} of at least {made}",
        counted.load(Ordering::Relaxed)
    );
    idle_tasks(&plain);
    exporter.shutdown_blocking(Duration::from_secs(1));
}

/// A recorder, and an exporter whose batches are counted and dropped.
fn watch(counted: &Arc<AtomicU64>) -> Exporter {
    let mut settings = Settings::default();
    settings.traces.exporters.clear();
    let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
    let exporter = Exporter::start(&settings, drain).unwrap();
    let counted = counted.clone();
    exporter.tap_runtimes(move |batch| {
        let polls = batch.location_sums.iter().map(|sums| sums.polls).sum();
        counted.fetch_add(polls, Ordering::Relaxed);
    });
    assert!(wakeful_tokio::install(&recorder));
    exporter
}

/// Is polled [`POLLS`] times and once more.
fn polls() -> impl Future<Output = ()> + Send + 'static {
    let mut left = POLLS;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Runs both in turn and prints the quickest round of each.
fn compare(what: &str, count: u64, runtimes: [&Runtime; 2], work: [fn(&Runtime); 2]) {
    let mut best = [f64::MAX; 2];
    for _ in 0..=ROUNDS {
        for ((best, work), runtime) in best.iter_mut().zip(work).zip(runtimes) {
            let began = Instant::now();
            work(runtime);
            *best = best.min(began.elapsed().as_nanos() as f64 / count as f64);
        }
    }
    let [plain, watched] = best;
    println!(
        "{what}: {plain:.1} ns with Tokio alone, {watched:.1} ns watched, {:.1} ns more, ratio {:.2}",
        watched - plain,
        watched / plain
    );
}

/// Memory of tasks that wait for ever.
fn idle_tasks(runtime: &Runtime) {
    let grown = |spawn: fn() -> tokio::task::JoinHandle<()>| {
        let before = resident_bytes();
        let tasks: Vec<_> = runtime.block_on(async {
            let tasks = (0..TASKS).map(|_| spawn()).collect();
            tokio::task::yield_now().await;
            // The drain has read what there is to read.
            tokio::time::sleep(Duration::from_millis(2500)).await;
            tasks
        });
        let grown = resident_bytes().saturating_sub(before);
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        runtime.block_on(async {
            for task in tasks {
                // Every one of them was aborted.
                let _ = task.await;
            }
        });
        grown as f64 / TASKS as f64
    };
    let plain = grown(|| tokio::spawn(std::future::pending()));
    let watched = grown(|| wakeful_tokio::spawn(std::future::pending()));
    println!(
        "an idle task of {TASKS}: {plain:.0} bytes with Tokio alone, {watched:.0} bytes watched, {:.0} more",
        watched - plain
    );
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}
