//! From records of tasks to a batch a second.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::runtime::{
    Insight, LocationTable, Loss, Poll, RuntimeBatch, TaskEnd, TaskId, Thread, ThreadId, Wake,
};
use wakeful_subscriber::{FinishedPoll, RunningPoll, StartedTask, SummedPolls};

use super::budget::{Budget, Worth};
use super::sums::{Group, GroupSums};
use super::task::Task;
use crate::settings::RuntimeSettings;

/// Bytes that an item takes as a message, at most, if no text is in it.
const POLL_BYTES: usize = 40;
const WAKE_BYTES: usize = 24;
const END_BYTES: usize = 20;
const GROUP_BYTES: usize = 120;
/// A resource's start or state, or a wait for one.
const RESOURCE_BYTES: usize = 120;
/// Figures of a runtime, and of each of its workers.
const FIGURES_BYTES: usize = 60;

/// Counts what tasks do, and keeps what is told of it with the next batch.
#[derive(Debug)]
pub(crate) struct Fold {
    long_poll_nanos: u64,
    budget: Budget,
    tasks: FxHashMap<TaskId, Task>,
    groups: Vec<GroupSums>,
    group_of: FxHashMap<Group, usize>,
    /// Tasks that have something new to tell, each once.
    changed: Vec<TaskId>,
    threads: BTreeMap<u64, Thread>,
    polls: Vec<Poll>,
    wakes: Vec<Wake>,
    ends: Vec<TaskEnd>,
    /// Gone with this batch.
    gone: Vec<TaskId>,
    from_unix_nanos: u64,
    left_out: Loss,
    losses: BTreeMap<&'static str, u64>,
    /// Whether anything of a runtime was seen.
    has_seen: bool,
}

impl Fold {
    pub(crate) fn new(settings: &RuntimeSettings, now_unix_nanos: u64) -> Self {
        Self {
            long_poll_nanos: u64::try_from(settings.long_poll.as_nanos()).unwrap_or(u64::MAX),
            budget: Budget::new(settings.bytes_per_second),
            tasks: FxHashMap::default(),
            // Tasks whose spawn was not seen are the first group.
            groups: vec![GroupSums::default()],
            group_of: FxHashMap::default(),
            changed: Vec::new(),
            threads: BTreeMap::new(),
            polls: Vec::new(),
            wakes: Vec::new(),
            ends: Vec::new(),
            gone: Vec::new(),
            from_unix_nanos: now_unix_nanos,
            left_out: Loss {
                cause: "budget".to_owned(),
                ..Loss::default()
            },
            losses: BTreeMap::new(),
            has_seen: false,
        }
    }

    /// Whether anything of a runtime was ever seen.
    pub(crate) fn has_seen(&self) -> bool {
        self.has_seen
    }

    pub(crate) fn task_start(&mut self, started: &StartedTask<'_>) {
        self.has_seen = true;
        let group = Group::new(started.location, started.kind, started.runtime);
        let groups = &mut self.groups;
        let at = *self.group_of.entry(group).or_insert_with(|| {
            groups.push(GroupSums::new(group, Some(started.location)));
            groups.len() - 1
        });
        let task = self.tasks.entry(started.id).or_default();
        if task.is_started() {
            // A hook of the runtime has told of it; whoever spawned it knows more.
            task.add_to_start(started);
            return;
        }
        if task.is_changed {
            // It was polled before: then it was counted among those whose spawn was not seen.
            let unseen = &mut groups[task.group];
            unseen.alive = unseen.alive.saturating_sub(1);
            unseen.started = unseen.started.saturating_sub(1);
        }
        groups[at].alive += 1;
        groups[at].started += 1;
        task.begin(started, at);
        mark_changed(task, started.id, &mut self.changed);
    }

