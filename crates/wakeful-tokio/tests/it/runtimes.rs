//! Local sets, futures that are watched by themselves, and several runtimes with names.

use std::collections::BTreeMap;

use expect_test::expect;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use wakeful_model::runtime::TaskKind;

use crate::support::{current_thread, is_at, runtime, told, watch};

const FILE: &str = "tests/it/runtimes.rs";

#[test]
fn a_task_of_a_local_set_is_seen() {
    let (_one, watch) = watch();
    let runtime = current_thread();
    let line = line!() + 4;
    LocalSet::new().block_on(&runtime, async {
        let rc = std::rc::Rc::new(7);
        // Not `Send`, so nothing else could run it.
        let task = wakeful_tokio::spawn_local(async move {
            tokio::task::yield_now().await;
            *rc
        });
        assert_eq!(task.await.unwrap(), 7);
    });
    let told = watch.until(|batches| told(batches, |start| is_at(batches, start, FILE, line)));
    expect!["Local polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Completed)"].assert_eq(&told.counts());
    assert!(told.start.runtime.is_some());
}

#[test]
fn a_future_within_a_task_is_an_item_of_its_own() {
    let (_one, watch) = watch();
    let runtime = current_thread();
    let line = line!() + 3;
    runtime.block_on(async {
        let outer = wakeful_tokio::spawn_named("outer", async {
            let inner = wakeful_tokio::watch(async {
                tokio::task::yield_now().await;
                1
            });
            let (one, ()) = tokio::join!(inner, tokio::task::yield_now());
            one
        });
        assert_eq!(outer.await.unwrap(), 1);
    });
    let (outer, inner) = watch.until(|batches| {
        let outer = told(batches, |start| start.name == "outer")?;
        Some((outer, told(batches, |start| is_at(batches, start, FILE, line))?))
    });
    expect!["Task polls=2 whole=2 wakes=2 self=0 live=0 end=Some(Completed)"].assert_eq(&outer.counts());
    expect!["Future polls=2 whole=2 wakes=1 self=0 live=0 end=Some(Completed)"].assert_eq(&inner.counts());
    assert_eq!(inner.start.parent, Some(outer.start.id));
    assert!(inner.sums.busy_nanos <= outer.sums.busy_nanos);
}

#[test]
fn every_task_of_a_set_is_watched() {
    let (_one, watch) = watch();
    let other = runtime();
    let line = line!() + 3;
    let mut answers = LocalSet::new().block_on(&current_thread(), async {
        let mut set = wakeful_tokio::JoinSet::new();
        set.spawn(async { 1 });
        set.spawn_on(async { 2 }, other.handle());
        set.spawn_local(async { 3 });
        set.spawn_blocking(|| 4);
        set.join_all().await
    });
    answers.sort_unstable();
    assert_eq!(answers, [1, 2, 3, 4]);
    let kinds = watch.until(|batches| {
        let told = |number| told(batches, |start| is_at(batches, start, FILE, line + number));
        let kinds = (0..4).map(|number| Some(told(number)?.start.kind));
        kinds.collect::<Option<Vec<_>>>()
    });
    expect!["[Task, Task, Local, Blocking]"].assert_eq(&format!("{kinds:?}"));
}

#[test]
fn every_runtime_has_its_name_its_tasks_and_its_figures() {
    let (_one, watch) = watch();
    let runtimes = ["front", "back"].map(|name| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().name(name);
        (name, builder.build().unwrap())
    });
    for (name, runtime) in &runtimes {
        let task = format!("task of {name}");
        let work = async move { wakeful_tokio::spawn_named(&task, async {}).await.unwrap() };
        wakeful_tokio::block_on(runtime, work);
    }
    let found = watch.until(|batches| {
        let mut found = BTreeMap::new();
        for (name, _) in &runtimes {
            let of_name = |it: &&wakeful_model::runtime::Runtime| it.name == *name;
            let runtime = batches.iter().flat_map(|batch| &batch.runtimes).find(of_name)?;
            let task = told(batches, |start| start.name == format!("task of {name}"))?;
            let root = told(batches, |start| {
                start.kind == TaskKind::BlockOn && start.runtime == Some(runtime.id)
            })?;
            let figures = batches.iter().flat_map(|batch| &batch.metrics);
            figures.clone().find(|metrics| metrics.runtime == runtime.id)?;
            assert_eq!(task.start.runtime, Some(runtime.id));
            assert_eq!(task.start.parent, Some(root.start.id));
            found.insert(*name, runtime.id);
        }
        Some(found)
    });
    assert_eq!(found.len(), 2);
    assert_ne!(found["front"], found["back"]);
}
