//! A state as one batch, from which it can be folded anew: so no reader of the past has to begin at a program's start.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{
    AsyncOp, Holder, Location, LocationIndex, LocationSums, ResourceStart, ResourceState, RuntimeBatch,
    TaskStart,
};

use crate::{Live, Resource, Site};

impl Live {
    /// One batch that folds into this state, but for what is over, single polls and wakes, and losses.
    pub fn checkpoint(&self) -> RuntimeBatch {
        let mut places = Places::default();
        let tasks = || self.tasks().filter(|task| task.end.is_none());
        let task_starts = tasks().map(|task| TaskStart {
            location: places.index(task.location.as_ref()),
            ..task.start.clone()
        });
        let task_starts = task_starts.collect();
        let there = || {
            self.resources()
                .filter(|resource| resource.end_unix_nanos.is_none())
        };
        let resource_starts = there().map(|resource| ResourceStart {
            location: places.index(resource.location.as_ref()),
            ..resource.start.clone()
        });
        let resource_starts = resource_starts.collect();
        let resource_states = there().map(|resource| state(resource, &mut places)).collect();
        let open = self.async_ops().filter(|op| op.op.end_unix_nanos.is_none());
        let async_ops = open.map(|op| AsyncOp {
            location: places.index(op.location.as_ref()),
            ..op.op.clone()
        });
        let async_ops = async_ops.collect();
        let location_sums = self.sites().flat_map(|site| {
            let location = places.index(site.location.as_ref());
            sums(site, self.now_unix_nanos(), location)
        });
        let location_sums = location_sums.collect();
        RuntimeBatch {
            resource: self.program().clone(),
            from_unix_nanos: self.now_unix_nanos(),
            to_unix_nanos: self.now_unix_nanos(),
            insight: self.insight(),
            gaps: self.gaps().to_vec(),
            runtimes: self.runtimes().map(|state| state.runtime.clone()).collect(),
            threads: self.threads().cloned().collect(),
            locations: places.list,
            task_starts,
            task_sums: tasks().filter_map(|task| task.sums.clone()).collect(),
            location_sums,
            resource_starts,
            resource_states,
            async_ops,
            metrics: self
                .runtimes()
                .filter_map(|state| state.metrics.back().cloned())
                .collect(),
            ..RuntimeBatch::default()
        }
    }
}

/// The locations of the batch that is made.
#[derive(Default)]
struct Places {
    list: Vec<Location>,
    known: FxHashMap<Arc<Location>, LocationIndex>,
}

impl Places {
    fn index(&mut self, location: Option<&Arc<Location>>) -> Option<LocationIndex> {
        let location = location?;
        if let Some(index) = self.known.get(location) {
            return Some(*index);
        }
        let index = LocationIndex(self.list.len() as u32);
        self.list.push(Location::clone(location));
        self.known.insert(Arc::clone(location), index);
        Some(index)
    }
}

fn state(resource: &Resource, places: &mut Places) -> ResourceState {
    let holders = resource.holders.iter().map(|holding| Holder {
        task: holding.task,
        since_unix_nanos: holding.since_unix_nanos,
        location: places.index(holding.location.as_ref()),
        how: holding.how.clone(),
    });
    ResourceState {
        resource: resource.start.id,
        at_unix_nanos: resource.state_at,
        attributes: resource.attributes.clone(),
        holders: holders.collect(),
        waiters: resource.waiters,
        contention: resource.contention.clone(),
        hold_times: resource.hold_times.clone(),
    }
}

/// Sums that fold into the same counts and samples.
fn sums(site: &Site, now: u64, location: Option<LocationIndex>) -> Vec<LocationSums> {
    let at = |at, alive| LocationSums {
        location,
        kind: site.kind,
        from_unix_nanos: at,
        to_unix_nanos: at,
        alive,
        ..LocationSums::default()
    };
    let mut all: Vec<LocationSums> = site
        .samples
        .iter()
        .map(|(when, alive)| at(*when, *alive))
        .collect();
    all.push(LocationSums {
        started: site.started,
        ended: site.ended,
        polls: site.polls,
        busy_nanos: site.busy_nanos,
        scheduled_nanos: site.scheduled_nanos,
        longest_poll_nanos: site.longest_poll_nanos,
        ..at(now, site.alive)
    });
    all
}

