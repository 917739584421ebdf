//! Counts are exact where there is no room for records, in the ring or in the budget of bytes.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use wakeful_model::runtime::{RuntimeBatch, TaskEnd, TaskEndKind, TaskId};
use wakeful_subscriber::{
    FinishedPoll, FinishedSpan, LogRecord, Loss, Settings, Sink, StartedTask, SummedPolls,
};

use crate::support::{DEADLINE, Watch, current_thread};

/// Is polled so often, and wakes itself each time.
async fn polls(count: u64) {
    let mut left = count;
    poll_fn(move |context| {
        left -= 1;
        if left == 0 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[derive(Default)]
struct Counted {
    whole: u64,
    polls: BTreeMap<TaskId, u64>,
    untold: u64,
    busy_nanos: u64,
    ended: u64,
    lost: u64,
    /// How often it was told anything of tasks.
    told: u64,
}

/// No task.
const NOBODY: TaskId = TaskId(u64::MAX);

impl Sink for Counted {
    fn span(&mut self, _: &FinishedSpan<'_>) {}

    fn log(&mut self, _: &LogRecord<'_>) {}

    fn lost(&mut self, loss: &Loss<'_>) {
        self.lost += loss.records;
    }

    fn task_start(&mut self, _: &StartedTask<'_>) {
        self.told += 1;
    }

    fn task_end(&mut self, end: &TaskEnd) {
        if end.id != NOBODY {
            self.ended += 1;
            self.told += 1;
        }
    }

    fn poll(&mut self, poll: &FinishedPoll<'_>) {
        self.whole += 1;
        self.told += 1;
        self.busy_nanos += poll.duration_nanos;
        *self.polls.entry(poll.task).or_default() += 1;
    }

    fn summed_polls(&mut self, summed: &SummedPolls) {
        self.busy_nanos += summed.busy_nanos;
        self.told += 1;
        match summed.task {
            Some(task) => *self.polls.entry(task).or_default() += summed.polls,
            None => self.untold += summed.polls,
        }
    }
}

/// So many tasks of so many polls each with the smallest rings, which nobody reads before the end.
fn overflow(tasks: u64, polls_each: u64) -> Counted {
    let settings = Settings {
        ring_bytes_min: 4 << 10,
        ring_bytes_max: 4 << 10,
        ..Settings::default()
    };
    let (recorder, mut drain) = wakeful_subscriber::recorder(settings);
    drain.want_tasks(true);
    assert!(wakeful_tokio::install_here(&recorder));
    current_thread().block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| wakeful_tokio::spawn(polls(polls_each)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let mut counted = Counted::default();
    loop {
        let before = counted.told;
        drain.finish(&mut counted);
        if counted.told == before {
            return counted;
        }
        // What waits for room is written before the next record.
        recorder.task_end(NOBODY, TaskEndKind::Unknown);
    }
}

#[test]
fn polls_that_find_no_room_in_the_ring_are_in_the_sums_of_their_tasks() {
    let counted = overflow(20, 2_000);
    let sums: Vec<u64> = counted.polls.values().copied().collect();
    assert_eq!(sums, [2_000; 20]);
    assert_eq!((counted.untold, counted.ended), (0, 20));
    // The rings are far too small, so most polls are in sums alone.
    assert!(
        counted.whole < 1_000 && counted.lost > 0,
        "{} {}",
        counted.whole,
        counted.lost
    );
    assert!(counted.busy_nanos > 0);
}

#[test]
fn polls_of_very_many_tasks_are_counted_though_not_told_apart() {
    let counted = overflow(3_000, 3);
    let told: u64 = counted.polls.values().sum();
    assert_eq!(told + counted.untold, 9_000);
    assert!(counted.untold > 0);
    assert_eq!(counted.ended, 3_000);
}

#[test]
fn what_the_budget_leaves_out_is_in_the_sums() {
    const TASKS: u64 = 300;
    const POLLS: u64 = 40;
    let bytes_per_second = 4_000;
    let (_recorder, watch) =
        Watch::here(move |settings| settings.runtime.bytes_per_second = bytes_per_second);
    current_thread().block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(|_| wakeful_tokio::spawn(polls(POLLS))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    watch.exporter.flush_blocking(DEADLINE);
    let batches = watch.batches.lock().unwrap();
    let sum = |of: fn(&RuntimeBatch) -> u64| batches.iter().map(of).sum::<u64>();
    assert_eq!(
        sum(|batch| batch.location_sums.iter().map(|sums| sums.polls).sum()),
        TASKS * POLLS
    );
    assert_eq!(
        sum(|batch| batch.location_sums.iter().map(|sums| sums.started).sum()),
        TASKS
    );
    assert_eq!(
        sum(|batch| batch.location_sums.iter().map(|sums| sums.ended).sum()),
        TASKS
    );
    // Every poll is told of singly or counted as left out.
    let whole = sum(|batch| batch.polls.len() as u64);
    let left_out = sum(|batch| {
        let budget = batch.losses.iter().filter(|loss| loss.cause == "budget");
        budget.map(|loss| loss.polls).sum()
    });
    assert_eq!(whole + left_out, TASKS * POLLS);
    assert!(left_out > 0);
    let lost = sum(|batch| batch.losses.iter().map(|loss| loss.others).sum());
    assert_eq!(lost, 0);
    for batch in batches.iter() {
        let mut encoded = Vec::new();
        wakeful_wire::runtime::encode(batch, &mut encoded);
        assert!(
            encoded.len() < bytes_per_second + 1_000,
            "{} bytes",
            encoded.len()
        );
    }
}
