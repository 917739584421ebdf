//! Which batches arrived, and what must be told again of those that did not.
//!
//! What is alive is told again by [`super::Fold`]. What has ended is not there any more, so its end is kept here: a backend that
//! never hears of it would show it for ever.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use wakeful_model::runtime::{AsyncOp, Location, LocationIndex, ResourceEnd, RuntimeBatch, TaskEnd, TaskId};

/// Ends of resources, and of waits for them, that are kept: the latest. Those of tasks are kept if the backend knows the task, so that
/// there are never more than were alive when it went away.
const RESOURCES_MAX: usize = 10_000;

/// What was sent, and what the backend knows.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// Batches of which nobody knows yet, in the order in which they were made.
    unresolved: VecDeque<Sent>,
    sent: u64,
    /// Tasks of which the backend knows, and does not know that they have ended.
    known: FxHashSet<TaskId>,
    /// To be told with the next batch.
    again: Ends,
}

/// A batch by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchNumber(u64);

#[derive(Debug)]
struct Sent {
    number: BatchNumber,
    starts: Vec<TaskId>,
    ends: Ends,
}

#[derive(Debug, Default)]
struct Ends {
    tasks: Vec<TaskEnd>,
    resources: Vec<ResourceEnd>,
    waits: Vec<Wait>,
}

/// A wait that is over.
#[derive(Debug)]
struct Wait {
    op: AsyncOp,
    /// Where it was called: `op` has the index of a batch, which another batch does not know.
    location: Option<Location>,
}

impl Deliveries {
    /// Adds to a batch what did not arrive before, and notes what it tells.
    pub(super) fn send(&mut self, batch: &mut RuntimeBatch) -> BatchNumber {
        let again = std::mem::take(&mut self.again);
        batch.task_ends.extend(again.tasks);
        batch.resource_ends.extend(again.resources);
        add_waits(batch, again.waits);
        self.sent += 1;
        let number = BatchNumber(self.sent);
        let over = batch.async_ops.iter().filter(|op| op.end_unix_nanos.is_some());
        let waits = over.map(|op| Wait {
            op: op.clone(),
            location: op.location.and_then(|at| batch.location(at)).cloned(),
        });
        self.unresolved.push_back(Sent {
            number,
            starts: batch.task_starts.iter().map(|start| start.id).collect(),
            ends: Ends {
                tasks: batch.task_ends.clone(),
                resources: batch.resource_ends.clone(),
                waits: waits.collect(),
            },
        });
        number
    }

    /// The backend has that batch.
    pub(super) fn arrived(&mut self, number: BatchNumber) {
        if let Some(sent) = self.resolve(number) {
            self.known.extend(sent.starts);
            for end in sent.ends.tasks {
                self.known.remove(&end.id);
            }
        }
    }

    /// Nobody will ever have that batch.
    pub(super) fn lost(&mut self, number: BatchNumber) {
        let Some(sent) = self.resolve(number) else {
            return;
        };
        let may_be_known: FxHashSet<&TaskId> = self.unresolved.iter().flat_map(|it| &it.starts).collect();
        let is_known = |end: &TaskEnd| self.known.contains(&end.id) || may_be_known.contains(&end.id);
        let tasks = sent.ends.tasks.into_iter().filter(is_known);
        self.again.tasks.extend(tasks);
        keep_latest(&mut self.again.resources, sent.ends.resources);
        keep_latest(&mut self.again.waits, sent.ends.waits);
    }

    fn resolve(&mut self, number: BatchNumber) -> Option<Sent> {
        let at = self.unresolved.iter().position(|sent| sent.number == number)?;
        self.unresolved.remove(at)
    }
}

/// Tells of waits in a batch, with their places among its own.
fn add_waits(batch: &mut RuntimeBatch, waits: Vec<Wait>) {
    if waits.is_empty() {
        return;
    }
    let known = batch.locations.iter().cloned().zip((0..).map(LocationIndex));
    let mut indices: FxHashMap<Location, LocationIndex> = known.collect();
    for Wait { op, location } in waits {
        let location = location.map(|place| {
            *indices.entry(place).or_insert_with_key(|place| {
                batch.locations.push(place.clone());
                LocationIndex(batch.locations.len() as u32 - 1)
            })
        });
        batch.async_ops.push(AsyncOp { location, ..op });
    }
}

