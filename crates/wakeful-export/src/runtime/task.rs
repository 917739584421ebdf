//! One task, as far as the fold knows it.

use wakeful_model::runtime::{
    DurationHistogram, LocationTable, Place, RuntimeId, TaskId, TaskKind, TaskStart, TaskSums, Wake,
    WakerSums,
};
use wakeful_model::{SpanId, TraceId};
use wakeful_subscriber::{FinishedPoll, StartedTask, WakerCounts};

/// What is known of a task, and its sums since its start.
#[derive(Debug, Default)]
pub(super) struct Task {
    /// Of [`super::fold::Fold`]'s groups.
    pub(super) group: usize,
    /// `None` until its start is told.
    start: Option<Box<Start>>,
    /// Whether the receiver was told of it.
    pub(super) is_told: bool,
    /// Whether the receiver may not have got what it was told.
    pub(super) is_told_again: bool,
    /// Its end is told with the next batch.
    pub(super) is_gone: bool,
    /// Whether it stands in the list of those that changed.
    pub(super) is_changed: bool,
    polls: u64,
    busy_nanos: u64,
    scheduled_nanos: Option<u64>,
    first_poll_unix_nanos: u64,
    last_poll_start_unix_nanos: u64,
    last_poll_end_unix_nanos: u64,
    last_wake_unix_nanos: u64,
    wakers: Option<WakerCounts>,
    poll_times: DurationHistogram,
    scheduled_times: DurationHistogram,
    /// Wakes that no poll has followed yet: at most one before a poll and one during it.
    wakes: Vec<Wake>,
}

#[derive(Debug)]
struct Start {
    start_unix_nanos: u64,
    parent: Option<TaskId>,
    location: Place,
    name: Box<str>,
    kind: TaskKind,
    runtime: Option<RuntimeId>,
    type_name: &'static str,
    future_bytes: Option<u64>,
    stored_bytes: Option<u64>,
    spawned_in: Option<(TraceId, SpanId)>,
}

/// What a poll adds to the sums of its task's group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    pub(super) scheduled_nanos: Option<u64>,
    pub(super) wakes: Option<u64>,
    pub(super) self_wakes: u64,
}

impl Task {
    pub(super) fn is_started(&self) -> bool {
        self.start.is_some()
    }

    pub(super) fn begin(&mut self, task: &StartedTask<'_>, group: usize) {
        self.group = group;
        self.start = Some(Box::new(Start {
            start_unix_nanos: task.start_unix_nanos,
            parent: task.parent,
            location: task.location,
            name: task.name.into(),
            kind: task.kind,
            runtime: task.runtime,
            type_name: task.type_name,
            future_bytes: task.future_bytes,
            stored_bytes: task.stored_bytes,
            spawned_in: task.spawned_in,
        }));
    }

    /// Takes what was not said before.
    pub(super) fn add_to_start(&mut self, task: &StartedTask<'_>) {
        let Some(start) = &mut self.start else {
            return;
        };
        if start.name.is_empty() {
            start.name = task.name.into();
        }
        if start.type_name.is_empty() {
            start.type_name = task.type_name;
        }
        start.runtime = start.runtime.or(task.runtime);
        start.future_bytes = start.future_bytes.or(task.future_bytes);
        start.stored_bytes = start.stored_bytes.or(task.stored_bytes);
    }

    /// Counts a poll.
    pub(super) fn add(&mut self, poll: &FinishedPoll<'_>) -> Added {
        let start = poll.start_unix_nanos;
        let scheduled_nanos = poll
            .woken_unix_nanos
            // A wake during a poll makes it wait from that poll's end on.
            .map(|woken| start.saturating_sub(woken.max(self.last_poll_end_unix_nanos)));
        self.polls += 1;
        self.busy_nanos += poll.duration_nanos;
        self.poll_times.record(poll.duration_nanos);
        if let Some(nanos) = scheduled_nanos {
            *self.scheduled_nanos.get_or_insert(0) += nanos;
            self.scheduled_times.record(nanos);
        }
        if self.first_poll_unix_nanos == 0 {
            self.first_poll_unix_nanos = start;
        }
        self.last_poll_start_unix_nanos = start;
        self.last_poll_end_unix_nanos = start.saturating_add(poll.duration_nanos);
        let before = self.wakers.unwrap_or_default();
        self.wakers = poll.wakers.or(self.wakers);
        let counted = poll.wakers;
        Added {
            scheduled_nanos,
            wakes: counted.map(|now| u64::from(now.wakes.wrapping_sub(before.wakes))),
            self_wakes: counted.map_or(0, |now| u64::from(now.self_wakes.wrapping_sub(before.self_wakes))),
        }
    }

