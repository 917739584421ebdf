//! Spawning tasks that are watched.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;
use wakeful_model::runtime::{RuntimeId, TaskKind};

use crate::global::with_recorder;
use crate::watched::{self, Spawn, Task, Watched};
use crate::{id, runtimes};

/// `tokio::spawn` of a task that is watched.
///
/// # Panics
/// Outside a runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (future, task) = watched(future, TaskKind::Task, "");
    tell(tokio::spawn(future), task)
}

/// [`spawn`] of a task with a name, which needs no `tokio_unstable` here.
///
/// # Panics
/// Outside a runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn_named<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (future, task) = watched(future, TaskKind::Task, name);
    tell(tokio::spawn(future), task)
}

/// `tokio::task::spawn_local` of a task that is watched.
///
/// # Panics
/// Outside a `LocalSet` and a `LocalRuntime`, as `tokio::task::spawn_local` does.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (future, task) = watched(future, TaskKind::Local, "");
    tell(tokio::task::spawn_local(future), task)
}

/// `tokio::task::spawn_blocking` of a closure that is watched: a task with one poll, as long as the closure runs.
///
/// # Panics
/// Outside a runtime, as `tokio::task::spawn_blocking` does.
#[track_caller]
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let task = task::<F>(TaskKind::Blocking, "", current_runtime());
    let within = task.clone();
    tell(
        tokio::task::spawn_blocking(move || watched::run(within, work)),
        task,
    )
}

/// Watches a future by itself, within whatever task it is polled: as an item of its own, whose parent is that task.
#[track_caller]
pub fn watch<F: Future>(future: F) -> Watched<F> {
    watched(future, TaskKind::Future, "").0
}

/// [`Runtime::block_on`] of a future that is watched.
///
/// # Panics
/// Within a runtime, as `Runtime::block_on` does.
#[track_caller]
pub fn block_on<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    runtimes::watch_runtime(runtime.handle());
    let of = Some(id::runtime(runtime.handle().id()));
    let task = task::<F>(TaskKind::BlockOn, "", of);
    runtime.block_on(Watched::new(future, task))
}

/// The future, watched, and what is to be told of it when its id is known.
#[track_caller]
pub(crate) fn watched<F: Future>(future: F, kind: TaskKind, name: &str) -> (Watched<F>, Option<Arc<Task>>) {
    let task = task::<F>(kind, name, current_runtime());
    (Watched::new(future, task.clone()), task)
}

/// The runtime that spawns, whose figures are shown from now on.
pub(crate) fn current_runtime() -> Option<RuntimeId> {
    runtime_of(&Handle::try_current().ok()?)
}

/// A runtime in which something is spawned, whose figures are shown from now on.
pub(crate) fn runtime_of(handle: &Handle) -> Option<RuntimeId> {
    with_recorder(|_| {
        runtimes::watch_runtime(handle);
        id::runtime(handle.id())
    })
}

#[track_caller]
pub(crate) fn task<F>(kind: TaskKind, name: &str, runtime: Option<RuntimeId>) -> Option<Arc<Task>> {
    let location = Location::caller();
    with_recorder(|recorder| {
        // What is within a task Tokio knows nothing of; of `block_on` its span tells all that there is.
        let has_span = recorder.reads_runtime() && kind != TaskKind::Future;
        if has_span && kind == TaskKind::BlockOn {
            return None;
        }
        let spawn = Spawn {
            kind,
            name: name.into(),
            location,
            runtime,
            type_name: std::any::type_name::<F>(),
            future_bytes: size_of::<F>(),
            has_span,
        };
        Some(Task::new(recorder, spawn))
    })
    .flatten()
}

/// Tells of a task that was spawned.
pub(crate) fn tell<T>(handle: JoinHandle<T>, task: Option<Arc<Task>>) -> JoinHandle<T> {
    if let Some(task) = task {
        task.tell(id::task(handle.id()));
    }
    handle
}
