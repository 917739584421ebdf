//! What a task waited for while it was idle.

use wakeful_live::Live;
use wakeful_model::runtime::{AsyncOp, TaskId};

use super::gather::Gathered;
use super::worker_lanes::numbered_title;

/// What a task waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    /// `Mutex::lock src/a.rs:10:5`.
    pub(super) label: String,
    /// Whether it is something that others have: a lock, a permit.
    pub(super) is_lock: bool,
}

/// Waits of one task, to be looked up by time.
#[derive(Debug, Default)]
pub(super) struct Waits<'a> {
    /// By start.
    ops: Vec<(&'a AsyncOp, Option<&'a str>)>,
}

impl<'a> Waits<'a> {
    /// The waits that were gathered; a part of another wait is none of its own.
    pub(super) fn of(gathered: &'a Gathered, task: TaskId) -> Self {
        let ops = gathered.ops.values();
        let ops = ops.filter(|(op, _)| op.task == Some(task) && op.parent.is_none());
        let mut ops: Vec<_> = ops.map(|(op, place)| (op, place.as_deref())).collect();
        ops.sort_by_key(|(op, _)| (op.start_unix_nanos, op.id));
        Self { ops }
    }

    /// What was waited for from one poll's end to when the task was woken for the next: the wait that had begun last and did not
    /// end before. Whoever woke the task of a lock that it then had is who let go of it.
    pub(super) fn during(&self, start: u64, end: u64, woken_by: Option<TaskId>, live: &Live) -> Option<Wait> {
        let begun = self.ops.partition_point(|(op, _)| op.start_unix_nanos <= start);
        let before = self.ops[..begun].iter().rev().take(64);
        let goes_on = |op: &AsyncOp| op.end_unix_nanos.is_none_or(|at| at >= end);
        let (op, place) = before.clone().find(|(op, _)| goes_on(op))?;
        let resource = live.resource(op.resource);
        let is_lock = resource.is_some_and(wakeful_live::Resource::is_lock);
        let place = place.map(str::to_owned).or_else(|| {
            let made_at = resource?.location.as_ref()?;
            Some(made_at.to_string())
        });
        let what = match (op.source.as_str(), resource) {
            ("", Some(resource)) => resource.start.concrete_type.clone(),
            (source, _) => source.to_owned(),
        };
        let holder = resource.and_then(|resource| {
            let holder = resource
                .holders
                .iter()
                .find(|holder| holder.since_unix_nanos <= end)?;
            holder.task.filter(|_| is_lock)
        });
        let other = |task: &TaskId| Some(*task) != op.task;
        let let_go = woken_by.filter(|_| is_lock && op.is_ready).filter(other);
        let mut label = what;
        if let Some(place) = place {
            label = format!("{label} {place}");
        }
        if let Some(task) = let_go {
            label = format!("{label}, until {} let go", numbered_title(live, task));
        } else if let Some(holder) = holder.filter(other) {
            label = format!("{label}, held by {}", numbered_title(live, holder));
        }
        Some(Wait { label, is_lock })
    }
}
