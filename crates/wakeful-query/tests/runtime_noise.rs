//! Programs may send any times: what is made of them is never a panic, and nothing ends before it begins.

#![allow(clippy::unwrap_used, missing_docs)]

use wakeful_live::Live;
use wakeful_model::runtime::{
    Poll, RuntimeBatch, TaskEnd, TaskEndKind, TaskId, TaskStart, TaskSums, Thread, ThreadId, Wake,
};
use wakeful_model::{Attribute, Resource};
use wakeful_query::runtime::{Gathered, Lanes, SpanActivity, Window, of_span, of_task, of_workers, task_of};
use wakeful_store::{Backend, ProgramId, RuntimeFrame, Store, StoreOptions};

const PROGRAMS: u64 = 400;
const BATCHES: u64 = 4;

/// Seeded chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Mostly near each other, sometimes at an end of all time.
    fn time(&mut self) -> u64 {
        match self.below(40) {
            0 => 0,
            1 => u64::MAX,
            2 => u64::MAX - self.below(1_000),
            _ => 1_000 + self.below(1_000),
        }
    }

    fn maybe(&mut self) -> Option<u64> {
        (self.below(2) == 0).then(|| self.time())
    }

    fn task(&mut self) -> TaskId {
        TaskId(1 + self.below(4))
    }

    fn many<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(12)).map(|_| make(self)).collect()
    }
}

fn batch(chance: &mut Chance) -> RuntimeBatch {
    RuntimeBatch {
        resource: Resource {
            attributes: vec![Attribute::new("service.name", "noise")],
            ..Resource::default()
        },
        from_unix_nanos: chance.time(),
        to_unix_nanos: chance.time(),
        threads: chance.many(|chance| Thread {
            id: ThreadId(chance.below(3)),
            worker: (chance.below(2) == 0).then_some(1),
            ..Thread::default()
        }),
        task_starts: chance.many(|chance| TaskStart {
            id: chance.task(),
            start_unix_nanos: chance.time(),
            ..TaskStart::default()
        }),
        task_ends: chance.many(|chance| TaskEnd {
            id: chance.task(),
            end_unix_nanos: chance.time(),
            kind: TaskEndKind::Panicked,
        }),
        polls: chance.many(|chance| Poll {
            task: chance.task(),
            thread: ThreadId(chance.below(3)),
            start_unix_nanos: chance.time(),
            duration_nanos: chance.time(),
            scheduled_nanos: chance.maybe(),
        }),
        wakes: chance.many(|chance| Wake {
            task: chance.task(),
            at_unix_nanos: chance.time(),
            ..Wake::default()
        }),
        task_sums: chance.many(|chance| TaskSums {
            task: chance.task(),
            polls: chance.time(),
            busy_nanos: chance.time(),
            first_poll_unix_nanos: chance.maybe(),
            last_poll_start_unix_nanos: chance.maybe(),
            last_poll_end_unix_nanos: chance.maybe(),
            ..TaskSums::default()
        }),
        ..RuntimeBatch::default()
    }
}

fn check(lanes: &Lanes, seed: u64) {
    for item in lanes.lanes.iter().flat_map(|lane| &lane.items) {
        assert!(item.start <= item.end, "seed {seed}: {item:?}");
    }
}

#[tokio::test]
async fn whatever_times_are_sent_lanes_can_be_made_of_them() {
    for seed in 0..PROGRAMS {
        let mut chance = Chance(seed);
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        let mut live = Live::default();
        for _ in 0..BATCHES {
            let batch = batch(&mut chance);
            live.fold(&batch);
            let mut payload = Vec::new();
            wakeful_wire::runtime::encode(&batch, &mut payload);
            let frame = RuntimeFrame {
                payload: payload.into(),
                batch,
            };
            store.runtime().append(vec![frame]).await.unwrap();
        }
        let program = store.runtime().programs().first().unwrap().id;
        for _ in 0..4 {
            ask(&store, program, &live, &mut chance, seed);
        }
    }
}

fn ask(store: &Store, program: ProgramId, live: &Live, chance: &mut Chance, seed: u64) {
    let (one, other) = (chance.time(), chance.time());
    let window = Window {
        from: one.min(other),
        to: one.max(other),
    };
    let gathered = Gathered::read(store.runtime(), program, window, None);
    for task in (1..=4).map(TaskId) {
        check(&of_task(live, &gathered, task, window, 100), seed);
    }
    check(&of_workers(live, &gathered, None, window, 100), seed);
    let span = SpanActivity {
        start: window.from,
        end: window.to,
        intervals: vec![(window.from, window.to)],
        thread: Some(ThreadId(1)),
        ..SpanActivity::default()
    };
    let task = task_of(&span, &gathered.polls, live).map(|found| found.task);
    check(&of_span(live, &gathered, &span, task, window, 100), seed);
}
