//! What is known of one lock or channel.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wakeful_model::runtime::{DurationHistogram, TaskId};

use super::queue::Queue;
use crate::global::{current_task, monotonic_nanos, unix_nanos};
use crate::id;
use crate::sync::{places, registry};

/// Waits for one resource that have ended and are told of singly, at most, until the next look.
const ENDED_MAX: usize = 64;

/// A clock costs more than a free lock, so of as many holds as two to this power one is timed …
const TIMED_LOG2: u32 = 5;

/// … which are spread, so that who takes turns is not always missed.
#[inline]
fn is_timed(count: u64) -> bool {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    (count.wrapping_mul(SPREAD) >> (64 - TIMED_LOG2)) == 0
}

/// A place in the program's source code.
pub(super) type Place = &'static Location<'static>;

/// What a resource is, as far as that never changes.
#[derive(Debug)]
pub(super) struct Made {
    /// `Mutex`, `mpsc::channel`.
    pub(super) concrete_type: &'static str,
    /// The name that the program gave it; empty for none.
    pub(super) name: Box<str>,
    pub(super) at: Place,
}

/// A resource's state, as it is looked at from elsewhere.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) id: u64,
    pub(super) made: Made,
    pub(super) made_unix_nanos: u64,
    /// What a channel has besides.
    pub(super) queue: Option<Arc<Queue>>,
    /// The permits that a semaphore has, those included that are taken.
    permits: Option<AtomicU64>,
    /// Where it was taken by who holds it, as a [`places`] key; 0 while nobody does. Written by the holder alone.
    taken_at: AtomicUsize,
    /// 0 if it was taken outside watched tasks.
    holder: AtomicU64,
    acquisitions: AtomicU64,
    /// Since when who holds it alone is timed, [`monotonic_nanos`]; 0 if it is not. Written by the holder alone.
    timed_since: AtomicU64,
    waits: Mutex<Waits>,
}

/// Who waits and who has waited.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// By id, so in their order.
    pub(super) open: BTreeMap<u64, Wait>,
    /// Who holds it beside others, by id; who holds it alone may stand in [`Resource::taken_at`] instead.
    pub(super) sharing: BTreeMap<u64, Sharing>,
    /// Waits that have ended since the last look, with that time and whether it was got what was waited for.
    pub(super) ended: Vec<(Wait, u64, bool)>,
    pub(super) contended: u64,
    pub(super) waited_nanos: u64,
    /// How long those held it that gave it back since the last look and were timed.
    pub(super) hold_times: DurationHistogram,
}

/// What is called, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// `Mutex::lock`.
    pub(super) source: &'static str,
    pub(super) at: Place,
    /// Whether who waits for it waits for others to let go. A receiver without messages does not.
    pub(super) is_contention: bool,
}

/// One wait.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub(super) id: u64,
    pub(super) call: Call,
    pub(super) task: Option<TaskId>,
    pub(super) since_unix_nanos: u64,
    pub(super) polls: u64,
    /// Whether the backend was told of it while it was open, so that it must be told of its end.
    pub(super) is_told: bool,
}

/// One of those who hold a lock.
#[derive(Debug, Clone)]
pub(super) struct Sharing {
    pub(super) held: Held,
    pub(super) share: Share,
    pub(super) since_unix_nanos: u64,
}

/// What part of a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Beside others who read.
    Read,
    /// All of it.
    Write,
    /// So many permits.
    Permits(u32),
}

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) task: Option<TaskId>,
    pub(super) taken_at: Place,
}

impl Call {
    /// Waits for others to let go.
    pub(super) fn new(source: &'static str, at: Place) -> Self {
        Self {
            source,
            at,
            is_contention: true,
        }
    }

    /// Waits for something to do, or for the end.
    pub(super) fn idle(source: &'static str, at: Place) -> Self {
        Self {
            is_contention: false,
            ..Self::new(source, at)
        }
    }
}

impl Made {
    fn new(concrete_type: &'static str, name: &str, at: Place) -> Self {
        Self {
            concrete_type,
            name: name.into(),
            at,
        }
    }
}

impl Resource {
    fn new(made: Made, queue: Option<Arc<Queue>>, permits: Option<usize>) -> Arc<Self> {
        let resource = Arc::new(Self {
            id: id::next(),
            made,
            made_unix_nanos: unix_nanos(),
            queue,
            permits: permits.map(|permits| AtomicU64::new(permits as u64)),
            taken_at: AtomicUsize::new(0),
            holder: AtomicU64::new(0),
            acquisitions: AtomicU64::new(0),
            timed_since: AtomicU64::new(0),
            waits: Mutex::default(),
        });
        registry::add(&resource);
        resource
    }

    /// A lock that nobody holds.
    pub(super) fn lock(concrete_type: &'static str, name: &str, at: Place) -> Arc<Self> {
        Self::new(Made::new(concrete_type, name, at), None, None)
    }

    /// A semaphore whose permits are all there.
    pub(super) fn semaphore(name: &str, at: Place, permits: usize) -> Arc<Self> {
        Self::new(Made::new("Semaphore", name, at), None, Some(permits))
    }

    /// A channel without messages.
    pub(super) fn channel(
        concrete_type: &'static str,
        name: &str,
        at: Place,
        queue: Arc<Queue>,
    ) -> Arc<Self> {
        Self::new(Made::new(concrete_type, name, at), Some(queue), None)
    }

