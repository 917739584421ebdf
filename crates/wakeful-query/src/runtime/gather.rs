//! What is stored of a stretch of time, brought together.

use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Gap, Insight, Poll, ResourceState, RuntimeBatch, RuntimeMetrics, TaskId, Thread,
    ThreadId, Wake,
};
use wakeful_store::{ProgramId, RuntimeStore};

use super::figures::Figures;

/// More polls than these are not held in memory for an answer.
const POLLS_MAX: usize = 2_000_000;

/// The same for wakes.
const WAKES_MAX: usize = 500_000;

/// Causes of losses are strangers' text.
const CAUSES_MAX: usize = 100;

/// And for states of resources, …
const STATES_MAX: usize = 200_000;

/// … waits, …
const OPS_MAX: usize = 200_000;

/// … totals of tasks, …
const TOTALS_MAX: usize = 500_000;

/// … threads, …
const THREADS_MAX: usize = 20_000;

/// … and stretches between which nothing was told.
const TOLD_MAX: usize = 10_000;

/// Between batches that are no further apart nothing is missing.
const APART_NANOS: u64 = 1_000_000_000;

/// A stretch of time, nanoseconds of Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub from: u64,
    /// Where it ends; not before `from`.
    pub to: u64,
}

impl Window {
    /// Both ends.
    pub fn range(self) -> RangeInclusive<u64> {
        self.from..=self.to
    }

    /// How long a pixel is if it is drawn on so many.
    pub fn nanos_a_pixel(self, pixels: u32) -> u64 {
        (self.to - self.from) / u64::from(pixels.max(1))
    }

    /// Whether any part of a stretch lies within.
    pub(super) fn overlaps(self, start: u64, end: u64) -> bool {
        start <= self.to && end >= self.from
    }
}

/// Totals of a task at the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Polls that have ended since its start, and how long they took.
    pub(super) polls: u64,
    pub(super) busy: u64,
    /// Those that the batch tells one by one.
    pub(super) whole_polls: u64,
    pub(super) whole_busy: u64,
}

/// Polls, wakes and more of a program within a window.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// By start.
    pub polls: Vec<Poll>,
    /// By time.
    pub wakes: Vec<Wake>,
    /// Threads that were told of.
    pub threads: FxHashMap<ThreadId, Thread>,
    /// Figures of runtimes, by time.
    pub metrics: Vec<RuntimeMetrics>,
    /// How deep the program could look at the end.
    pub insight: Insight,
    /// What it could not see, at the end.
    pub gaps: Vec<Gap>,
    /// Records that were lost, by cause, with how many: those that are in no sum either, and those that are in sums alone.
    pub lost: Vec<(String, u64)>,
    /// Stretches of time that batches told of, by start; those that are no more than a second apart are one.
    pub told: Vec<(u64, u64)>,
    /// Polls that ended, by spawn location's exact counts, with the longest: by the end of their stretch.
    pub polls_counted: Vec<(u64, u64, u64)>,
    /// States of resources, as they came.
    pub(super) states: Vec<ResourceState>,
    pub(super) totals: FxHashMap<TaskId, Vec<Total>>,
    pub(super) totals_count: usize,
    pub(super) ops: FxHashMap<AsyncOpId, (AsyncOp, Option<String>)>,
    /// What could not be read, or is too much, in sentences.
    pub problems: Vec<String>,
}

impl Gathered {
    /// Reads what is stored of a program's window. Totals and waits are those of the given task alone, if there is one. Blocks.
    pub fn read(store: &RuntimeStore, program: ProgramId, window: Window, task: Option<TaskId>) -> Self {
        let (mut all, mut figures) = (Self::default(), Figures::default());
        let problems = store.each_batch(program, &window.range(), |batch| {
            all.add(batch, window, task);
            all.add_figures(&mut figures, batch, window);
        });
        all.metrics = figures.metrics;
        all.polls_counted = figures.polls_counted;
        all.problems.extend(problems.iter().map(ToString::to_string));
        all.polls.sort_by_key(|poll| (poll.start_unix_nanos, poll.task));
        // What was sent twice under two stretches of time is there once.
        all.polls.dedup();
        all.wakes.sort_by_key(|wake| (wake.at_unix_nanos, wake.task));
        all.metrics
            .sort_by_key(|metrics| (metrics.at_unix_nanos, metrics.runtime));
        all.told.sort_unstable();
        all
    }

