//! Locks that know who holds them and who waits, and channels.
//!
//! They behave as Tokio's own, which they are made of. Taking a [`Mutex`] that is free costs a few nanoseconds more; only who has to wait is
//! written down. Holders of the others, which may be many, are. Once a second the states of those that changed are looked at.

pub mod mpsc;
mod mutex;
mod places;
mod queue;
mod registry;
mod resource;
mod rwlock;
mod semaphore;

pub use mutex::{Mutex, MutexGuard};
pub(crate) use registry::sample;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{Semaphore, SemaphorePermit};
