//! `tokio::sync::Mutex`, watched.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use tokio::sync::TryLockError;

use super::resource::{Call, Resource, waited};

/// `tokio::sync::Mutex` that knows which task holds it and which ones wait, and where they do.
pub struct Mutex<T> {
    lock: Arc<Resource>,
    inner: tokio::sync::Mutex<T>,
}

/// What [`Mutex::lock`] gives; the lock is given back when it is dropped.
pub struct MutexGuard<'a, T> {
    lock: &'a Resource,
    inner: tokio::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::named("", value)
    }

    /// A lock with a name, which is shown beside where it was made.
    #[track_caller]
    pub fn named(name: &str, value: T) -> Self {
        Self {
            lock: Resource::lock("Mutex", name, Location::caller()),
            inner: tokio::sync::Mutex::new(value),
        }
    }

    /// Takes the lock, after all who asked before. Dropping the future gives the place in the queue up.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let location = Location::caller();
        async move {
            let inner = waited(&self.lock, Call::new("Mutex::lock", location), self.inner.lock()).await;
            self.lock.taken(location);
            MutexGuard {
                lock: &self.lock,
                inner,
            }
        }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// If somebody holds it.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let inner = self.inner.try_lock()?;
        self.lock.taken(Location::caller());
        Ok(MutexGuard {
            lock: &self.lock,
            inner,
        })
    }

    /// The value, of which nobody else can have a part.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // Before the lock itself, which goes with the fields.
        self.lock.given_back();
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
