//! `tokio::sync::Semaphore`, watched.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use tokio::sync::{AcquireError, TryAcquireError};

use super::resource::{Call, Resource, Share, Shared, waited};

/// `tokio::sync::Semaphore` that knows which tasks have its permits and which ones wait, and where they do.
#[derive(Debug)]
pub struct Semaphore {
    lock: Arc<Resource>,
    inner: tokio::sync::Semaphore,
}

/// What [`Semaphore::acquire`] gives; the permits are given back when it is dropped.
#[derive(Debug)]
#[must_use = "permits are given back when this is dropped"]
pub struct SemaphorePermit<'a> {
    inner: tokio::sync::SemaphorePermit<'a>,
    held: Shared<'a>,
}

impl Semaphore {
    /// A semaphore with so many permits.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self::named("", permits)
    }

    /// A semaphore with a name, which is shown beside where it was made.
    #[track_caller]
    pub fn named(name: &str, permits: usize) -> Self {
        Self {
            lock: Resource::semaphore(name, Location::caller(), permits),
            inner: tokio::sync::Semaphore::new(permits),
        }
    }

    /// Takes a permit, after all who asked before.
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        self.acquire_many(1)
    }

    /// Takes several permits at once, after all who asked before.
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire_many(
        &self,
        permits: u32,
    ) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        let location = Location::caller();
        async move {
            let taking = self.inner.acquire_many(permits);
            let inner = waited(&self.lock, Call::new("Semaphore::acquire", location), taking).await?;
            Ok(SemaphorePermit {
                inner,
                held: self.lock.share(Share::Permits(permits), location),
            })
        }
    }

    /// Takes a permit if there is one.
    ///
    /// # Errors
    /// If there is none, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let inner = self.inner.try_acquire()?;
        Ok(SemaphorePermit {
            inner,
            held: self.lock.share(Share::Permits(1), Location::caller()),
        })
    }

    /// How many permits can be taken now.
    pub fn available_permits(&self) -> usize {
        self.inner.available_permits()
    }

    /// Adds permits.
    pub fn add_permits(&self, permits: usize) {
        self.inner.add_permits(permits);
        self.lock.add_permits(permits);
    }

    /// Gives out no more permits; who waits gets an error.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }
}

impl SemaphorePermit<'_> {
    /// Keeps the permits for ever: they are not given back.
    pub fn forget(self) {
        self.held.lock().forget_permits(self.inner.num_permits());
        self.inner.forget();
    }
}
