//! What was counted, by task and by spawn location.

use super::{DurationHistogram, LocationIndex, RuntimeId, TaskId, TaskKind};

/// Totals of one task since its start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskSums {
    /// The task.
    pub task: TaskId,
    /// Polls that have begun.
    pub polls: u64,
    /// How long those that have ended took.
    pub busy_nanos: u64,
    /// How long it was woken and waited for a worker; `None` if its wakes are not known.
    pub scheduled_nanos: Option<u64>,
    /// When its first poll began.
    pub first_poll_unix_nanos: Option<u64>,
    /// When its latest poll began.
    pub last_poll_start_unix_nanos: Option<u64>,
    /// When its latest poll that has ended did; before `last_poll_start_unix_nanos` while it is polled.
    pub last_poll_end_unix_nanos: Option<u64>,
    /// Its wakes and wakers; `None` if they are not known.
    pub wakers: Option<WakerSums>,
    /// How long its polls took.
    pub poll_times: DurationHistogram,
    /// How long it waited for a worker before each poll.
    pub scheduled_times: DurationHistogram,
}

/// Wakes and wakers of one task since its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WakerSums {
    /// Wakes.
    pub wakes: u64,
    /// Those of them that came from the task's own polls.
    pub self_wakes: u64,
    /// Wakers that were cloned.
    pub clones: u64,
    /// Wakers that were dropped, those that were used up by a wake included.
    pub drops: u64,
    /// When it was woken last.
    pub last_wake_unix_nanos: Option<u64>,
}

/// What the tasks of one spawn location did in a stretch of time. The counts are exact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LocationSums {
    /// Where the tasks were spawned; `None` for tasks whose spawn was not seen.
    pub location: Option<LocationIndex>,
    /// What runs them.
    pub kind: TaskKind,
    /// The runtime that they belong to.
    pub runtime: Option<RuntimeId>,
    /// Where the stretch of time begins.
    pub from_unix_nanos: u64,
    /// Where it ends.
    pub to_unix_nanos: u64,
    /// Tasks that were alive at its end.
    pub alive: u64,
    /// Tasks that were spawned.
    pub started: u64,
    /// Tasks that went.
    pub ended: u64,
    /// Polls that ended.
    pub polls: u64,
    /// How long they took.
    pub busy_nanos: u64,
    /// The longest of them.
    pub longest_poll_nanos: u64,
    /// How long tasks were woken and waited for a worker; `None` if no task's wakes are known.
    pub scheduled_nanos: Option<u64>,
    /// The longest such wait.
    pub longest_scheduled_nanos: u64,
    /// Wakes; `None` if no task's are known.
    pub wakes: Option<u64>,
    /// Those of them that came from the tasks' own polls.
    pub self_wakes: u64,
}
