//! What is told of tasks, from the program to the batch.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use tokio::runtime::Runtime;
use wakeful_model::runtime::{RuntimeBatch, TaskId, TaskStart, WakeSource};
use wakeful_tokio::sync;

use crate::support::{DEADLINE, Told, of, runtime, watch};

fn check(name: &str, program: impl FnOnce(&Runtime), expected: &expect_test::Expect) -> Told {
    let (_one, watch) = watch();
    let runtime = runtime();
    program(&runtime);
    drop(runtime);
    let told = watch.task(name);
    expected.assert_eq(&told.counts());
    assert!(told.file.ends_with("tests/it/tasks.rs"), "{}", told.file);
    told
}

/// The program of hds' posts on tokio-console: two steps with a sleep between.
#[test]
fn two_steps_and_a_sleep() {
    let told = check(
        "steps",
        |runtime| {
            runtime.block_on(async {
                let steps = async {
                    std::hint::black_box(1);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    std::hint::black_box(2);
                };
                wakeful_tokio::spawn_named("steps", steps).await.unwrap();
            });
        },
        &expect!["Task polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Completed)"],
    );
    let slept = told.slept();
    assert!(
        slept >= Duration::from_millis(95) && slept < DEADLINE,
        "{slept:?}"
    );
    let [wake] = told.wakes.as_slice() else {
        panic!("one wake: {told:?}")
    };
    assert_eq!(wake.by, WakeSource::Driver);
    assert_eq!(told.polls[1].woken_unix_nanos(), Some(wake.at_unix_nanos));
    let busy: u64 = told.polls.iter().map(|poll| poll.duration_nanos).sum();
    assert_eq!(busy, told.sums.busy_nanos);
}

#[test]
fn a_task_that_yields_wakes_itself() {
    let told = check(
        "yields",
        |runtime| {
            runtime.block_on(async {
                // `yield_now` would have the worker wake it, after the poll.
                let mut left = 3;
                let yields = std::future::poll_fn(move |context| {
                    if left == 0 {
                        return std::task::Poll::Ready(());
                    }
                    left -= 1;
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                });
                wakeful_tokio::spawn_named("yields", yields).await.unwrap();
            });
        },
        &expect!["Task polls=4 whole=4 wakes=3 self=3 live=0 end=Some(Completed)"],
    );
    assert!(
        told.wakes
            .iter()
            .all(|wake| wake.by == WakeSource::Task(told.start.id))
    );
}

#[test]
fn a_wake_says_which_task_it_came_from() {
    let mut waking = TaskId(0);
    let told = check(
        "woken",
        |runtime| {
            waking = runtime.block_on(async {
                let (send, receive) = tokio::sync::oneshot::channel();
                let (polled, is_polled) = tokio::sync::oneshot::channel();
                let woken = wakeful_tokio::spawn_named("woken", async move {
                    let mut receive = std::pin::pin!(receive);
                    assert!(futures_poll_once(receive.as_mut()).await.is_none());
                    polled.send(()).unwrap();
                    receive.await.unwrap();
                });
                let waking = wakeful_tokio::spawn_named("waking", async move {
                    is_polled.await.unwrap();
                    send.send(()).unwrap();
                    tokio::task::id().to_string().parse().unwrap()
                });
                woken.await.unwrap();
                TaskId(waking.await.unwrap())
            });
        },
        &expect!["Task polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Completed)"],
    );
    assert_eq!(told.wakes[0].by, WakeSource::Task(waking));
}

/// Polls a future once.
async fn futures_poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[test]
fn how_a_task_went_is_told() {
    check(
        "panics",
        |runtime| {
            let joined = runtime.block_on(async {
                wakeful_tokio::spawn_named("panics", async { panic!("as it should") }).await
            });
            assert!(joined.unwrap_err().is_panic());
        },
        &expect!["Task polls=1 whole=1 wakes=0 self=0 live=0 end=Some(Panicked)"],
    );
    check(
        "aborted",
        |runtime| {
            runtime.block_on(async {
                let (polled, is_polled) = tokio::sync::oneshot::channel();
                let aborted = wakeful_tokio::spawn_named("aborted", async move {
                    polled.send(()).unwrap();
                    std::future::pending::<()>().await;
                });
                is_polled.await.unwrap();
                aborted.abort();
                assert!(aborted.await.unwrap_err().is_cancelled());
            });
        },
        &expect!["Task polls=1 whole=1 wakes=0 self=0 live=0 end=Some(Dropped)"],
    );
}

