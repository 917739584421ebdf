//! Tasks that wait for each other in a circle.
//!
//! A task is *stuck* if it waits for a lock alone, was not polled since it began to, and those who hold the lock are stuck too:
//! all of them where any could let it in (a semaphore), one of them where all must let go (a mutex, or the readers of a lock that
//! somebody wants to write). What remains when everyone who can still move is taken away, for as long as that takes
//! anything away, is stuck for ever, and has a circle in it.

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::runtime::TaskId;

use super::{Finding, Lint, Thresholds, nanos, resource_text, task_text};
use crate::{AsyncOp, Live, Resource, Task};

/// A task may hold a lock in one branch of a `join!` and wait for it in another, and go on by itself: a circle of one must not have moved
/// for this much longer. Neither must a task that somebody else could wake too, as the timer of a `timeout` around the wait.
const PATIENCE_FACTOR: u64 = 20;

/// What a task waits for.
struct Wait<'a> {
    op: &'a AsyncOp,
    lock: &'a Resource,
}

pub(super) fn check(thresholds: &Thresholds, live: &Live, findings: &mut Vec<Finding>) {
    let limit = nanos(thresholds.deadlock);
    let mut stuck = waiting(live, limit);
    loop {
        let movable: Vec<TaskId> = stuck
            .iter()
            .filter(|(_, wait)| blockers(wait, &stuck).is_none())
            .map(|(task, _)| *task)
            .collect();
        if movable.is_empty() {
            break;
        }
        for task in movable {
            stuck.remove(&task);
        }
    }
    let mut told = FxHashSet::default();
    let mut tasks: Vec<TaskId> = stuck.keys().copied().collect();
    tasks.sort_unstable();
    for task in tasks {
        let circle = circle_from(task, &stuck);
        if circle.iter().any(|task| told.contains(task)) {
            continue;
        }
        let since = circle.iter().filter_map(|task| stuck.get(task)).map(since).max();
        let since = since.unwrap_or(0);
        told.extend(circle.iter().copied());
        let alone = circle.len() == 1;
        if alone && since.saturating_add(limit.saturating_mul(PATIENCE_FACTOR)) > live.now_unix_nanos() {
            continue;
        }
        findings.extend(finding(&circle, &stuck, live, since));
    }
}

fn since(wait: &Wait<'_>) -> u64 {
    wait.op.op.start_unix_nanos
}

/// Tasks that wait for one lock and nothing else, and have not moved for a while.
fn waiting(live: &Live, limit: u64) -> FxHashMap<TaskId, Wait<'_>> {
    let mut waits: FxHashMap<TaskId, Option<Wait<'_>>> = FxHashMap::default();
    // An operation on a part belongs to that on the whole: of `Mutex::lock` and the `Acquire` within, the former tells more.
    let outermost = live
        .async_ops()
        .filter(|op| op.is_waiting() && op.op.parent.is_none());
    for op in outermost {
        let (Some(task), Some(lock)) = (op.op.task, live.resource(op.op.resource)) else {
            continue;
        };
        let wait = lock.is_lock().then_some(Wait { op, lock });
        // A second wait may let it go on.
        waits
            .entry(task)
            .and_modify(|known| *known = None)
            .or_insert(wait);
    }
    let still = |task: TaskId, wait: &Wait<'_>| {
        let task = live.task(task);
        let sums = task.and_then(|task| task.sums.as_ref());
        let polled = sums.and_then(|sums| sums.last_poll_start_unix_nanos.max(sums.last_poll_end_unix_nanos));
        // The wait itself has one waker.
        let is_woken_otherwise = task.and_then(Task::live_wakers).is_some_and(|wakers| wakers > 1);
        let limit = if is_woken_otherwise {
            limit.saturating_mul(PATIENCE_FACTOR)
        } else {
            limit
        };
        since(wait).max(polled.unwrap_or(0)).saturating_add(limit) <= live.now_unix_nanos()
    };
    waits
        .into_iter()
        .filter_map(|(task, wait)| Some((task, wait?)))
        .filter(|(task, wait)| live.task(*task).is_some_and(|task| task.end.is_none()) && still(*task, wait))
        .collect()
}

/// The stuck task that keeps another waiting; `None` if it can still be let in.
fn blockers(wait: &Wait<'_>, stuck: &FxHashMap<TaskId, Wait<'_>>) -> Option<TaskId> {
    let mut holders = wait.lock.holders.iter().map(|holder| holder.task);
    let is_stuck = |task: Option<TaskId>| task.filter(|task| stuck.contains_key(task));
    if wait.lock.is_exclusive() {
        return holders.find_map(is_stuck);
    }
    let first = is_stuck(holders.next()?)?;
    holders.all(|task| is_stuck(task).is_some()).then_some(first)
}

/// Goes from a task to the one that keeps it waiting until it comes to one that it has seen, and gives the circle alone.
fn circle_from(task: TaskId, stuck: &FxHashMap<TaskId, Wait<'_>>) -> Vec<TaskId> {
    let mut path = vec![task];
    let mut at = task;
    while let Some(next) = stuck.get(&at).and_then(|wait| blockers(wait, stuck)) {
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            return path.split_off(start);
        }
        path.push(next);
        at = next;
    }
    path
}

fn finding(
    circle: &[TaskId],
    stuck: &FxHashMap<TaskId, Wait<'_>>,
    live: &Live,
    since_unix_nanos: u64,
) -> Option<Finding> {
    let mut resources = Vec::new();
    let mut says = Vec::new();
    for (at, id) in circle.iter().enumerate() {
        let wait = stuck.get(id)?;
        // Who stands before it in the circle waits for what it holds.
        let before = circle.get((at + circle.len() - 1) % circle.len())?;
        let held = stuck.get(before)?.lock;
        resources.push(wait.lock.start.id);
        says.push(format!(
            "{} holds {} and waits for {}",
            task_text(live.task(*id)?),
            resource_text(held),
            resource_text(wait.lock)
        ));
    }
    Some(Finding {
        lint: Lint::Deadlock,
        tasks: circle.to_vec(),
        resources,
        location: stuck.get(circle.first()?)?.lock.location.clone(),
        since_unix_nanos,
        text: says.join("; "),
        remedy: "take the locks in the same order everywhere, or hold one at a time",
    })
}
