//! What a state has after batches that leave something out, or tell it in parts.

use wakeful_live::Live;
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, LocationSums, ResourceEnd, ResourceId, ResourceStart, RuntimeBatch, RuntimeId,
    TaskEnd, TaskId, TaskStart,
};

#[test]
fn a_wait_ends_with_what_is_waited_for_and_with_who_waits() {
    let wait = |id, resource, task| AsyncOp {
        id: AsyncOpId(id),
        resource: ResourceId(resource),
        task: Some(TaskId(task)),
        polls: 1,
        ..AsyncOp::default()
    };
    let mut live = Live::default();
    live.fold(&RuntimeBatch {
        task_starts: [1, 2]
            .map(|id| TaskStart {
                id: TaskId(id),
                ..TaskStart::default()
            })
            .to_vec(),
        resource_starts: [7, 8]
            .map(|id| ResourceStart {
                id: ResourceId(id),
                ..ResourceStart::default()
            })
            .to_vec(),
        async_ops: vec![wait(1, 7, 1), wait(2, 8, 1), wait(3, 8, 2)],
        ..RuntimeBatch::default()
    });
    let waiting = |live: &Live| -> Vec<u64> {
        live.async_ops()
            .filter(|op| op.is_waiting())
            .map(|op| op.op.id.0)
            .collect()
    };
    assert_eq!(waiting(&live), [1, 2, 3]);
    live.fold(&RuntimeBatch {
        resource_ends: vec![ResourceEnd {
            id: ResourceId(7),
            end_unix_nanos: 10,
        }],
        ..RuntimeBatch::default()
    });
    assert_eq!(waiting(&live), [2, 3]);
    live.fold(&RuntimeBatch {
        task_ends: vec![TaskEnd {
            id: TaskId(2),
            end_unix_nanos: 20,
            ..TaskEnd::default()
        }],
        ..RuntimeBatch::default()
    });
    assert_eq!(waiting(&live), [2]);
    assert_eq!(
        live.async_op(AsyncOpId(3)).and_then(|op| op.op.end_unix_nanos),
        Some(20)
    );
}

#[test]
fn tasks_of_one_place_in_two_runtimes_are_added_up() {
    let sums = |runtime, second, alive| LocationSums {
        runtime: Some(RuntimeId(runtime)),
        to_unix_nanos: second,
        alive,
        started: 1,
        ..LocationSums::default()
    };
    let mut live = Live::default();
    let mut alive = |location_sums| {
        live.fold(&RuntimeBatch {
            location_sums,
            ..RuntimeBatch::default()
        });
        live.sites()
            .map(|site| (site.alive, site.started))
            .collect::<Vec<_>>()
    };
    assert_eq!(alive(vec![sums(1, 1, 3), sums(2, 1, 4)]), [(7, 2)]);
    // What is told of no more has none.
    assert_eq!(alive(vec![sums(2, 2, 5)]), [(5, 3)]);
}