#[test]
fn a_set_of_tasks_has_parents_and_exact_sums() {
    let (_one, watch) = watch();
    let runtime = runtime();
    const TASKS: u64 = 500;
    let line = line!() + 4;
    let parent = async {
        let mut set = wakeful_tokio::JoinSet::new();
        for _ in 0..TASKS {
            set.spawn(tokio::task::yield_now());
        }
        while let Some(joined) = set.join_next().await {
            joined.unwrap();
        }
    };
    runtime.block_on(async { wakeful_tokio::spawn_named("parent", parent).await.unwrap() });
    drop(runtime);
    let parent = watch.task("parent").start.id;
    let batches = watch.batches.lock().unwrap();
    let children = of(
        &batches,
        |batch| &batch.task_starts,
        |start| start.parent == Some(parent),
    );
    assert_eq!(children.len() as u64, TASKS);
    let (mut started, mut ended, mut polls, mut wakes, mut alive) = (0, 0, 0, 0, 0);
    for batch in batches.iter() {
        for sums in &batch.location_sums {
            let location = sums.location.and_then(|location| batch.location(location));
            if location.is_some_and(|location| location.line == line) {
                started += sums.started;
                ended += sums.ended;
                polls += sums.polls;
                wakes += sums.wakes.unwrap_or_default();
                alive = sums.alive;
            }
        }
    }
    assert_eq!(
        (started, ended, polls, wakes, alive),
        (TASKS, TASKS, 2 * TASKS, TASKS, 0)
    );
}

#[test]
fn two_tasks_that_wait_for_each_other_are_seen_with_their_locks() {
    let (_one, watch) = watch();
    let runtime = runtime();
    let locks = [(); 2].map(|()| Arc::new(sync::Mutex::new(0)));
    let meet = Arc::new(tokio::sync::Barrier::new(2));
    let [one, other] = [(0, 1), (1, 0)].map(|(first, second)| {
        let (first, second, meet) = (locks[first].clone(), locks[second].clone(), meet.clone());
        let _within = runtime.enter();
        wakeful_tokio::spawn_named("embraced", async move {
            let _first = first.lock().await;
            meet.wait().await;
            let _second = second.lock().await;
        })
        .id()
        .to_string()
        .parse()
        .map(TaskId)
        .unwrap()
    });
    // Each holds a lock for which the other one waits.
    let is_seen = |batch: &RuntimeBatch| {
        let waits_for_who_holds = |waiter: TaskId, holder: TaskId| {
            let op = batch
                .async_ops
                .iter()
                .find(|op| op.task == Some(waiter) && op.end_unix_nanos.is_none());
            op.is_some_and(|op| {
                batch.resource_states.iter().any(|state| {
                    state.resource == op.resource
                        && state
                            .holders
                            .iter()
                            .any(|held| held.task == Some(holder) && held.location.is_some())
                })
            })
        };
        waits_for_who_holds(one, other) && waits_for_who_holds(other, one)
    };
    let began = std::time::Instant::now();
    loop {
        watch.exporter.flush_blocking(DEADLINE);
        let batches = watch.batches.lock().unwrap();
        let merged = batches.iter().fold(RuntimeBatch::default(), |mut all, batch| {
            all.async_ops.extend(batch.async_ops.iter().cloned());
            all.resource_states.extend(batch.resource_states.iter().cloned());
            all
        });
        if is_seen(&merged) {
            break;
        }
        assert!(began.elapsed() < DEADLINE, "not seen: {merged:#?}");
    }
    runtime.shutdown_background();
}

#[test]
fn who_reads_and_who_has_permits_is_seen() {
    let (_one, watch) = watch();
    let runtime = runtime();
    let (rows, places) = (sync::RwLock::new(1), sync::Semaphore::new(2));
    runtime.block_on(async {
        let (_one, _other) = (rows.read().await, rows.read().await);
        assert!(rows.try_write().is_err());
        let _place = places.acquire().await.unwrap();
        watch.exporter.flush(DEADLINE).await;
    });
    drop(runtime);
    let batches = watch.batches.lock().unwrap();
    let states = batches.iter().flat_map(|batch| &batch.resource_states);
    let mut holders: Vec<Vec<&str>> = states
        .map(|state| state.holders.iter().map(|holder| holder.how.as_str()).collect())
        .filter(|holders: &Vec<&str>| holders.contains(&"read") || holders == &[""])
        .collect();
    holders.sort_unstable();
    holders.dedup();
    assert!(holders.contains(&vec!["read", "read"]), "{holders:?}");
    let made = batches.iter().flat_map(|batch| &batch.resource_starts);
    let types: Vec<&str> = made.map(|start| start.concrete_type.as_str()).collect();
    assert!(
        types.contains(&"RwLock") && types.contains(&"Semaphore"),
        "{types:?}"
    );
}

#[test]
fn a_blocking_task_and_the_future_of_block_on_are_tasks_too() {
    let (_one, watch) = watch();
    let runtime = runtime();
    let sum = wakeful_tokio::block_on(&runtime, async {
        wakeful_tokio::spawn_blocking(|| 40 + 2).await.unwrap()
    });
    assert_eq!(sum, 42);
    drop(runtime);
    watch.exporter.flush_blocking(DEADLINE);
    let batches = watch.batches.lock().unwrap();
    let line_of = |start: &TaskStart, batch: &RuntimeBatch| {
        let location = start.location.and_then(|location| batch.location(location));
        location.is_some_and(|location| location.file.ends_with("tests/it/tasks.rs"))
    };
    let mut kinds: Vec<&str> = batches
        .iter()
        .flat_map(|batch| {
            let ours = batch.task_starts.iter().filter(|start| line_of(start, batch));
            ours.map(|start| start.kind.name()).collect::<Vec<_>>()
        })
        .filter(|kind| *kind != "task")
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["block_on", "blocking"]);
}
