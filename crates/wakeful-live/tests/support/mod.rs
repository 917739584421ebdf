//! A program that tells what a test wants it to, and what a linter says of it.

use expect_test::Expect;
use wakeful_live::{Linter, Live};
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Contention, Holder, Location, LocationIndex, LocationSums, Poll, ResourceId,
    ResourceStart, ResourceState, RuntimeBatch, TaskEnd, TaskEndKind, TaskId, TaskKind, TaskStart, TaskSums,
    WakerSums,
};

pub(crate) const SECOND: u64 = 1_000_000_000;
/// When programs begin: any time will do.
const START: u64 = 1_700_000_000 * SECOND;

/// What a program tells.
pub(crate) struct Program {
    live: Live,
    now: u64,
    batch: RuntimeBatch,
    task: TaskSums,
    resource: ResourceState,
    ops: u64,
}

#[allow(dead_code, reason = "each test file uses its part")]
impl Program {
    /// Five seconds after its start.
    pub(crate) fn new() -> Self {
        Self {
            live: Live::default(),
            now: START + 5 * SECOND,
            batch: RuntimeBatch::default(),
            task: TaskSums::default(),
            resource: ResourceState::default(),
            ops: 0,
        }
    }

    fn tell(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        batch.to_unix_nanos = self.now;
        self.live.fold(&batch);
    }

    fn place(&mut self, line: u32) -> Option<LocationIndex> {
        self.batch.locations.push(Location {
            file: "src/main.rs".to_owned(),
            line,
            column: 5,
        });
        Some(LocationIndex(self.batch.locations.len() as u32 - 1))
    }

    /// Goes on with a task that was spawned at the line of its id.
    pub(crate) fn task(&mut self, id: u64, name: &str) -> &mut Self {
        let location = self.place(id as u32);
        self.task = TaskSums {
            task: TaskId(id),
            ..TaskSums::default()
        };
        self.batch.task_starts.push(TaskStart {
            id: TaskId(id),
            start_unix_nanos: START,
            name: name.to_owned(),
            location,
            ..TaskStart::default()
        });
        self
    }

    fn start(&mut self) -> &mut TaskStart {
        self.batch.task_starts.last_mut().unwrap()
    }

    pub(crate) fn kind(&mut self, kind: TaskKind) -> &mut Self {
        self.start().kind = kind;
        self
    }

    pub(crate) fn sizes(&mut self, future: u64, stored: u64) -> &mut Self {
        self.start().future_bytes = Some(future);
        self.start().stored_bytes = Some(stored);
        self
    }

    fn sums(&mut self) -> &mut Self {
        let sums = self.task.clone();
        self.batch.task_sums.push(sums);
        self
    }

    /// It was polled so often, for so long altogether, and is idle.
    pub(crate) fn polled(&mut self, polls: u64, busy_nanos: u64) -> &mut Self {
        self.task.polls = polls;
        self.task.busy_nanos = busy_nanos;
        self.task.last_poll_start_unix_nanos = Some(self.now - 2 * SECOND);
        self.task.last_poll_end_unix_nanos = Some(self.now - 2 * SECOND + 1_000);
        self.sums()
    }

    pub(crate) fn polls_before(&mut self, polls: u64) -> &mut Self {
        self.task.polls += polls;
        self.sums()
    }

    pub(crate) fn running_since(&mut self, nanos: u64) -> &mut Self {
        self.task.polls += 1;
        self.task.last_poll_start_unix_nanos = Some(self.now - nanos);
        self.sums()
    }

    pub(crate) fn woken(&mut self, wakes: u64, self_wakes: u64) -> &mut Self {
        self.task.wakers = Some(WakerSums {
            wakes,
            self_wakes,
            clones: 1,
            ..WakerSums::default()
        });
        self.sums()
    }

    pub(crate) fn wakers(&mut self, clones: u64, drops: u64) -> &mut Self {
        self.task.wakers = Some(WakerSums {
            clones,
            drops,
            ..WakerSums::default()
        });
        self.sums()
    }