    fn add(&mut self, batch: &RuntimeBatch, window: Window, task: Option<TaskId>) {
        self.insight = batch.insight;
        self.gaps.clone_from(&batch.gaps);
        self.add_told(batch.from_unix_nanos, batch.to_unix_nanos);
        for thread in &batch.threads {
            if self.threads.len() < THREADS_MAX || self.threads.contains_key(&thread.id) {
                self.threads.insert(thread.id, thread.clone());
            }
        }
        let woken = |poll: &Poll| poll.woken_unix_nanos().unwrap_or(poll.start_unix_nanos);
        let polls = batch.polls.iter();
        let polls = polls.filter(|poll| window.overlaps(woken(poll), poll.end_unix_nanos()));
        let room = POLLS_MAX - self.polls.len().min(POLLS_MAX);
        let before = self.polls.len();
        self.polls.extend(polls.take(room + 1).cloned());
        if self.polls.len() - before > room {
            self.polls.truncate(POLLS_MAX);
            self.problem("there are more polls than can be shown; choose a shorter time");
        }
        let wakes = batch.wakes.iter();
        let wakes = wakes.filter(|wake| {
            let is_wanted = task.is_none_or(|task| wake.task == task);
            is_wanted && window.overlaps(wake.at_unix_nanos, wake.at_unix_nanos)
        });
        let room = WAKES_MAX - self.wakes.len().min(WAKES_MAX);
        self.wakes.extend(wakes.take(room).cloned());
        if self.wakes.len() >= WAKES_MAX {
            self.problem("there are more wakes than can be shown; choose a shorter time");
        }
        self.add_totals(batch, task);
        let room = STATES_MAX - self.states.len().min(STATES_MAX);
        self.states
            .extend(batch.resource_states.iter().take(room).cloned());
        for op in &batch.async_ops {
            if self.ops.len() >= OPS_MAX && !self.ops.contains_key(&op.id) {
                self.problem("there are more waits than can be shown; choose a shorter time");
            } else if task.is_none_or(|task| op.task == Some(task)) {
                let location = op.location.and_then(|index| batch.location(index));
                let location = location.map(ToString::to_string);
                self.ops.insert(op.id, (op.clone(), location));
            }
        }
        for loss in &batch.losses {
            let records = [loss.polls, loss.wakes, loss.tasks, loss.others];
            let records = records.into_iter().fold(0_u64, u64::saturating_add);
            match self.lost.iter().position(|(cause, _)| *cause == loss.cause) {
                Some(at) => self.lost[at].1 = self.lost[at].1.saturating_add(records),
                None if self.lost.len() < CAUSES_MAX => self.lost.push((loss.cause.clone(), records)),
                None => {}
            }
        }
    }

    fn add_told(&mut self, from: u64, to: u64) {
        if let Some((first, last)) = self.told.last_mut()
            && *first <= from
            && from <= last.saturating_add(APART_NANOS)
        {
            *last = to.max(*last);
        } else if self.told.len() < TOLD_MAX {
            self.told.push((from, to));
        }
    }

    fn add_figures(&mut self, figures: &mut Figures, batch: &RuntimeBatch, window: Window) {
        for sums in &batch.location_sums {
            figures.count(sums, window);
        }
        for metrics in &batch.metrics {
            if !figures.add(metrics, window) {
                self.problem("there are more workers than can be shown; choose a shorter time");
            }
        }
    }

    fn add_totals(&mut self, batch: &RuntimeBatch, task: Option<TaskId>) {
        let is_wanted = |of: TaskId| task.is_none_or(|task| of == task);
        let mut whole: FxHashMap<TaskId, (u64, u64)> = FxHashMap::default();
        for poll in batch.polls.iter().filter(|poll| is_wanted(poll.task)) {
            let (polls, busy) = whole.entry(poll.task).or_default();
            *polls += 1;
            *busy = busy.saturating_add(poll.duration_nanos);
        }
        for sums in batch.task_sums.iter().filter(|sums| is_wanted(sums.task)) {
            if self.totals_count >= TOTALS_MAX {
                self.problem("there are more tasks than can be shown; choose a shorter time");
                return;
            }
            self.totals_count += 1;
            let (whole_polls, whole_busy) = whole.get(&sums.task).copied().unwrap_or_default();
            let is_polled = sums.last_poll_start_unix_nanos > sums.last_poll_end_unix_nanos;
            self.totals.entry(sums.task).or_default().push(Total {
                from: batch.from_unix_nanos,
                to: batch.to_unix_nanos,
                polls: sums.polls.saturating_sub(u64::from(is_polled)),
                busy: sums.busy_nanos,
                whole_polls,
                whole_busy,
            });
        }
    }

    /// Records that were lost: those that are in sums are not.
    pub fn lost_records(&self) -> u64 {
        let lost = self.lost.iter().filter(|(cause, _)| cause != IN_SUMS);
        lost.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Polls that are in sums alone, so that the program stayed in its budget.
    pub fn summed_records(&self) -> u64 {
        let summed = self.lost.iter().find(|(cause, _)| cause == IN_SUMS);
        summed.map_or(0, |(_, count)| *count)
    }

    fn problem(&mut self, text: &str) {
        if !self.problems.iter().any(|problem| problem == text) {
            self.problems.push(text.to_owned());
        }
    }
}

/// The cause of records that are told as sums alone.
const IN_SUMS: &str = "budget";