#[cfg(test)]
mod tests {
    use wakeful_model::runtime::{AsyncOpId, ResourceId, TaskEnd, TaskId, TaskSums, Thread, ThreadId};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn second(number: u64) -> RuntimeBatch {
        let task = TaskId(number);
        RuntimeBatch {
            from_unix_nanos: number * SECOND,
            to_unix_nanos: (number + 1) * SECOND,
            threads: vec![Thread {
                id: ThreadId(3),
                worker: Some(0),
                ..Thread::default()
            }],
            // Each batch has its own indices.
            locations: vec![
                Location::default(),
                Location {
                    line: number as u32 % 2,
                    ..Location::default()
                },
            ],
            task_starts: vec![TaskStart {
                id: task,
                start_unix_nanos: number * SECOND,
                location: Some(LocationIndex(1)),
                name: format!("task of second {number}"),
                ..TaskStart::default()
            }],
            task_sums: vec![TaskSums {
                task,
                polls: number,
                ..TaskSums::default()
            }],
            task_ends: vec![TaskEnd {
                id: TaskId(number.saturating_sub(5)),
                end_unix_nanos: number * SECOND,
                ..TaskEnd::default()
            }],
            location_sums: vec![LocationSums {
                location: Some(LocationIndex(1)),
                to_unix_nanos: (number + 1) * SECOND,
                alive: number.min(5),
                started: 1,
                polls: number,
                busy_nanos: 7,
                scheduled_nanos: Some(1),
                ..LocationSums::default()
            }],
            resource_starts: vec![ResourceStart {
                id: ResourceId(number),
                location: Some(LocationIndex(0)),
                ..ResourceStart::default()
            }],
            resource_states: vec![ResourceState {
                resource: ResourceId(number),
                at_unix_nanos: number * SECOND,
                holders: vec![Holder {
                    task: Some(task),
                    location: Some(LocationIndex(1)),
                    ..Holder::default()
                }],
                waiters: 2,
                ..ResourceState::default()
            }],
            async_ops: vec![AsyncOp {
                id: AsyncOpId(number),
                resource: ResourceId(number),
                location: Some(LocationIndex(1)),
                end_unix_nanos: number.is_multiple_of(2).then_some(1),
                ..AsyncOp::default()
            }],
            ..RuntimeBatch::default()
        }
    }

    #[test]
    fn a_checkpoint_folds_into_the_same_state() {
        let mut whole = Live::default();
        (1..100).map(second).for_each(|batch| whole.fold(&batch));
        let mut again = Live::default();
        again.fold(&whole.checkpoint());
        let tasks = |live: &Live| -> Vec<_> {
            let alive = live.tasks().filter(|task| task.end.is_none());
            alive
                .map(|task| (task.start.clone(), task.location.clone(), task.sums.clone()))
                .collect()
        };
        assert_eq!(tasks(&whole).len(), 5);
        assert_eq!(tasks(&again), tasks(&whole));
        let resources = |live: &Live| -> Vec<_> {
            let all = live.resources();
            all.map(|it| {
                (
                    it.start.clone(),
                    it.location.clone(),
                    it.holders.clone(),
                    it.waiters,
                )
            })
            .collect()
        };
        assert_eq!(resources(&again), resources(&whole));
        let ops = |live: &Live| -> Vec<_> {
            let open = live.async_ops().filter(|op| op.op.end_unix_nanos.is_none());
            open.map(|op| (op.op.clone(), op.location.clone())).collect()
        };
        assert_eq!(ops(&whole).len(), 50);
        assert_eq!(ops(&again), ops(&whole));
        let sites = |live: &Live| -> Vec<_> {
            let mut all: Vec<_> = live.sites().cloned().collect();
            all.sort_by_key(|site| site.location.as_ref().map(|place| place.line));
            all
        };
        assert_eq!(sites(&again), sites(&whole));
        assert_eq!(again.thread(ThreadId(3)), whole.thread(ThreadId(3)));
        assert_eq!(again.now_unix_nanos(), whole.now_unix_nanos());
        // Both go on alike.
        let next = second(100);
        whole.fold(&next);
        again.fold(&next);
        assert_eq!(tasks(&again), tasks(&whole));
        assert_eq!(sites(&again), sites(&whole));
    }
}
