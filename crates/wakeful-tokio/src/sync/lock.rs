//! What is known of one lock.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wakeful_model::runtime::TaskId;

use crate::global::{current_task, unix_nanos};
use crate::id;
use crate::sync::{places, registry};

/// Waits of one lock that have ended and are told of singly, at most, until the next look.
const ENDED_MAX: usize = 64;

/// A lock's state, as it is looked at from elsewhere.
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) id: u64,
    pub(super) concrete_type: &'static str,
    pub(super) made_at: &'static Location<'static>,
    pub(super) made_unix_nanos: u64,
    /// Where it was taken by who holds it, as a [`places`] key; 0 while nobody does. Written by the holder alone.
    taken_at: AtomicUsize,
    /// 0 if it was taken outside watched tasks.
    holder: AtomicU64,
    acquisitions: AtomicU64,
    waits: Mutex<Waits>,
}

/// Who waits and who has waited.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) open: Vec<Wait>,
    /// Who holds it beside others; who holds it alone may stand in [`Lock::taken_at`] instead.
    pub(super) sharing: Vec<Sharing>,
    /// Waits that have ended since the last look, with that time and whether the lock was got.
    pub(super) ended: Vec<(Wait, u64, bool)>,
    pub(super) contended: u64,
    pub(super) waited_nanos: u64,
}

/// One wait.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub(super) id: u64,
    /// What was called: `Mutex::lock`.
    pub(super) source: &'static str,
    pub(super) task: Option<TaskId>,
    pub(super) called_at: &'static Location<'static>,
    pub(super) since_unix_nanos: u64,
}

/// One of those who hold a lock.
#[derive(Debug, Clone)]
pub(super) struct Sharing {
    id: u64,
    pub(super) held: Held,
    /// `read`, `write`; empty for the only way there is.
    pub(super) how: &'static str,
    pub(super) since_unix_nanos: u64,
}

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) task: Option<TaskId>,
    pub(super) taken_at: &'static Location<'static>,
}

impl Lock {
    pub(super) fn new(concrete_type: &'static str, made_at: &'static Location<'static>) -> Arc<Self> {
        let lock = Arc::new(Self {
            id: id::next(),
            concrete_type,
            made_at,
            made_unix_nanos: unix_nanos(),
            taken_at: AtomicUsize::new(0),
            holder: AtomicU64::new(0),
            acquisitions: AtomicU64::new(0),
            waits: Mutex::default(),
        });
        registry::add(&lock);
        lock
    }

    /// Notes that it was taken. Called by who holds it, so nobody else writes.
    #[inline]
    pub(super) fn taken(&self, location: &'static Location<'static>) {
        let count = self.acquisitions.load(Ordering::Relaxed);
        self.acquisitions.store(count + 1, Ordering::Relaxed);
        let task = current_task().map_or(0, |task| task.0);
        self.holder.store(task, Ordering::Relaxed);
        self.taken_at.store(places::key(location), Ordering::Release);
    }

    /// Notes that it is about to be given back.
    #[inline]
    pub(super) fn given_back(&self) {
        self.taken_at.store(0, Ordering::Release);
    }

    pub(super) fn acquisitions(&self) -> u64 {
        self.acquisitions.load(Ordering::Relaxed)
    }

    /// Begins a wait of the current task.
    fn wait(self: &Arc<Self>, source: &'static str, called_at: &'static Location<'static>) -> OpenWait {
        let wait = Wait {
            id: id::next(),
            source,
            task: current_task(),
            called_at,
            since_unix_nanos: unix_nanos(),
        };
        let id = wait.id;
        let mut waits = self.waits();
        waits.contended += 1;
        waits.open.push(wait);
        drop(waits);
        OpenWait {
            lock: self.clone(),
            id,
            is_ready: false,
        }
    }

    /// Notes that it was taken by one of several who may have it.
    pub(super) fn share(&self, how: &'static str, taken_at: &'static Location<'static>) -> Shared<'_> {
        let sharing = Sharing {
            id: id::next(),
            held: Held {
                task: current_task(),
                taken_at,
            },
            how,
            since_unix_nanos: unix_nanos(),
        };
        let id = sharing.id;
        self.acquisitions.fetch_add(1, Ordering::Relaxed);
        self.waits().sharing.push(sharing);
        Shared { lock: self, id }
    }

    pub(super) fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who holds it, if anybody does.
    pub(super) fn held(&self) -> Option<Held> {
        let task = self.holder.load(Ordering::Relaxed);
        let taken_at = self.taken_at.load(Ordering::Acquire);
        let taken_at = places::place(taken_at)?;
        Some(Held {
            task: (task != 0).then_some(TaskId(task)),
            taken_at,
        })
    }
}

/// A wait that goes on until this is dropped.
#[derive(Debug)]
pub(super) struct OpenWait {
    lock: Arc<Lock>,
    id: u64,
    is_ready: bool,
}

/// A share in a lock until this is dropped.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    lock: &'a Lock,
    id: u64,
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        self.lock.waits().sharing.retain(|sharing| sharing.id != self.id);
    }
}

/// Waits for `taking`, and says so if it is not ready at once.
pub(super) async fn waited<F: Future>(
    lock: &Arc<Lock>,
    source: &'static str,
    called_at: &'static Location<'static>,
    taking: F,
) -> F::Output {
    let mut taking = pin!(taking);
    let mut wait: Option<OpenWait> = None;
    let taken = poll_fn(|context| {
        let polled = taking.as_mut().poll(context);
        if polled.is_pending() && wait.is_none() {
            wait = Some(lock.wait(source, called_at));
        }
        polled
    })
    .await;
    if let Some(wait) = &mut wait {
        wait.is_ready = true;
    }
    taken
}

impl Drop for OpenWait {
    fn drop(&mut self) {
        let now = unix_nanos();
        let mut waits = self.lock.waits();
        let Some(at) = waits.open.iter().position(|wait| wait.id == self.id) else {
            return;
        };
        let wait = waits.open.remove(at);
        waits.waited_nanos += now.saturating_sub(wait.since_unix_nanos);
        if waits.ended.len() < ENDED_MAX {
            waits.ended.push((wait, now, self.is_ready));
        }
    }
}
