//! What Tokio tells of itself by spans: with `RUSTFLAGS="--cfg tokio_unstable"`, and Tokio's feature `tracing`, which the tests have then.
#![cfg(tokio_unstable)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

#[path = "it/support.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, RwLock, Semaphore, oneshot};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::layer::SubscriberExt;
use wakeful_model::runtime::{Insight, ResourceId, RuntimeBatch, TaskId, TaskKind};
use wakeful_subscriber::Recorder;

use support::{Told, Watch, current_thread, is_at, of, resource, told, waits};

const FILE: &str = "tests/spans.rs";

/// How the spans come to the recorder.
#[derive(Debug, Clone, Copy)]
enum By {
    Subscriber,
    Layer,
}

/// A recorder of what this thread does, which is the subscriber of this thread.
fn watch(by: By) -> (Watch, DefaultGuard) {
    let (recorder, watch) = Watch::here(|_| {});
    assert!(wakeful_tokio::read_spans(&recorder), "Tokio makes no spans");
    let subscriber = subscriber(by, &recorder);
    (watch, subscriber)
}

fn subscriber(by: By, recorder: &Recorder) -> DefaultGuard {
    match by {
        By::Subscriber => set_default(recorder.subscriber()),
        By::Layer => set_default(tracing_subscriber::registry().with(recorder.layer())),
    }
}

/// Runs a program whose task of that kind is spawned in the line `line`, by the subscriber and by the layer.
fn check(kind: TaskKind, line: u32, program: fn(&Runtime), expected: &Expect) -> Vec<Told> {
    let run = |by| {
        // Each on a thread of its own, which has one recorder.
        let thread = std::thread::spawn(move || {
            let (watch, _subscriber) = watch(by);
            let runtime = current_thread();
            program(&runtime);
            drop(runtime);
            watch.until(|batches| {
                let told = told(batches, |start| {
                    start.kind == kind && is_at(batches, start, FILE, line)
                })?;
                told.end.is_some().then_some(told)
            })
        });
        let told = thread.join().unwrap();
        expected.assert_eq(&told.counts());
        told
    };
    [By::Subscriber, By::Layer].map(run).into()
}

