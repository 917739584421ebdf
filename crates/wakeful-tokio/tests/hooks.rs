//! What the runtime's hooks tell: with `RUSTFLAGS="--cfg tokio_unstable"` alone.
#![cfg(tokio_unstable)]
#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Builder;
use wakeful_export::{Exporter, Settings};
use wakeful_model::runtime::{Insight, RuntimeBatch, TaskSums};
use wakeful_tokio::Hooks;

const TASKS: u64 = 100;
const WORKERS: usize = 2;

#[test]
fn every_task_is_seen_and_hooks_that_were_there_still_run() {
    let mut settings = Settings::default();
    settings.traces.exporters.clear();
    let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
    let exporter = Exporter::start(&settings, drain).unwrap();
    let batches = Arc::new(Mutex::new(Vec::<RuntimeBatch>::new()));
    let seen = batches.clone();
    exporter.tap_runtimes(move |batch| seen.lock().unwrap().push(batch.clone()));
    let of = recorder.clone();
    exporter.sample_runtimes(move |telling, batch, locations| {
        wakeful_tokio::sample(&of, telling, batch, locations);
    });
    assert!(wakeful_tokio::install(&recorder));

    let counts = [(); 4].map(|()| Arc::new(AtomicU64::new(0)));
    let count = |at: usize| {
        let count = counts[at].clone();
        move |_: &tokio::runtime::TaskMeta<'_>| {
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    let hooks = Hooks::default()
        .on_task_spawn(count(0))
        .on_before_task_poll(count(1))
        .on_after_task_poll(count(2))
        .on_task_terminate(count(3));
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_all();
    let runtime = wakeful_tokio::instrument_with(&mut builder, hooks)
        .build()
        .unwrap();
    wakeful_tokio::watch_runtime(runtime.handle());
    let line = line!() + 3;
    runtime.block_on(async {
        let plain: Vec<_> = (0..TASKS)
            .map(|_| tokio::spawn(tokio::task::yield_now()))
            .collect();
        for task in plain {
            task.await.unwrap();
        }
        // The wrapper and the hooks both see this one: it is one task, whose polls are counted once.
        // So long that its first poll cannot take as long, whatever else the machine does.
        let both = async { tokio::time::sleep(Duration::from_millis(200)).await };
        wakeful_tokio::spawn_named("both", both).await.unwrap();
    });
    drop(runtime);
    exporter.flush_blocking(Duration::from_secs(60));

    let called = counts.map(|count| count.load(Ordering::Relaxed));
    // A worker is a blocking task, of which Tokio tells the end alone.
    let ends = TASKS + 1 + WORKERS as u64;
    assert_eq!(called, [TASKS + 1, 2 * TASKS + 2, 2 * TASKS + 2, ends]);
    let batches = batches.lock().unwrap();
    assert!(batches.iter().all(|batch| batch.insight == Insight::Hooks));
    let (mut started, mut ended, mut polls, mut wakes) = (0, 0, 0, None);
    for batch in batches.iter() {
        for sums in &batch.location_sums {
            let location = sums.location.and_then(|location| batch.location(location));
            if location.is_some_and(|location| location.line == line) {
                started += sums.started;
                ended += sums.ended;
                polls += sums.polls;
                wakes = wakes.or(sums.wakes);
            }
        }
    }
    assert_eq!((started, ended, polls, wakes), (TASKS, TASKS, 2 * TASKS, None));

    let mut starts = batches.iter().flat_map(|batch| &batch.task_starts);
    let both = starts.find(|start| start.name == "both").unwrap();
    assert!(both.future_bytes.is_some());
    let mut sums = batches.iter().flat_map(|batch| &batch.task_sums);
    let sums: &TaskSums = sums.rfind(|sums| sums.task == both.id).unwrap();
    assert_eq!((sums.polls, sums.wakers.as_ref().unwrap().wakes), (2, 1));
    assert!(sums.scheduled_nanos.is_some());
}
