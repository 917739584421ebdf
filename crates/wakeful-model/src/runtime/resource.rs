//! What tasks wait for: locks, semaphores, channels, timers.

use super::{AsyncOpId, DurationHistogram, LocationIndex, ResourceId, TaskId};

/// A resource was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceStart {
    /// The resource.
    pub id: ResourceId,
    /// When it was made.
    pub start_unix_nanos: u64,
    /// `Sync` or `timer`, as Tokio has it.
    pub kind: String,
    /// Its type: `Mutex`, `Semaphore`, `Sleep`.
    pub concrete_type: String,
    /// The module that it comes from: `tokio::sync::mutex`.
    pub target: String,
    /// The name that the program gave it; empty for none.
    pub name: String,
    /// Where it was made.
    pub location: Option<LocationIndex>,
    /// The resource that it is part of: a mutex has a semaphore within.
    pub parent: Option<ResourceId>,
    /// Whether it is a part that the program does not see.
    pub is_internal: bool,
}

/// A resource is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceEnd {
    /// The resource.
    pub id: ResourceId,
    /// When it went.
    pub end_unix_nanos: u64,
}

/// How a resource stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceState {
    /// The resource.
    pub resource: ResourceId,
    /// When it stood so.
    pub at_unix_nanos: u64,
    /// What it says of itself: `locked`, `permits`.
    pub attributes: Vec<StateAttribute>,
    /// Who has it. Empty if nobody does, or if that is not known; then `contention` is `None` too.
    pub holders: Vec<Holder>,
    /// How many waits for it there are.
    pub waiters: u64,
    /// What was counted since it was made; `None` if that is not known.
    pub contention: Option<Contention>,
    /// How long it was held, by those who gave it back since the state before this one and were timed: a sample of all.
    pub hold_times: DurationHistogram,
}

/// What a look at what exists is to tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// What is new, and what has changed.
    #[default]
    Changes,
    /// Everything: whoever listens may have missed some of it.
    Everything,
}

/// One value of a resource's state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateAttribute {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: StateValue,
    /// Its unit: `ms`; empty for none.
    pub unit: String,
}

/// A value of a resource's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateValue {
    /// Text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
}

impl Default for StateValue {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A task that has a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holder {
    /// The task; `None` if it was taken outside any task that is seen.
    pub task: Option<TaskId>,
    /// Since when.
    pub since_unix_nanos: u64,
    /// Where it was taken.
    pub location: Option<LocationIndex>,
    /// How it is held: `read`, `write`, `permits 3`; empty for the only way there is.
    pub how: String,
}

/// How much a resource was fought over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contention {
    /// How often it was taken.
    pub acquisitions: u64,
    /// How often somebody had to wait for it.
    pub contended: u64,
    /// How long they waited, those that still wait not included.
    pub waited_nanos: u64,
    /// How long it was held, those that still hold it not included; `None` if that is not measured.
    pub held_nanos: Option<u64>,
}

/// A task's wait for a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AsyncOp {
    /// The wait.
    pub id: AsyncOpId,
    /// What is waited for.
    pub resource: ResourceId,
    /// The wait that it is part of.
    pub parent: Option<AsyncOpId>,
    /// Who waits; `None` if it is no task that is seen.
    pub task: Option<TaskId>,
    /// What was called: `Mutex::lock`.
    pub source: String,
    /// Where it was called.
    pub location: Option<LocationIndex>,
    /// When it began.
    pub start_unix_nanos: u64,
    /// When it ended; `None` while it goes on.
    pub end_unix_nanos: Option<u64>,
    /// How often it was polled.
    pub polls: u64,
    /// How long those polls took.
    pub busy_nanos: u64,
    /// When its latest poll began.
    pub last_poll_start_unix_nanos: Option<u64>,
    /// When its latest poll that has ended did.
    pub last_poll_end_unix_nanos: Option<u64>,
    /// Whether it got what it waited for. An end without that means that it was dropped.
    pub is_ready: bool,
    /// What it says of itself: `permits_requested`.
    pub attributes: Vec<super::StateAttribute>,
}