async fn two_steps() {
    std::hint::black_box(1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    std::hint::black_box(2);
}

/// Tokio's own `spawn`; the drop of the future is no poll.
#[test]
fn a_task_of_two_steps_is_polled_twice_and_woken_once() {
    let line = line!() + 4;
    let all = check(
        TaskKind::Task,
        line,
        |runtime| runtime.block_on(async { tokio::spawn(two_steps()).await.unwrap() }),
        &expect!["Task polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Unknown)"],
    );
    for told in all {
        assert!(told.slept() >= Duration::from_millis(95), "{:?}", told.slept());
        assert_eq!(
            told.polls[1].woken_unix_nanos(),
            Some(told.wakes[0].at_unix_nanos)
        );
        assert!(told.start.stored_bytes.is_some() && told.start.runtime.is_some());
        assert!(told.start.parent.is_some(), "the future of block_on");
    }
}

/// Whoever spawns by wakeful knows how a task went; its polls and wakes are counted once.
#[test]
fn a_task_that_is_watched_besides_is_the_same_task() {
    let line = line!() + 4;
    let all = check(
        TaskKind::Task,
        line,
        |runtime| runtime.block_on(async { wakeful_tokio::spawn_named("steps", two_steps()).await.unwrap() }),
        &expect!["Task polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Completed)"],
    );
    assert!(all.iter().all(|told| told.start.name == "steps"));
}

#[test]
fn a_task_that_is_aborted_was_polled_once() {
    let line = line!() + 6;
    check(
        TaskKind::Task,
        line,
        |runtime| {
            runtime.block_on(async {
                let task = tokio::spawn(std::future::pending::<()>());
                tokio::task::yield_now().await;
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            });
        },
        &expect!["Task polls=1 whole=1 wakes=0 self=0 live=0 end=Some(Unknown)"],
    );
}

#[test]
fn blocking_and_local_tasks_and_the_future_of_block_on_are_seen() {
    let line = line!() + 4;
    check(
        TaskKind::Blocking,
        line,
        |runtime| runtime.block_on(async { tokio::task::spawn_blocking(|| 42).await.map(drop).unwrap() }),
        &expect!["Blocking polls=1 whole=1 wakes=0 self=0 live=0 end=Some(Unknown)"],
    );
    let line = line!() + 6;
    check(
        TaskKind::Local,
        line,
        |runtime| {
            tokio::task::LocalSet::new().block_on(runtime, async {
                tokio::task::spawn_local(tokio::task::yield_now()).await.unwrap();
            });
        },
        &expect!["Local polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Unknown)"],
    );
    let line = line!() + 4;
    check(
        TaskKind::BlockOn,
        line,
        |runtime| wakeful_tokio::block_on(runtime, tokio::task::yield_now()),
        &expect!["BlockOn polls=2 whole=2 wakes=0 self=0 live=0 end=Some(Unknown)"],
    );
}

/// The id of what was made at that line.
fn resource_at(batches: &[RuntimeBatch], line: u32) -> Option<ResourceId> {
    batches.iter().find_map(|batch| {
        let mut starts = batch.resource_starts.iter();
        let is_at = |location: wakeful_model::runtime::LocationIndex| {
            let location = batch.location(location);
            location.is_some_and(|location| location.file.ends_with(FILE) && location.line == line)
        };
        starts
            .find(|start| start.location.is_some_and(is_at))
            .map(|start| start.id)
    })
}

fn id(id: tokio::task::Id) -> TaskId {
    TaskId(id.to_string().parse().unwrap())
}

#[test]
fn who_holds_a_lock_of_tokios_and_who_waits_is_seen() {
    let (watch, _subscriber) = watch(By::Subscriber);
    let runtime = current_thread();
    let line = line!() + 1;
    let lock = Arc::new(Mutex::new(0));
    let (release, released) = oneshot::channel::<()>();
    let (holder, waiter) = runtime.block_on(async {
        let lock_of_holder = lock.clone();
        let holder = tokio::spawn(async move {
            let _held = lock_of_holder.lock().await;
            released.await.unwrap();
        });
        tokio::task::yield_now().await;
        let waiter = tokio::spawn(async move { *lock.lock().await += 1 });
        tokio::task::yield_now().await;
        (holder, waiter)
    });
    let words = watch.until(|batches| {
        let id = resource_at(batches, line)?;
        (!waits(batches, id).is_empty())
            .then(|| resource(batches, id))
            .flatten()
    });
    expect!["Mutex : locked=true; 1 wait: Mutex::lock polls=1"].assert_eq(&words);
    let batches = watch.batches.lock().unwrap().clone();
    let mutex = resource_at(&batches, line).unwrap();
    let states = of(
        &batches,
        |batch| &batch.resource_states,
        |state| state.resource == mutex,
    );
    let held_by: Vec<_> = states
        .last()
        .unwrap()
        .holders
        .iter()
        .map(|held| held.task)
        .collect();
    assert_eq!(held_by, [Some(id(holder.id()))]);
    let op = waits(&batches, mutex).pop().unwrap();
    assert_eq!(op.task, Some(id(waiter.id())));
    // Within it there is a semaphore, which is waited for as a part.
    let parts = of(
        &batches,
        |batch| &batch.resource_starts,
        |start| start.parent == Some(mutex),
    );
    let [part] = parts.as_slice() else {
        panic!("one part: {parts:?}")
    };
    assert!(part.is_internal);
    let acquire = waits(&batches, part.id).pop().unwrap();
    assert_eq!(
        (acquire.source.as_str(), acquire.parent),
        ("Acquire::new", Some(op.id))
    );
    let requested = acquire.attributes.iter().find(|it| it.key == "permits_requested");
    assert_eq!(
        requested.unwrap().value,
        wakeful_model::runtime::StateValue::Int(1)
    );
    assert!(
        batches
            .iter()
            .filter(|batch| !batch.runtimes.is_empty())
            .all(|batch| { batch.insight == Insight::Tracing && batch.gaps.len() == 1 })
    );

    release.send(()).unwrap();
    runtime.block_on(async {
        holder.await.unwrap();
        waiter.await.unwrap();
    });
    watch.until(|batches| {
        let mut ends = batches.iter().flat_map(|batch| &batch.resource_ends);
        ends.find(|end| end.id == mutex)?;
        waits(batches, mutex).is_empty().then_some(())
    });
}

#[test]
fn states_of_other_resources_are_followed() {
    let (watch, _subscriber) = watch(By::Layer);
    let runtime = current_thread();
    let line = line!() + 1;
    let (places, rows) = (Semaphore::new(3), RwLock::new(0));
    let held = runtime.block_on(async {
        let taken = places.acquire_many(2).await.unwrap();
        let one = rows.read().await;
        drop(rows.read().await);
        (taken, one)
    });
    let words = watch.until(|batches| {
        let starts = || batches.iter().flat_map(|batch| &batch.resource_starts);
        let at_line = |id: ResourceId| starts().any(|start| start.id == id && !start.is_internal);
        resource_at(batches, line)?;
        let of_type = |name: &str| {
            let id = starts()
                .rfind(|start| start.concrete_type == name && at_line(start.id))?
                .id;
            resource(batches, id)
        };
        Some((of_type("Semaphore")?, of_type("RwLock")?))
    });
    expect!["Semaphore : permits=1; 0 wait: "].assert_eq(&words.0);
    expect!["RwLock : max_readers=536870911 write_locked=false current_readers=1; 0 wait: "]
        .assert_eq(&words.1);
    drop(held);
}

#[test]
fn spans_of_the_program_are_recorded_as_ever() {
    let (recorder, mut drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
    assert!(wakeful_tokio::read_spans(&recorder));
    let _subscriber = subscriber(By::Subscriber, &recorder);
    let work = async {
        tracing::info_span!("outer").in_scope(|| tracing::info_span!("inner").in_scope(|| {}));
        drop(tracing::trace_span!("nobody wants it"));
    };
    current_thread().block_on(async { tokio::spawn(work).await.unwrap() });
    #[derive(Default)]
    struct Names(Vec<String>);
    impl wakeful_subscriber::Sink for Names {
        fn span(&mut self, span: &wakeful_subscriber::FinishedSpan<'_>) {
            self.0.push(span.name.to_owned());
        }

        fn log(&mut self, _: &wakeful_subscriber::LogRecord<'_>) {}

        fn lost(&mut self, loss: &wakeful_subscriber::Loss<'_>) {
            self.0.push(format!("lost {loss:?}"));
        }
    }
    let mut names = Names::default();
    drain.finish(&mut names);
    assert_eq!(names.0, ["inner", "outer"]);
}
