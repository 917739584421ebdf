//! Questions about runtimes: tasks as they were, and lanes of what took time.

mod blame;
mod figures;
mod gather;
mod history;
mod innermost;
mod item;
mod lanes;
mod resource_lanes;
mod series;
mod span_task;
mod task_filter;
mod task_lane;
mod task_list;
mod waits;
mod worker_lanes;

pub use blame::Blamed;
pub use gather::{Gathered, Window};
pub use history::{FindingHistory, PastFinding, findings_within};
pub use item::{Item, ItemFlags, ItemKind, Lane, LaneKind, NO_ROW, WokenBy};
pub use lanes::{LaneSums, Lanes, of_span, of_task, of_workers};
pub use resource_lanes::{hold_times, of_resource, wait_times};
pub use series::{POLL_CLASSES, Series, WorkerSeries, series};
pub use span_task::{SpanActivity, SpanTask, task_of};
pub use task_filter::{TaskFilter, TaskFilterError};
pub use task_list::{Group, TaskCounts, TaskLints, TaskSort, groups, tasks};