    /// Counts polls of which there are sums alone.
    pub(super) fn add_summed(&mut self, polls: u64, busy_nanos: u64) {
        self.polls += polls;
        self.busy_nanos += busy_nanos;
    }

    /// Notes a poll that has not ended.
    pub(super) fn is_polled_since(&mut self, start_unix_nanos: u64) -> bool {
        let is_new = start_unix_nanos > self.last_poll_start_unix_nanos;
        if is_new {
            self.last_poll_start_unix_nanos = start_unix_nanos;
            if self.first_poll_unix_nanos == 0 {
                self.first_poll_unix_nanos = start_unix_nanos;
            }
        }
        is_new
    }

    pub(super) fn woken(&mut self, wake: &Wake) {
        self.last_wake_unix_nanos = wake.at_unix_nanos;
        if self.wakes.len() < 2 {
            self.wakes.reserve_exact(1);
            self.wakes.push(wake.clone());
        }
    }

    /// The wake that led to the poll that began then.
    pub(super) fn take_wake(&mut self, start_unix_nanos: u64) -> Option<Wake> {
        let is_before = |wake: &Wake| wake.at_unix_nanos <= start_unix_nanos;
        let wake = self.wakes.first().is_some_and(is_before);
        let wake = wake.then(|| self.wakes.remove(0));
        if self.wakes.is_empty() {
            // A task that waits keeps no room for what woke it.
            self.wakes = Vec::new();
        }
        wake
    }

    /// What is told of its start.
    pub(super) fn start(&self, id: TaskId, table: &mut LocationTable) -> Option<TaskStart> {
        let start = self.start.as_ref()?;
        Some(TaskStart {
            id,
            start_unix_nanos: start.start_unix_nanos,
            parent: start.parent,
            location: Some(table.index(start.location)),
            name: start.name.clone().into_string(),
            kind: start.kind,
            runtime: start.runtime,
            type_name: start.type_name.to_owned(),
            future_bytes: start.future_bytes,
            // Tokio itself decides whether to put a future into a box, and its spans alone say so.
            stored_bytes: start.stored_bytes,
            spawned_in: start.spawned_in,
        })
    }

    /// Bytes that its start takes as a message, about.
    pub(super) fn start_bytes(&self) -> usize {
        let texts = |start: &Start| start.name.len() + start.type_name.len();
        80 + self.start.as_deref().map_or(0, texts)
    }

    /// Bytes that its sums take as a message, about.
    pub(super) fn sums_bytes(&self) -> usize {
        96 + 4 * (self.poll_times.buckets.len() + self.scheduled_times.buckets.len())
    }

    /// Its totals. A poll that has not ended is among them.
    pub(super) fn sums(&self, id: TaskId) -> TaskSums {
        let time = |nanos: u64| (nanos != 0).then_some(nanos);
        let is_running = self.last_poll_start_unix_nanos > self.last_poll_end_unix_nanos;
        TaskSums {
            task: id,
            polls: self.polls + u64::from(is_running),
            busy_nanos: self.busy_nanos,
            scheduled_nanos: self.scheduled_nanos,
            first_poll_unix_nanos: time(self.first_poll_unix_nanos),
            last_poll_start_unix_nanos: time(self.last_poll_start_unix_nanos),
            last_poll_end_unix_nanos: time(self.last_poll_end_unix_nanos),
            wakers: self.wakers.map(|counts| WakerSums {
                // A wake after the latest poll is counted by the next one.
                wakes: u64::from(counts.wakes)
                    + u64::from(self.last_wake_unix_nanos > self.last_poll_end_unix_nanos),
                self_wakes: u64::from(counts.self_wakes),
                clones: u64::from(counts.clones),
                drops: u64::from(counts.drops),
                last_wake_unix_nanos: time(self.last_wake_unix_nanos),
            }),
            poll_times: self.poll_times.clone(),
            scheduled_times: self.scheduled_times.clone(),
        }
    }
}