    pub(crate) fn task_end(&mut self, end: &TaskEnd) {
        // The second time it is not there any more, or it is about to go.
        let Some(task) = self.tasks.get_mut(&end.id) else {
            return;
        };
        if task.is_gone {
            return;
        }
        task.is_gone = true;
        let group = &mut self.groups[task.group];
        group.alive = group.alive.saturating_sub(1);
        group.ended += 1;
        mark_changed(task, end.id, &mut self.changed);
        self.gone.push(end.id);
        self.ends.push(end.clone());
    }

    pub(crate) fn poll(&mut self, finished: &FinishedPoll<'_>) {
        self.has_seen = true;
        let task = known(&mut self.tasks, &mut self.groups, finished.task);
        let added = task.add(finished);
        let duration_nanos = finished.duration_nanos;
        let group = &mut self.groups[task.group];
        group.polls += 1;
        group.busy_nanos += duration_nanos;
        group.longest_poll_nanos = group.longest_poll_nanos.max(duration_nanos);
        group.self_wakes += added.self_wakes;
        if let Some(wakes) = added.wakes {
            *group.wakes.get_or_insert(0) += wakes;
        }
        if let Some(nanos) = added.scheduled_nanos {
            *group.scheduled_nanos.get_or_insert(0) += nanos;
            group.longest_scheduled_nanos = group.longest_scheduled_nanos.max(nanos);
        }
        mark_changed(task, finished.task, &mut self.changed);
        let wake = task.take_wake(finished.start_unix_nanos);
        let is_wanted = finished.entered_span || duration_nanos >= self.long_poll_nanos;
        let worth = match is_wanted {
            true => Worth::Wanted,
            false if finished.wakers.is_some() => Worth::Welcome,
            // What the hooks see of other tasks is in the sums.
            false => {
                self.left_out.polls += 1;
                return;
            }
        };
        if !self.budget.take(POLL_BYTES, worth) {
            self.left_out.polls += 1;
            self.left_out.wakes += u64::from(wake.is_some());
            return;
        }
        let thread = finished.thread;
        let worker = thread.worker();
        self.threads.entry(thread.id).or_insert_with(|| Thread {
            id: ThreadId(thread.id),
            name: thread.name.clone().unwrap_or_default(),
            runtime: worker.map(|(runtime, _)| runtime),
            worker: worker.map(|(_, worker)| worker),
        });
        self.polls.push(Poll {
            task: finished.task,
            thread: ThreadId(thread.id),
            start_unix_nanos: finished.start_unix_nanos,
            duration_nanos,
            scheduled_nanos: added.scheduled_nanos,
        });
        match wake {
            Some(wake) if self.budget.take(WAKE_BYTES, worth) => self.wakes.push(wake),
            Some(_) => self.left_out.wakes += 1,
            None => {}
        }
    }

    pub(crate) fn summed_polls(&mut self, summed: &SummedPolls) {
        self.has_seen = true;
        // Sums come late: a task that is not known has ended meanwhile, on another thread. Or they are those of many tasks.
        let known = summed.task.and_then(|id| Some((id, self.tasks.get_mut(&id)?)));
        let group = match known {
            Some((id, task)) => {
                task.add_summed(summed.polls, summed.busy_nanos);
                mark_changed(task, id, &mut self.changed);
                task.group
            }
            None => 0,
        };
        let group = &mut self.groups[group];
        group.polls += summed.polls;
        group.busy_nanos += summed.busy_nanos;
        group.longest_poll_nanos = group.longest_poll_nanos.max(summed.longest_nanos);
        self.left_out.polls += summed.polls;
    }

    pub(crate) fn running_poll(&mut self, running: &RunningPoll<'_>) {
        // One whose start is not read yet is seen with the next turn.
        let Some(task) = self.tasks.get_mut(&running.task) else {
            return;
        };
        if task.is_polled_since(running.start_unix_nanos) {
            mark_changed(task, running.task, &mut self.changed);
        }
    }

