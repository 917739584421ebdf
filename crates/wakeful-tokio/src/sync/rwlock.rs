//! `tokio::sync::RwLock`, watched.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use tokio::sync::TryLockError;

use super::resource::{Call, Resource, Share, Shared, waited};

/// `tokio::sync::RwLock` that knows which tasks hold it, how, and which ones wait, and where they do.
pub struct RwLock<T> {
    lock: Arc<Resource>,
    inner: tokio::sync::RwLock<T>,
}

/// What [`RwLock::read`] gives; the lock is given back when it is dropped.
pub struct RwLockReadGuard<'a, T> {
    inner: tokio::sync::RwLockReadGuard<'a, T>,
    /// After the lock itself, which nobody notices.
    _held: Shared<'a>,
}

/// What [`RwLock::write`] gives; the lock is given back when it is dropped.
pub struct RwLockWriteGuard<'a, T> {
    inner: tokio::sync::RwLockWriteGuard<'a, T>,
    _held: Shared<'a>,
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::named("", value)
    }

    /// A lock with a name, which is shown beside where it was made.
    #[track_caller]
    pub fn named(name: &str, value: T) -> Self {
        Self {
            lock: Resource::lock("RwLock", name, Location::caller()),
            inner: tokio::sync::RwLock::new(value),
        }
    }

    /// Takes the lock beside others who read, after all who asked before.
    #[track_caller]
    pub fn read(&self) -> impl Future<Output = RwLockReadGuard<'_, T>> {
        let location = Location::caller();
        async move {
            let call = Call::new("RwLock::read", location);
            let inner = waited(&self.lock, call, self.inner.read()).await;
            RwLockReadGuard {
                inner,
                _held: self.lock.share(Share::Read, location),
            }
        }
    }

    /// Takes the lock alone, after all who asked before.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = RwLockWriteGuard<'_, T>> {
        let location = Location::caller();
        async move {
            let call = Call::new("RwLock::write", location);
            let inner = waited(&self.lock, call, self.inner.write()).await;
            RwLockWriteGuard {
                inner,
                _held: self.lock.share(Share::Write, location),
            }
        }
    }

    /// Takes the lock beside others who read, if nobody writes.
    ///
    /// # Errors
    /// If somebody writes.
    #[track_caller]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let inner = self.inner.try_read()?;
        Ok(RwLockReadGuard {
            inner,
            _held: self.lock.share(Share::Read, Location::caller()),
        })
    }

    /// Takes the lock alone, if nobody has it.
    ///
    /// # Errors
    /// If somebody has it.
    #[track_caller]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let inner = self.inner.try_write()?;
        Ok(RwLockWriteGuard {
            inner,
            _held: self.lock.share(Share::Write, Location::caller()),
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

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
