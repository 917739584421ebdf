//! Tasks that are joined together.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use tokio::task::AbortHandle;
use wakeful_model::runtime::TaskKind;

use crate::id;
use crate::spawn::watched;

/// `tokio::task::JoinSet` whose tasks are watched. Everything else of it is that one's: `join_next`, `abort_all`, `len`.
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
        let handle = self.inner.spawn(future);
        if let Some(task) = task {
            task.tell(id::task(handle.id()));
        }
        handle
    }
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
