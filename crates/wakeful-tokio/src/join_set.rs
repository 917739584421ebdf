//! Tasks that are joined together.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use wakeful_model::runtime::TaskKind;

use crate::id;
use crate::spawn::{current_runtime, runtime_of, task, watched};
use crate::watched::{self, Task, Watched};

/// `tokio::task::JoinSet` whose tasks are watched. Everything else of it is that one's: `join_next`, `abort_all`, `len`. Tasks that are
/// spawned by what it has besides (`spawn_local_on`, `spawn_blocking_on`, `build_task`) are seen only where the runtime's hooks see them.
#[derive(Debug)]
pub struct JoinSet<T> {
    inner: tokio::task::JoinSet<T>,
}

impl<T: 'static> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        Self {
            inner: tokio::task::JoinSet::new(),
        }
    }

    /// Spawns a task that is watched.
    ///
    /// # Panics
    /// Outside a runtime, as `tokio::task::JoinSet::spawn` does.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn_named("", future)
    }

    /// Spawns a task that is watched, with a name.
    ///
    /// # Panics
    /// Outside a runtime, as `tokio::task::JoinSet::spawn` does.
    #[track_caller]
    pub fn spawn_named<F>(&mut self, name: &str, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (future, task) = watched(future, TaskKind::Task, name);
        told(self.inner.spawn(future), task)
    }

    /// Spawns a task that is watched, in that runtime.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let task = task::<F>(TaskKind::Task, "", runtime_of(handle));
        let future = Watched::new(future, task.clone());
        told(self.inner.spawn_on(future, handle), task)
    }

    /// Spawns a task that is watched, on this thread.
    ///
    /// # Panics
    /// Outside a `LocalSet` and a `LocalRuntime`, as `tokio::task::JoinSet::spawn_local` does.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (future, task) = watched(future, TaskKind::Local, "");
        told(self.inner.spawn_local(future), task)
    }

    /// Runs a closure that is watched on a thread of its own: a task with one poll.
    ///
    /// # Panics
    /// Outside a runtime, as `tokio::task::JoinSet::spawn_blocking` does.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, work: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let task = task::<F>(TaskKind::Blocking, "", current_runtime());
        let within = task.clone();
        told(
            self.inner.spawn_blocking(move || watched::run(within, work)),
            task,
        )
    }

    /// Waits for all tasks, and gives what they came to in the order in which they ended.
    ///
    /// # Panics
    /// If a task did, as `tokio::task::JoinSet::join_all` does.
    pub async fn join_all(self) -> Vec<T> {
        self.inner.join_all().await
    }
}

/// Tells of a task that was spawned.
fn told(handle: AbortHandle, task: Option<Arc<Task>>) -> AbortHandle {
    if let Some(task) = task {
        task.tell(id::task(handle.id()));
    }
    handle
}

impl<T: 'static> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}