    /// One poll that began so long ago.
    pub(crate) fn one_poll(
        &mut self,
        ago: u64,
        duration_nanos: u64,
        scheduled_nanos: Option<u64>,
    ) -> &mut Self {
        let poll = Poll {
            task: self.task.task,
            start_unix_nanos: self.now - ago,
            duration_nanos,
            scheduled_nanos,
            ..Poll::default()
        };
        self.batch.polls.push(poll);
        self.polled(1, duration_nanos)
    }

    pub(crate) fn ended(&mut self) -> &mut Self {
        self.batch.task_ends.push(TaskEnd {
            id: self.task.task,
            end_unix_nanos: self.now,
            kind: TaskEndKind::Completed,
        });
        self
    }

    /// Goes on with a lock that was made at a line.
    pub(crate) fn lock(&mut self, id: u64, concrete_type: &str, line: u32) -> &mut Self {
        let location = self.place(line);
        self.batch.resource_starts.push(ResourceStart {
            id: ResourceId(id),
            start_unix_nanos: START,
            kind: "Sync".to_owned(),
            concrete_type: concrete_type.to_owned(),
            location,
            ..ResourceStart::default()
        });
        self.resource = ResourceState {
            resource: ResourceId(id),
            ..ResourceState::default()
        };
        self
    }

    fn state(&mut self) -> &mut Self {
        self.resource.at_unix_nanos = self.now;
        let state = self.resource.clone();
        self.batch.resource_states.push(state);
        self
    }

    /// Tasks have waited so long for it altogether, told a second after what was told before.
    pub(crate) fn counted(&mut self, waited_nanos: u64) -> &mut Self {
        self.resource.contention = Some(Contention {
            waited_nanos,
            ..Contention::default()
        });
        self.state();
        self.now += SECOND;
        self
    }

    /// The lock is held by tasks since so long.
    pub(crate) fn held_by(&mut self, tasks: &[u64], nanos: u64) -> &mut Self {
        self.resource.holders = tasks
            .iter()
            .map(|task| Holder {
                task: Some(TaskId(*task)),
                since_unix_nanos: self.now - nanos,
                ..Holder::default()
            })
            .collect();
        self.state()
    }

    /// A task has waited for a lock for so long.
    pub(crate) fn wait(&mut self, task: u64, lock: u64, nanos: u64) -> &mut Self {
        self.ops += 1;
        self.batch.async_ops.push(AsyncOp {
            id: AsyncOpId(self.ops),
            resource: ResourceId(lock),
            task: Some(TaskId(task)),
            source: "lock".to_owned(),
            start_unix_nanos: self.now - nanos,
            polls: 1,
            ..AsyncOp::default()
        });
        self
    }

    /// So many tasks of a line are alive, after so many were spawned and went.
    pub(crate) fn site(&mut self, line: u32, alive: u64, started: u64, ended: u64) -> &mut Self {
        let location = self.place(line);
        self.batch.location_sums.push(LocationSums {
            location,
            to_unix_nanos: self.now,
            alive,
            started,
            ended,
            ..LocationSums::default()
        });
        self
    }

    /// Lets time pass, and tells nothing yet.
    pub(crate) fn pass(&mut self, nanos: u64) -> &mut Self {
        self.now += nanos;
        self
    }

    pub(crate) fn tick(&mut self, nanos: u64) -> &mut Self {
        self.now += nanos;
        self.tell();
        self
    }

    /// What is found, with how long it has been so in seconds.
    pub(crate) fn check(&mut self, expected: Expect) -> &mut Self {
        self.tell();
        let mut text = String::new();
        for finding in Linter::default().check(&self.live) {
            let since = (self.now - finding.since_unix_nanos) as f64 / SECOND as f64;
            text += &format!("{} ({since:.1} s): {}\n", finding.lint.name(), finding.text);
        }
        expected.assert_eq(&text);
        self
    }
}
