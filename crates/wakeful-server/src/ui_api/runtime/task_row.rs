//! A task as a line of a list, for rows of Arrow and of JSON alike.

use serde::Serialize;
use wakeful_live::{Lint, Task, TaskState};
use wakeful_model::runtime::{Bucket, DurationHistogram, TaskEndKind, TaskId};
use wakeful_query::runtime::{POLL_CLASSES, TaskLints};

/// What a list says of a task. Times are Unix nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskRow {
    pub(super) id: TaskId,
    pub(super) state: Option<TaskState>,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) location: String,
    pub(super) fields: String,
    pub(super) parent: Option<TaskId>,
    pub(super) runtime: Option<u64>,
    pub(super) start: u64,
    pub(super) end: Option<(u64, TaskEndKind)>,
    pub(super) total: u64,
    pub(super) busy: Option<u64>,
    pub(super) scheduled: Option<u64>,
    pub(super) idle: Option<u64>,
    pub(super) polls: Option<u64>,
    pub(super) wakes: Option<u64>,
    pub(super) self_wakes: Option<u64>,
    pub(super) wakers: Option<u64>,
    pub(super) last_poll: Option<u64>,
    pub(super) last_wake: Option<u64>,
    pub(super) p50: Option<u64>,
    pub(super) p99: Option<u64>,
    pub(super) longest: Option<u64>,
    pub(super) classes: [u32; POLL_CLASSES.len() + 1],
    pub(super) lints: TaskLints,
}

impl TaskRow {
    pub(super) fn of(task: &Task, lints: TaskLints) -> Self {
        let sums = task.sums.as_ref();
        let wakers = sums.and_then(|sums| sums.wakers.as_ref());
        let times = sums
            .map(|sums| &sums.poll_times)
            .filter(|times| !times.buckets.is_empty());
        Self {
            id: task.start.id,
            state: task.state(),
            name: task.start.name.clone(),
            kind: task.start.kind.name(),
            location: task
                .location
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            fields: fields(task),
            parent: task.start.parent,
            runtime: task.start.runtime.map(|runtime| runtime.0),
            start: task.start.start_unix_nanos,
            end: task.end.as_ref().map(|end| (end.end_unix_nanos, end.kind)),
            total: task.total_nanos(),
            busy: task.busy_nanos(),
            scheduled: task.scheduled_nanos(),
            // Without wakes, idle and scheduled are one.
            idle: task.scheduled_nanos().and(task.idle_nanos()),
            polls: sums.map(|sums| sums.polls),
            wakes: wakers.map(|wakers| wakers.wakes),
            self_wakes: wakers.map(|wakers| wakers.self_wakes),
            wakers: task.live_wakers(),
            last_poll: sums.and_then(|sums| sums.last_poll_start_unix_nanos),
            last_wake: task.last_wake_unix_nanos(),
            p50: times.map(|times| times.quantile_nanos(0.5)),
            p99: times.map(|times| times.quantile_nanos(0.99)),
            longest: times.map(|times| times.max_nanos),
            classes: times.map_or([0; POLL_CLASSES.len() + 1], classes),
            lints,
        }
    }
}

/// What else is known of a task, as tokio-console shows it.
fn fields(task: &Task) -> String {
    let start = &task.start;
    let bytes = start.future_bytes.map(|bytes| format!("size.bytes={bytes}"));
    let stored = start
        .stored_bytes
        .filter(|stored| Some(*stored) != start.future_bytes);
    let stored = stored.map(|bytes| format!("stored.bytes={bytes}"));
    let named = (!start.type_name.is_empty()).then(|| format!("type={}", start.type_name));
    let parts: Vec<String> = [bytes, stored, named].into_iter().flatten().collect();
    parts.join(" ")
}

/// The buckets of a histogram, in decades.
fn classes(times: &DurationHistogram) -> [u32; POLL_CLASSES.len() + 1] {
    let mut classes = [0_u32; POLL_CLASSES.len() + 1];
    for bucket in &times.buckets {
        let nanos = Bucket::start_nanos(bucket.index);
        let class = POLL_CLASSES.partition_point(|end| *end <= nanos);
        classes[class] = classes[class].saturating_add(u32::try_from(bucket.count).unwrap_or(u32::MAX));
    }
    classes
}

/// The number of a state in the page's API.
pub(super) fn state_number(state: Option<TaskState>) -> u8 {
    match state {
        Some(TaskState::Idle) => 0,
        Some(TaskState::Scheduled) => 1,
        Some(TaskState::Running) => 2,
        Some(TaskState::Done) => 3,
        None => 4,
    }
}

/// The number of an end in the page's API.
pub(super) fn end_number(end: Option<(u64, TaskEndKind)>) -> u8 {
    match end.map(|(_, kind)| kind) {
        None => 0,
        Some(TaskEndKind::Completed) => 1,
        Some(TaskEndKind::Panicked) => 2,
        Some(TaskEndKind::Dropped) => 3,
        Some(TaskEndKind::Unknown) => 4,
    }
}

/// A row in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonRow {
    id: String,
    state: Option<&'static str>,
    name: String,
    kind: &'static str,
    location: String,
    fields: String,
    parent: Option<String>,
    runtime: Option<String>,
    start_unix_nanos: String,
    end_unix_nanos: Option<String>,
    ended: Option<&'static str>,
    total: u64,
    busy: Option<u64>,
    scheduled: Option<u64>,
    idle: Option<u64>,
    polls: Option<u64>,
    wakes: Option<u64>,
    self_wakes: Option<u64>,
    wakers: Option<u64>,
    last_poll_unix_nanos: Option<String>,
    last_wake_unix_nanos: Option<String>,
    p50: Option<u64>,
    p99: Option<u64>,
    longest: Option<u64>,
    poll_times: [u32; POLL_CLASSES.len() + 1],
    lints: Vec<&'static str>,
}

impl JsonRow {
    /// Whether a row says something that an earlier one did not, but that time has passed.
    pub(super) fn differs(&self, earlier: &Self) -> bool {
        let same_times = Self {
            total: earlier.total,
            busy: earlier.busy,
            scheduled: earlier.scheduled,
            idle: earlier.idle,
            ..self.clone()
        };
        same_times != *earlier
    }
}

impl From<TaskRow> for JsonRow {
    fn from(row: TaskRow) -> Self {
        let text = |number: Option<u64>| number.map(|number| number.to_string());
        Self {
            id: row.id.to_string(),
            state: row.state.map(TaskState::name),
            name: row.name,
            kind: row.kind,
            location: row.location,
            fields: row.fields,
            parent: row.parent.map(|parent| parent.to_string()),
            runtime: text(row.runtime),
            start_unix_nanos: row.start.to_string(),
            end_unix_nanos: text(row.end.map(|(end, _)| end)),
            ended: row.end.map(|(_, kind)| kind.name()),
            total: row.total,
            busy: row.busy,
            scheduled: row.scheduled,
            idle: row.idle,
            polls: row.polls,
            wakes: row.wakes,
            self_wakes: row.self_wakes,
            wakers: row.wakers,
            last_poll_unix_nanos: text(row.last_poll),
            last_wake_unix_nanos: text(row.last_wake),
            p50: row.p50,
            p99: row.p99,
            longest: row.longest,
            poll_times: row.classes,
            lints: row.lints.list().map(Lint::name).collect(),
        }
    }
}