fn keep_latest<T>(kept: &mut Vec<T>, new: impl IntoIterator<Item = T>) {
    kept.extend(new);
    let excess = kept.len().saturating_sub(RESOURCES_MAX);
    kept.drain(..excess);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wakeful_model::runtime::{AsyncOpId, ResourceId, TaskStart};

    use super::*;

    fn batch(starts: &[u64], ends: &[u64]) -> RuntimeBatch {
        let start = |id: &u64| TaskStart {
            id: TaskId(*id),
            ..TaskStart::default()
        };
        let end = |id: &u64| TaskEnd {
            id: TaskId(*id),
            ..TaskEnd::default()
        };
        RuntimeBatch {
            task_starts: starts.iter().map(start).collect(),
            task_ends: ends.iter().map(end).collect(),
            ..RuntimeBatch::default()
        }
    }

    /// Sends batches of starts and ends, of which those arrive that are marked; what the backend then has alive.
    fn check(batches: &[(&[u64], &[u64], bool)], expected: &[u64]) {
        let mut deliveries = Deliveries::default();
        let mut alive = BTreeSet::new();
        let mut hear = |batch: &RuntimeBatch| {
            alive.extend(batch.task_starts.iter().map(|start| start.id.0));
            batch.task_ends.iter().for_each(|end| {
                alive.remove(&end.id.0);
            });
        };
        for (starts, ends, arrives) in batches {
            let mut batch = batch(starts, ends);
            let number = deliveries.send(&mut batch);
            if *arrives {
                hear(&batch);
                deliveries.arrived(number);
            } else {
                deliveries.lost(number);
            }
        }
        assert_eq!(alive.into_iter().collect::<Vec<_>>(), expected);
        assert!(deliveries.again.tasks.is_empty() && deliveries.unresolved.is_empty());
    }

    #[test]
    fn what_ended_in_a_lost_batch_ends_with_a_later_one() {
        check(
            &[(&[1, 2], &[], true), (&[], &[1], false), (&[2], &[], true)],
            &[2],
        );
        // Lost more than once, and tasks that the backend never knew.
        check(
            &[
                (&[1], &[], true),
                (&[2, 3], &[1], false),
                (&[], &[2], false),
                (&[3], &[], true),
            ],
            &[3],
        );
        check(&[(&[1], &[1], false), (&[], &[], true)], &[]);
    }

    #[test]
    fn ends_of_tasks_that_nobody_knows_are_not_kept() {
        let mut deliveries = Deliveries::default();
        for task in 0..1_000 {
            let mut batch = batch(&[task], &[task]);
            let number = deliveries.send(&mut batch);
            assert!(batch.task_ends.len() <= 1);
            deliveries.lost(number);
        }
        assert!(deliveries.known.is_empty() && deliveries.again.tasks.is_empty());
    }

    #[test]
    fn an_end_that_is_lost_before_the_start_has_arrived_is_kept() {
        let mut deliveries = Deliveries::default();
        let flying = deliveries.send(&mut batch(&[1], &[]));
        let dropped = deliveries.send(&mut batch(&[], &[1]));
        deliveries.lost(dropped);
        deliveries.arrived(flying);
        let mut next = batch(&[], &[]);
        deliveries.send(&mut next);
        assert_eq!(next.task_ends.len(), 1);
    }

    #[test]
    fn a_wait_that_ended_in_a_lost_batch_is_told_again_with_its_place() {
        let place = |file: &str| Location {
            file: file.to_owned(),
            line: 7,
            column: 5,
        };
        let wait = |id, end_unix_nanos, index| AsyncOp {
            id: AsyncOpId(id),
            end_unix_nanos,
            location: Some(LocationIndex(index)),
            ..AsyncOp::default()
        };
        let mut deliveries = Deliveries::default();
        let mut lost = RuntimeBatch {
            locations: vec![place("a.rs"), place("b.rs")],
            async_ops: vec![wait(1, Some(10), 1), wait(2, None, 0), wait(3, Some(11), 0)],
            ..RuntimeBatch::default()
        };
        let number = deliveries.send(&mut lost);
        deliveries.lost(number);
        let mut next = RuntimeBatch {
            locations: vec![place("b.rs")],
            ..RuntimeBatch::default()
        };
        deliveries.send(&mut next);
        let told = next.async_ops.iter();
        let told = told.map(|op| {
            (
                op.id.0,
                op.end_unix_nanos,
                &*next.location(op.location.unwrap()).unwrap().file,
            )
        });
        let told: Vec<_> = told.collect();
        // One that goes on is told again by who looks at the lock.
        assert_eq!(told, [(1, Some(10), "b.rs"), (3, Some(11), "a.rs")]);
        assert_eq!(next.locations.len(), 2);
    }

    #[test]
    fn ends_of_resources_are_told_again_up_to_a_bound() {
        let mut deliveries = Deliveries::default();
        let end = |id| ResourceEnd {
            id: ResourceId(id),
            end_unix_nanos: 1,
        };
        let mut first = RuntimeBatch {
            resource_ends: (0..=RESOURCES_MAX as u64).map(end).collect(),
            ..RuntimeBatch::default()
        };
        let number = deliveries.send(&mut first);
        deliveries.lost(number);
        let mut next = RuntimeBatch::default();
        deliveries.send(&mut next);
        assert_eq!(next.resource_ends, first.resource_ends[1..]);
    }
}
