//! More than is remembered of a program.

use wakeful_live::Live;
use wakeful_model::runtime::{RuntimeBatch, TaskEnd, TaskId, TaskStart};

/// Tasks that are spawned within a batch and, but for those that stay, are gone at its end.
fn batch(ids: std::ops::Range<u64>, staying: u64) -> RuntimeBatch {
    let start = |id| TaskStart {
        id: TaskId(id),
        start_unix_nanos: id,
        ..TaskStart::default()
    };
    let end = |id| TaskEnd {
        id: TaskId(id),
        end_unix_nanos: id + 1,
        ..TaskEnd::default()
    };
    RuntimeBatch {
        from_unix_nanos: ids.start,
        to_unix_nanos: ids.end,
        task_starts: ids.clone().map(start).collect(),
        task_ends: (ids.start..ids.end - staying).map(end).collect(),
        ..RuntimeBatch::default()
    }
}

#[test]
fn what_is_new_takes_the_place_of_what_is_over() {
    let mut live = Live::default();
    for second in 0..6 {
        let first = 1 + second * 60_000;
        live.fold(&batch(first..first + 60_000, 10));
        let last = TaskId(first + 59_999);
        assert!(live.task(last).is_some(), "second {second}");
    }
    assert_eq!(live.untold(), 0);
    // Whoever lives stays, however long ago it was spawned; of the others the latest.
    assert!(live.task(TaskId(60_000)).is_some_and(|task| task.end.is_none()));
    assert!(live.task(TaskId(1)).is_none());
    assert!(live.tasks().count() <= 200_000);
    // Where nothing is over, what is new is counted.
    let mut full = Live::default();
    full.fold(&batch(1..200_001, 200_000));
    full.fold(&batch(200_001..200_011, 10));
    assert_eq!(full.untold(), 10);
}

#[test]
fn long_texts_of_living_tasks_are_bounded_in_bytes() {
    let mut live = Live::default();
    let mut last = 0;
    for _ in 0..20 {
        let mut batch = batch(last + 1..last + 10_001, 10_000);
        for start in &mut batch.task_starts {
            start.name = "n".repeat(1_000);
            start.type_name = "t".repeat(1_000);
        }
        live.fold(&batch);
        last += 10_000;
        assert!(live.bytes() <= wakeful_live::BYTES_MAX, "{} bytes", live.bytes());
        // What was told last is known.
        assert!(live.task(TaskId(last)).is_some(), "task {last}");
    }
    assert!(live.bytes() > wakeful_live::BYTES_MAX / 2);
    // None is over, so each one that is not known is counted.
    assert_eq!(live.untold() + live.tasks().count() as u64, last);
}