    pub(crate) fn wake(&mut self, wake: &Wake) {
        // A task that is not there any more may have wakers left.
        if let Some(task) = self.tasks.get_mut(&wake.task) {
            task.woken(wake);
            mark_changed(task, wake.task, &mut self.changed);
        }
    }

    pub(crate) fn lost(&mut self, cause: &'static str, records: u64) {
        *self.losses.entry(cause).or_default() += records;
    }

    /// A batch did not arrive: what was told of tasks is told again.
    pub(crate) fn tell_all_again(&mut self) {
        for (id, task) in &mut self.tasks {
            task.is_told_again = true;
            mark_changed(task, *id, &mut self.changed);
        }
    }

    /// Ends the stretch of time that goes on, and gives what was seen in it; `None` if nothing of a runtime was ever seen. `sample` adds
    /// what is looked at only now: figures, resources.
    pub(crate) fn take(
        &mut self,
        now_unix_nanos: u64,
        sample: impl FnOnce(&mut RuntimeBatch, &mut LocationTable),
    ) -> Option<RuntimeBatch> {
        let mut table = LocationTable::default();
        let (from, to) = (self.from_unix_nanos, now_unix_nanos.max(self.from_unix_nanos));
        let mut batch = RuntimeBatch {
            from_unix_nanos: from,
            to_unix_nanos: to,
            ..RuntimeBatch::default()
        };
        sample(&mut batch, &mut table);
        // What was looked at is not told a second time, so it must not be left out either.
        self.has_seen |= tells_of_resources(&batch);
        if !self.has_seen && batch.insight == Insight::Metrics && batch.runtimes.is_empty() {
            self.from_unix_nanos = to;
            return None;
        }
        self.budget.take_anyway(sampled_bytes(&batch));
        for group in &mut self.groups {
            if let Some(sums) = group.take(from, to, &mut table) {
                self.budget.take_anyway(GROUP_BYTES);
                batch.location_sums.push(sums);
            }
        }
        self.tell_tasks(&mut batch, &mut table);
        batch.polls = std::mem::take(&mut self.polls);
        batch.wakes = std::mem::take(&mut self.wakes);
        batch
            .threads
            .extend(std::mem::take(&mut self.threads).into_values());
        batch.locations = table.into_locations();
        let left_out = Loss {
            cause: "budget".to_owned(),
            ..Loss::default()
        };
        let left_out = std::mem::replace(&mut self.left_out, left_out);
        if (left_out.polls, left_out.wakes, left_out.tasks) != (0, 0, 0) {
            batch.losses.push(left_out);
        }
        for (cause, others) in std::mem::take(&mut self.losses) {
            batch.losses.push(Loss {
                cause: cause.to_owned(),
                others,
                ..Loss::default()
            });
        }
        self.budget.renew(to - from);
        self.from_unix_nanos = to;
        Some(batch)
    }

    /// Tells of as many tasks as there is room for, those that are in single polls and those that are gone first.
    fn tell_tasks(&mut self, batch: &mut RuntimeBatch, table: &mut LocationTable) {
        let ends = std::mem::take(&mut self.ends);
        let polled = self.polls.iter().map(|poll| poll.task);
        let first: Vec<TaskId> = polled.chain(ends.iter().map(|end| end.id)).collect();
        let changed = std::mem::take(&mut self.changed);
        // A task may have many polls.
        let mut visited = FxHashSet::default();
        for id in first.into_iter().chain(changed) {
            if !visited.insert(id) {
                continue;
            }
            let Some(task) = self.tasks.get_mut(&id).filter(|task| task.is_changed) else {
                continue;
            };
            let tells_start = !task.is_told || task.is_told_again;
            let new = if tells_start { task.start_bytes() } else { 0 };
            if !self
                .budget
                .take(new + task.sums_bytes() + END_BYTES, Worth::Needed)
            {
                self.left_out.tasks += 1;
                // It is tried again with the next batch.
                self.changed.push(id);
                continue;
            }
            if tells_start && let Some(start) = task.start(id, table) {
                batch.task_starts.push(start);
                task.is_told = true;
                task.is_told_again = false;
            }
            batch.task_sums.push(task.sums(id));
            task.is_changed = false;
        }
        batch.task_ends = ends;
        // The end of a task that nobody was told of would be a riddle.
        let tasks = &mut self.tasks;
        batch
            .task_ends
            .retain(|end| tasks.get(&end.id).is_some_and(|task| task.is_told));
        for id in self.gone.drain(..) {
            tasks.remove(&id);
        }
        self.changed.retain(|id| tasks.contains_key(id));
    }
}

