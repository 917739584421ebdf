//! Resources, and the waits of tasks for them.

use std::sync::Arc;

use wakeful_model::runtime::{
    self, Contention, DurationHistogram, Location, ResourceStart, StateAttribute, TaskId,
};

/// A resource as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What was known when it was made; the index of its location has been replaced by `location`.
    pub start: ResourceStart,
    /// Where it was made.
    pub location: Option<Arc<Location>>,
    /// When it was dropped.
    pub end_unix_nanos: Option<u64>,
    /// What it says of itself.
    pub attributes: Vec<StateAttribute>,
    /// Who has it, as far as that is known.
    pub holders: Vec<Holding>,
    /// How many wait for it.
    pub waiters: u64,
    /// How much it was fought over; `None` if that is not known.
    pub contention: Option<Contention>,
    /// How long it was held, by those who gave it back and were timed: a sample of all.
    pub hold_times: DurationHistogram,
    /// How much of the time between its last two states was waited for it: 1 if one task waited all the time.
    pub(crate) pressure: Option<Pressure>,
    pub(crate) state_at: u64,
    pub(crate) now: u64,
    pub(crate) changed: u64,
}

/// Waiting in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pressure {
    pub(crate) from_unix_nanos: u64,
    pub(crate) to_unix_nanos: u64,
    pub(crate) waited_nanos: u64,
}

/// A task that has a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The task; `None` if it is none that is seen.
    pub task: Option<TaskId>,
    /// Since when.
    pub since_unix_nanos: u64,
    /// Where it was taken.
    pub location: Option<Arc<Location>>,
    /// As `read`; empty for the only way there is.
    pub how: String,
}

impl Resource {
    pub(crate) fn new(mut start: ResourceStart, location: Option<Arc<Location>>) -> Self {
        start.location = None;
        Self {
            start,
            location,
            end_unix_nanos: None,
            attributes: Vec::new(),
            holders: Vec::new(),
            waiters: 0,
            contention: None,
            hold_times: DurationHistogram::default(),
            pressure: None,
            state_at: 0,
            now: 0,
            changed: 0,
        }
    }

    /// How long it has existed, in nanoseconds.
    pub fn total_nanos(&self) -> u64 {
        let until = self.end_unix_nanos.unwrap_or(self.now);
        until.saturating_sub(self.start.start_unix_nanos)
    }

    /// Whether several tasks fight for it: locks and semaphores, not timers or channels.
    pub fn is_lock(&self) -> bool {
        matches!(
            self.start.concrete_type.as_str(),
            "Mutex" | "RwLock" | "Semaphore"
        )
    }

    /// Whether all who hold it must let go before a waiter gets it, rather than any of them.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.start.concrete_type != "Semaphore"
    }
}

/// A task's wait for a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct AsyncOp {
    /// The wait; the index of its location has been replaced by `location`.
    pub op: runtime::AsyncOp,
    /// Where it was called.
    pub location: Option<Arc<Location>>,
    pub(crate) now: u64,
    pub(crate) changed: u64,
}

impl AsyncOp {
    pub(crate) fn new(mut op: runtime::AsyncOp, location: Option<Arc<Location>>) -> Self {
        op.location = None;
        Self {
            op,
            location,
            now: 0,
            changed: 0,
        }
    }

    /// Whether it still waits: polled, not ready, not dropped.
    pub fn is_waiting(&self) -> bool {
        self.op.end_unix_nanos.is_none() && !self.op.is_ready && self.op.polls > 0
    }

    /// How long it has existed, in nanoseconds.
    pub fn total_nanos(&self) -> u64 {
        let until = self.op.end_unix_nanos.unwrap_or(self.now);
        until.saturating_sub(self.op.start_unix_nanos)
    }

    /// How long it was polled, in nanoseconds.
    pub fn busy_nanos(&self) -> u64 {
        let running = match self.op.last_poll_start_unix_nanos {
            Some(start)
                if Some(start) > self.op.last_poll_end_unix_nanos && self.op.end_unix_nanos.is_none() =>
            {
                self.now.saturating_sub(start)
            }
            _ => 0,
        };
        self.op.busy_nanos.saturating_add(running)
    }

    /// How long it waited, in nanoseconds.
    pub fn idle_nanos(&self) -> u64 {
        self.total_nanos().saturating_sub(self.busy_nanos())
    }
}
