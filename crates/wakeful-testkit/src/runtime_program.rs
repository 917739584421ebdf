//! A program that reports its runtime, second by second.

use wakeful_model::runtime::{
    Insight, Location, LocationIndex, LocationSums, Poll, Runtime, RuntimeBatch, RuntimeId, RuntimeMetrics,
    TaskId, TaskStart, TaskSums, Thread, ThreadId, Wake, WakeSource, WakerSums, WorkerMetrics,
};
use wakeful_model::{Attribute, Resource};

use crate::random::Random;

const SECOND: u64 = 1_000_000_000;

/// What a generated program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimePlan {
    /// Seed of everything that is left to chance.
    pub seed: u64,
    /// Tasks, all alive from the first second on.
    pub tasks: u64,
    /// Workers.
    pub workers: u32,
    /// Polls in each second, over all workers.
    pub polls_a_second: u64,
    /// Where the first second begins, Unix nanoseconds.
    pub start_unix_nanos: u64,
}

impl Default for RuntimePlan {
    fn default() -> Self {
        Self {
            seed: 1,
            tasks: 1_000,
            workers: 4,
            polls_a_second: 10_000,
            start_unix_nanos: 1_700_000_000 * SECOND,
        }
    }
}

/// Batches of a second each, without end. Polls of one worker do not overlap, and each has the wake that led to it.
#[derive(Debug, Clone)]
pub struct RuntimeProgram {
    plan: RuntimePlan,
    random: Random,
    second: u64,
    sums: Vec<TaskSums>,
}

impl RuntimeProgram {
    /// A program that has not begun yet.
    pub fn new(plan: RuntimePlan) -> Self {
        let sums = |id| TaskSums {
            task: TaskId(id),
            scheduled_nanos: Some(0),
            wakers: Some(WakerSums::default()),
            ..TaskSums::default()
        };
        Self {
            plan,
            random: Random::new(plan.seed),
            second: 0,
            sums: (1..=plan.tasks).map(sums).collect(),
        }
    }

    /// Which program it says that it is.
    pub fn resource() -> Resource {
        Resource {
            attributes: vec![
                Attribute::new("service.name", "generated"),
                Attribute::new("process.pid", 1),
            ],
            ..Resource::default()
        }
    }

    fn poll(&mut self, thread: ThreadId, at: u64, room: u64) -> (Poll, Wake) {
        let task = self.random.below(self.sums.len());
        let duration = (self.random.log_normal(20_000.0, 1.0) as u64).clamp(200, room);
        let scheduled = self.random.log_normal(5_000.0, 1.0) as u64;
        let by = match self.random.below(3) {
            0 => WakeSource::Driver,
            1 => WakeSource::Thread,
            _ => WakeSource::Task(TaskId(1 + self.random.below(self.sums.len()) as u64)),
        };
        let sums = &mut self.sums[task];
        sums.polls += 1;
        sums.busy_nanos += duration;
        sums.scheduled_nanos = sums.scheduled_nanos.map(|sum| sum + scheduled);
        sums.first_poll_unix_nanos.get_or_insert(at);
        sums.last_poll_start_unix_nanos = Some(at);
        sums.last_poll_end_unix_nanos = Some(at + duration);
        sums.poll_times.record(duration);
        sums.scheduled_times.record(scheduled);
        if let Some(wakers) = &mut sums.wakers {
            wakers.wakes += 1;
            wakers.last_wake_unix_nanos = Some(at - scheduled);
        }
        let poll = Poll {
            task: sums.task,
            thread,
            start_unix_nanos: at,
            duration_nanos: duration,
            scheduled_nanos: Some(scheduled),
        };
        let wake = Wake {
            task: sums.task,
            at_unix_nanos: at - scheduled,
            by,
            thread: Some(thread),
        };
        (poll, wake)
    }
}

impl Iterator for RuntimeProgram {
    type Item = RuntimeBatch;

    fn next(&mut self) -> Option<RuntimeBatch> {
        let plan = self.plan;
        let from = plan.start_unix_nanos + self.second * SECOND;
        let workers = u64::from(plan.workers.max(1));
        let each = plan.polls_a_second / workers;
        let step = SECOND / each.max(1);
        let (mut polls, mut wakes) = (Vec::new(), Vec::new());
        for worker in 0..workers {
            for number in 0..each {
                let jitter = self.random.below((step / 4).max(1) as usize) as u64;
                let (poll, wake) = self.poll(ThreadId(2 + worker), from + number * step + jitter, step / 2);
                polls.push(poll);
                wakes.push(wake);
            }
        }
        let is_first = self.second == 0;
        self.second += 1;
        let start = |sums: &TaskSums| TaskStart {
            id: sums.task,
            start_unix_nanos: from,
            location: Some(LocationIndex((sums.task.0 % 8) as u32)),
            runtime: Some(RuntimeId(1)),
            ..TaskStart::default()
        };
        let busy = polls.iter().map(|poll| poll.duration_nanos).sum();
        Some(RuntimeBatch {
            resource: Self::resource(),
            from_unix_nanos: from,
            to_unix_nanos: from + SECOND,
            insight: Insight::Hooks,
            runtimes: vec![Runtime {
                id: RuntimeId(1),
                name: "main".to_owned(),
                workers: plan.workers,
                ..Runtime::default()
            }],
            threads: (0..plan.workers).map(worker_thread).collect(),
            locations: (0..8).map(location).collect(),
            task_starts: if is_first {
                self.sums.iter().map(start).collect()
            } else {
                Vec::new()
            },
            location_sums: vec![LocationSums {
                location: Some(LocationIndex(0)),
                from_unix_nanos: from,
                to_unix_nanos: from + SECOND,
                alive: plan.tasks,
                started: if is_first { plan.tasks } else { 0 },
                polls: polls.len() as u64,
                busy_nanos: busy,
                ..LocationSums::default()
            }],
            polls,
            wakes,
            task_sums: self.sums.clone(),
            metrics: vec![RuntimeMetrics {
                runtime: RuntimeId(1),
                at_unix_nanos: from + SECOND,
                alive_tasks: Some(plan.tasks),
                workers: (0..plan.workers)
                    .map(|worker| WorkerMetrics {
                        worker,
                        ..WorkerMetrics::default()
                    })
                    .collect(),
                ..RuntimeMetrics::default()
            }],
            ..RuntimeBatch::default()
        })
    }
}

fn worker_thread(number: u32) -> Thread {
    Thread {
        id: ThreadId(2 + u64::from(number)),
        name: format!("worker {number}"),
        runtime: Some(RuntimeId(1)),
        worker: Some(number),
    }
}

fn location(line: u32) -> Location {
    Location {
        file: "src/server.rs".to_owned(),
        line: 10 + line,
        column: 9,
    }
}