fn tells_of_resources(batch: &RuntimeBatch) -> bool {
    !(batch.resource_starts.is_empty()
        && batch.resource_states.is_empty()
        && batch.async_ops.is_empty()
        && batch.resource_ends.is_empty())
}

/// Bytes of what is looked at once a second, about.
fn sampled_bytes(batch: &RuntimeBatch) -> usize {
    let resources = batch.resource_starts.len() + batch.resource_states.len() + batch.async_ops.len();
    let figures = batch.metrics.iter().map(|metrics| 1 + metrics.workers.len());
    RESOURCE_BYTES * resources
        + END_BYTES * batch.resource_ends.len()
        + FIGURES_BYTES * figures.sum::<usize>()
}

/// The task of that id; one whose spawn was not seen is counted as alive from now on.
fn known<'a>(tasks: &'a mut FxHashMap<TaskId, Task>, groups: &mut [GroupSums], id: TaskId) -> &'a mut Task {
    tasks.entry(id).or_insert_with(|| {
        groups[0].alive += 1;
        groups[0].started += 1;
        Task::default()
    })
}

fn mark_changed(task: &mut Task, id: TaskId, changed: &mut Vec<TaskId>) {
    if !task.is_changed {
        task.is_changed = true;
        changed.push(id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use wakeful_model::runtime::{ResourceState, TaskEndKind, TaskKind};
    use wakeful_subscriber::{Drain, FinishedSpan, LogRecord, NewTask, Recorder, Settings, Sink, recorder};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// A program whose tasks are folded.
    struct Program {
        recorder: Recorder,
        drain: Drain,
        fold: Fold,
        second: u64,
    }

    impl Program {
        fn new(bytes_per_second: usize) -> Self {
            Self::with(bytes_per_second, Settings::default())
        }

        fn with(bytes_per_second: usize, settings: Settings) -> Self {
            let (recorder, drain) = recorder(settings);
            drain.want_tasks(true);
            let settings = RuntimeSettings {
                bytes_per_second,
                // Every poll is told by itself, as far as there is room.
                long_poll: Duration::ZERO,
                ..RuntimeSettings::default()
            };
            Self {
                recorder,
                drain,
                fold: Fold::new(&settings, 0),
                second: 0,
            }
        }

        fn start(&self, task: u64) {
            let task = NewTask {
                id: TaskId(task),
                location: std::panic::Location::caller().into(),
                name: "",
                kind: TaskKind::Task,
                runtime: None,
                type_name: "",
                future_bytes: None,
                stored_bytes: None,
            };
            self.recorder.task_start(&task, self.recorder.spawn_point());
        }

        fn poll(&self, task: u64) {
            self.recorder.begin_poll(TaskId(task), 0);
            self.recorder.end_poll(TaskId(task), None);
        }

        fn read(&mut self) {
            self.drain.drain(&mut IntoFold(&mut self.fold));
        }

        fn next_batch(&mut self) -> RuntimeBatch {
            self.read();
            self.second += 1;
            self.fold.take(self.second * SECOND, |_, _| {}).unwrap()
        }
    }

    struct IntoFold<'a>(&'a mut Fold);

    impl Sink for IntoFold<'_> {
        fn span(&mut self, _span: &FinishedSpan<'_>) {}
        fn log(&mut self, _record: &LogRecord<'_>) {}
        fn lost(&mut self, loss: &wakeful_subscriber::Loss<'_>) {
            self.0.lost(loss.cause.name(), loss.records);
        }
        fn task_start(&mut self, task: &StartedTask<'_>) {
            self.0.task_start(task);
        }
        fn task_end(&mut self, end: &TaskEnd) {
            self.0.task_end(end);
        }
        fn poll(&mut self, poll: &FinishedPoll<'_>) {
            self.0.poll(poll);
        }
        fn summed_polls(&mut self, polls: &SummedPolls) {
            self.0.summed_polls(polls);
        }
    }

    #[test]
    fn a_task_that_ends_while_the_ring_is_full_is_gone() {
        let ring_bytes = 4096;
        let mut program = Program::with(
            1_000_000,
            Settings {
                ring_bytes_min: ring_bytes,
                ring_bytes_max: ring_bytes,
                ..Settings::default()
            },
        );
        (1..=4).for_each(|task| program.start(task));
        program.read();
        (0..ring_bytes).for_each(|_| program.poll(1));
        for task in [1, 2, 3] {
            program.recorder.task_end(TaskId(task), TaskEndKind::Completed);
        }
        program.read();
        // Now there is room for what is kept.
        program.poll(4);
        let batch = program.next_batch();
        assert_eq!(batch.task_ends.len(), 3);
        let [sums] = batch.location_sums.as_slice() else {
            panic!("{:?}", batch.location_sums)
        };
        assert_eq!((sums.alive, sums.ended), (1, 3));
        assert_eq!(sums.polls, ring_bytes as u64 + 1);
        assert_eq!(program.fold.tasks.len(), 1);
    }

    #[test]
    fn a_program_that_has_locks_alone_tells_of_them() {
        let mut fold = Fold::new(&RuntimeSettings::default(), 0);
        assert!(fold.take(SECOND, |_, _| {}).is_none());
        let batch = fold.take(2 * SECOND, |batch, _| {
            batch.resource_states.push(ResourceState::default());
        });
        assert_eq!(batch.map(|batch| batch.resource_states.len()), Some(1));
        assert!(fold.take(3 * SECOND, |_, _| {}).is_some());
    }

    #[test]
    fn sums_of_polls_do_not_bring_a_task_back() {
        let mut program = Program::new(1_000_000);
        program.fold.summed_polls(&SummedPolls {
            task: Some(TaskId(1)),
            polls: 3,
            busy_nanos: 30,
            longest_nanos: 20,
        });
        let batch = program.next_batch();
        assert_eq!(
            (batch.location_sums[0].alive, batch.location_sums[0].polls),
            (0, 3)
        );
        assert_eq!(batch.task_sums, []);
        assert!(program.fold.tasks.is_empty());
    }

    #[test]
    fn single_polls_leave_room_for_the_tasks_that_they_are_of() {
        let mut program = Program::new(100_000);
        (1..=50).for_each(|task| program.start(task));
        for second in 1..=5 {
            // Many more polls than there is room for.
            for task in 1..=50 {
                (0..200).for_each(|_| program.poll(task));
                program.read();
            }
            let batch = program.next_batch();
            assert_eq!(batch.task_sums.len(), 50, "second {second}");
            assert!(batch.polls.len() > 1_000, "{}", batch.polls.len());
            assert_eq!(program.fold.changed, []);
        }
    }

    #[test]
    fn a_task_without_room_waits_for_it_once() {
        // There is room for a single poll, and none for what is told of a task.
        let mut program = Program::new(80);
        program.start(1);
        for second in 1..=5 {
            (0..10).for_each(|_| program.poll(1));
            let batch = program.next_batch();
            assert_eq!(batch.losses[0].tasks, 1, "second {second}");
            assert_eq!(program.fold.changed, [TaskId(1)]);
        }
    }
}
