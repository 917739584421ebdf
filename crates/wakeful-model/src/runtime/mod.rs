//! What a program saw of its async runtimes: tasks, polls, wakes, resources, and figures of workers.
//!
//! A [`RuntimeBatch`] is what one program reports of one stretch of time, usually a second. Everything that is counted is in
//! its sums, exactly; single polls and wakes are there as far as the program's budget of bytes went.
//!
//! Times are nanoseconds of Unix time; ids are unique within a program (one [`Resource`]) and never used again.
//! The words are Tokio's; *busy* is being polled, *scheduled* is woken and waiting for a worker, *idle* is the rest.

mod histogram;
mod ids;
mod insight;
mod locations;
mod metrics;
mod resource;
mod sums;
mod task;

pub use histogram::{Bucket, DurationHistogram};
pub use ids::{AsyncOpId, LocationIndex, ParseTaskIdError, ResourceId, RuntimeId, TaskId, ThreadId};
pub use insight::{Gap, Insight, Loss};
pub use locations::{LocationTable, Place};
pub use metrics::{Flavor, Runtime, RuntimeMetrics, Thread, WorkerMetrics};
pub use resource::{
    AsyncOp, Contention, Holder, ResourceEnd, ResourceStart, ResourceState, StateAttribute, StateValue,
    Telling,
};
pub use sums::{LocationSums, TaskSums, WakerSums};
pub use task::{Location, Poll, TaskEnd, TaskEndKind, TaskKind, TaskStart, Wake, WakeSource};

use crate::Resource;

/// What one program saw of its runtimes between two moments.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuntimeBatch {
    /// The program: `service.name`, `service.instance.id`, `process.pid` and the rest.
    pub resource: Resource,
    /// Where the stretch of time begins.
    pub from_unix_nanos: u64,
    /// Where it ends.
    pub to_unix_nanos: u64,
    /// How deep the program can look into its runtimes.
    pub insight: Insight,
    /// What it cannot see, and what would change that.
    pub gaps: Vec<Gap>,
    /// The runtimes that items of this batch refer to.
    pub runtimes: Vec<Runtime>,
    /// The threads that items of this batch refer to.
    pub threads: Vec<Thread>,
    /// What a [`LocationIndex`] of this batch points into.
    pub locations: Vec<Location>,
    /// Tasks that were spawned. One that is alive may be told again, unchanged.
    pub task_starts: Vec<TaskStart>,
    /// Tasks that are gone.
    pub task_ends: Vec<TaskEnd>,
    /// Single polls: those of recorded spans, long ones, and as many others as the budget allowed.
    pub polls: Vec<Poll>,
    /// Single wakes, with whole polls.
    pub wakes: Vec<Wake>,
    /// Running totals of tasks that changed, as far as the budget allowed; the latest of a task supersedes all before.
    pub task_sums: Vec<TaskSums>,
    /// What happened in this stretch of time, by where tasks were spawned: exact, whatever the budget.
    pub location_sums: Vec<LocationSums>,
    /// Resources that were made. One that exists may be told again, unchanged.
    pub resource_starts: Vec<ResourceStart>,
    /// Resources that are gone.
    pub resource_ends: Vec<ResourceEnd>,
    /// States of resources; the latest of a resource supersedes all before.
    pub resource_states: Vec<ResourceState>,
    /// Waits of tasks for resources; the latest of an id supersedes all before.
    pub async_ops: Vec<AsyncOp>,
    /// Figures of each runtime, about once a second.
    pub metrics: Vec<RuntimeMetrics>,
    /// Records that are missing, by cause.
    pub losses: Vec<Loss>,
}

impl RuntimeBatch {
    /// The location of an index of this batch; `None` for an index that a damaged batch has.
    pub fn location(&self, index: LocationIndex) -> Option<&Location> {
        self.locations.get(index.0 as usize)
    }
}