    /// Notes that it was taken. Called by who holds it, so nobody else writes.
    #[inline]
    pub(super) fn taken(&self, at: Place) {
        let count = self.acquisitions.load(Ordering::Relaxed);
        self.acquisitions.store(count + 1, Ordering::Relaxed);
        let task = current_task().map_or(0, |task| task.0);
        self.holder.store(task, Ordering::Release);
        if is_timed(count) {
            self.timed_since.store(monotonic_nanos(), Ordering::Relaxed);
        }
        self.taken_at.store(places::key(at), Ordering::Release);
    }

    /// Notes that it is about to be given back.
    #[inline]
    pub(super) fn given_back(&self) {
        self.taken_at.store(0, Ordering::Release);
        if self.timed_since.load(Ordering::Relaxed) != 0 {
            self.held_since(self.timed_since.swap(0, Ordering::Relaxed));
        }
    }

    /// Notes how long it was held by who was timed since then.
    #[cold]
    fn held_since(&self, since: u64) {
        let nanos = monotonic_nanos().saturating_sub(since);
        self.waits().hold_times.record(nanos);
    }

    /// Adds permits of a semaphore.
    pub(super) fn add_permits(&self, permits: usize) {
        if let Some(all) = &self.permits {
            all.fetch_add(permits as u64, Ordering::Relaxed);
        }
    }

    /// Takes permits away for ever.
    pub(super) fn forget_permits(&self, permits: usize) {
        if let Some(all) = &self.permits {
            all.fetch_sub(permits as u64, Ordering::Relaxed);
        }
    }

    /// The permits of a semaphore, those included that are taken.
    pub(super) fn permits(&self) -> Option<u64> {
        let permits = self.permits.as_ref()?;
        Some(permits.load(Ordering::Relaxed))
    }

    pub(super) fn acquisitions(&self) -> u64 {
        self.acquisitions.load(Ordering::Relaxed)
    }

    /// Begins a wait of the current task, which has polled in vain.
    pub(super) fn wait(self: &Arc<Self>, call: Call) -> OpenWait {
        let wait = Wait {
            id: id::next(),
            call,
            task: current_task(),
            since_unix_nanos: unix_nanos(),
            polls: 1,
            is_told: false,
        };
        let id = wait.id;
        let mut waits = self.waits();
        waits.contended += u64::from(call.is_contention);
        waits.open.insert(id, wait);
        drop(waits);
        OpenWait {
            resource: self.clone(),
            id,
            is_ready: false,
        }
    }

    /// Notes that it was taken by one of several who may have it.
    pub(super) fn share(&self, share: Share, taken_at: Place) -> Shared<'_> {
        let sharing = Sharing {
            held: Held {
                task: current_task(),
                taken_at,
            },
            share,
            since_unix_nanos: unix_nanos(),
        };
        let id = id::next();
        let count = self.acquisitions.fetch_add(1, Ordering::Relaxed);
        self.waits().sharing.insert(id, sharing);
        Shared {
            lock: self,
            id,
            timed_since: is_timed(count).then(monotonic_nanos),
        }
    }

    pub(super) fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who holds it, if anybody does; `None` too if it goes from hand to hand just now.
    pub(super) fn held(&self) -> Option<Held> {
        let taken_at = self.taken_at.load(Ordering::Acquire);
        let task = self.holder.load(Ordering::Acquire);
        // One task's place must not be told with another task: whoever is next was seen only after this one had let go.
        if self.taken_at.load(Ordering::Acquire) != taken_at {
            return None;
        }
        Some(Held {
            task: (task != 0).then_some(TaskId(task)),
            taken_at: places::place(taken_at)?,
        })
    }
}

/// A wait that goes on until this is dropped.
#[derive(Debug)]
pub(super) struct OpenWait {
    resource: Arc<Resource>,
    id: u64,
    is_ready: bool,
}

/// A share in a lock until this is dropped.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    lock: &'a Resource,
    id: u64,
    /// If it is one of those that are timed.
    timed_since: Option<u64>,
}

impl Shared<'_> {
    pub(super) fn lock(&self) -> &Resource {
        self.lock
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        let held_nanos = self
            .timed_since
            .map(|since| monotonic_nanos().saturating_sub(since));
        let mut waits = self.lock.waits();
        waits.sharing.remove(&self.id);
        if let Some(nanos) = held_nanos {
            waits.hold_times.record(nanos);
        }
    }
}

/// Waits for `taking`, and says so if it is not ready at once.
pub(super) async fn waited<F: Future>(resource: &Arc<Resource>, call: Call, taking: F) -> F::Output {
    let mut taking = pin!(taking);
    let mut wait: Option<OpenWait> = None;
    poll_fn(|context| {
        let polled = taking.as_mut().poll(context);
        match &mut wait {
            Some(wait) => wait.polled(polled.is_ready()),
            None if polled.is_pending() => wait = Some(resource.wait(call)),
            None => {}
        }
        polled
    })
    .await
}

impl OpenWait {
    /// Who waits has polled again.
    pub(super) fn polled(&mut self, is_ready: bool) {
        self.is_ready = is_ready;
        let mut waits = self.resource.waits();
        if let Some(wait) = waits.open.get_mut(&self.id) {
            wait.polls += 1;
        }
    }
}

impl Drop for OpenWait {
    fn drop(&mut self) {
        let now = unix_nanos();
        let mut waits = self.resource.waits();
        let Some(wait) = waits.open.remove(&self.id) else {
            return;
        };
        if wait.call.is_contention {
            waits.waited_nanos += now.saturating_sub(wait.since_unix_nanos);
        }
        if wait.is_told || waits.ended.len() < ENDED_MAX {
            waits.ended.push((wait, now, self.is_ready));
        }
    }
}
