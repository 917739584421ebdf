//! Which rows a list has, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use wakeful_live::{Resource, Task, TaskState};
use wakeful_model::runtime::{AsyncOpId, ResourceId, TaskId};

use super::app::App;
use super::draw;

/// tokio-console's columns.
pub(crate) const TASK_COLUMNS: [&str; 12] = [
    "Warn", "ID", "State", "Name", "Total", "Busy", "Sched", "Idle", "Polls", "Kind", "Location", "Fields",
];
pub(crate) const RESOURCE_COLUMNS: [&str; 10] = [
    "ID",
    "Parent",
    "Kind",
    "Total",
    "Target",
    "Type",
    "Vis",
    "Location",
    "Waiting",
    "Attributes",
];
pub(crate) const OP_COLUMNS: [&str; 9] = [
    "ID",
    "Parent",
    "Task",
    "Source",
    "Total",
    "Busy",
    "Idle",
    "Polls",
    "Attributes",
];

/// The tasks that are shown, in order; of a grouped list, the first of each group.
pub(crate) fn tasks(app: &App) -> Vec<TaskId> {
    if app.grouped {
        return groups(app).into_iter().map(|group| group.first).collect();
    }
    let mut tasks: Vec<&Task> = shown_tasks(app).collect();
    tasks.sort_by(|a, b| {
        let order = compare_tasks(app, a, b).then_with(|| b.start.id.cmp(&a.start.id));
        if app.tasks.descending {
            order.reverse()
        } else {
            order
        }
    });
    tasks.into_iter().map(|task| task.start.id).collect()
}

fn shown_tasks(app: &App) -> impl Iterator<Item = &Task> {
    app.live().tasks().filter(|task| matches(app, task))
}

fn compare_tasks(app: &App, a: &Task, b: &Task) -> Ordering {
    let by = |key: fn(&Task) -> Option<u64>| key(a).cmp(&key(b));
    match app.tasks.column {
        0 => app
            .findings_of(a.start.id)
            .len()
            .cmp(&app.findings_of(b.start.id).len()),
        1 => a.start.id.cmp(&b.start.id),
        2 => a.state().cmp(&b.state()),
        3 => a.start.name.cmp(&b.start.name),
        4 => a.total_nanos().cmp(&b.total_nanos()),
        5 => by(Task::busy_nanos),
        6 => by(Task::scheduled_nanos),
        7 => by(Task::idle_nanos),
        8 => by(Task::polls_count),
        9 => a.start.kind.name().cmp(b.start.kind.name()),
        10 => a.location.cmp_by_place(&b.location),
        _ => a.start.stored_bytes.cmp(&b.start.stored_bytes),
    }
}

/// Locations are sorted by file, line and column.
trait Place {
    fn cmp_by_place(&self, other: &Self) -> Ordering;
}

impl Place for Option<std::sync::Arc<wakeful_model::runtime::Location>> {
    fn cmp_by_place(&self, other: &Self) -> Ordering {
        let key = |place: &Self| place.as_ref().map(|it| (it.file.clone(), it.line, it.column));
        key(self).cmp(&key(other))
    }
}

/// Whether a task has all words of the filter: in its name, location or id, or where a prefix says.
fn matches(app: &App, task: &Task) -> bool {
    app.filter.split_whitespace().all(|word| {
        let (place, word) = word
            .split_once(':')
            .map_or(("", word), |(place, rest)| match place {
                "state" | "kind" | "loc" | "warn" | "name" => (place, rest),
                _ => ("", word),
            });
        let has = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
        let location = || {
            task.location
                .as_deref()
                .is_some_and(|it| has(&draw::location(it)))
        };
        match place {
            "state" => task.state().is_some_and(|state| has(state.name())),
            "kind" => has(task.start.kind.name()),
            "loc" => location(),
            "name" => has(&task.start.name),
            "warn" => app.findings_of(task.start.id).any(|it| has(it.lint.name())),
            _ => has(&task.start.name) || has(&task.start.id.to_string()) || location(),
        }
    })
}

/// The tasks of one spawn location.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) location: String,
    /// The one with the lowest id.
    pub(crate) first: TaskId,
    pub(crate) alive: usize,
    pub(crate) done: usize,
    pub(crate) busy_nanos: u64,
    pub(crate) polls: u64,
    pub(crate) oldest_nanos: u64,
    pub(crate) findings: usize,
}

/// Tasks by spawn location, most first.
pub(crate) fn groups(app: &App) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for task in shown_tasks(app) {
        let location = task
            .location
            .as_deref()
            .map_or_else(|| draw::UNKNOWN.to_owned(), draw::location);
        let group = groups.entry(location.clone()).or_insert_with(|| Group {
            location,
            first: task.start.id,
            alive: 0,
            done: 0,
            busy_nanos: 0,
            polls: 0,
            oldest_nanos: 0,
            findings: 0,
        });
        match task.state() {
            Some(TaskState::Done) => group.done += 1,
            _ => group.alive += 1,
        }
        group.busy_nanos = group.busy_nanos.saturating_add(task.busy_nanos().unwrap_or(0));
        group.polls = group.polls.saturating_add(task.polls_count().unwrap_or(0));
        group.oldest_nanos = group.oldest_nanos.max(task.total_nanos());
        group.findings += app.findings_of(task.start.id).len();
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.alive));
    groups
}

/// The filter that leaves the selected group alone.
pub(crate) fn selected_group(app: &App) -> Option<String> {
    let selected = app.tasks.selected()?;
    let group = groups(app).into_iter().find(|group| group.first == selected)?;
    Some(format!("loc:{}", group.location))
}

/// The resources that are shown, in order.
pub(crate) fn resources(app: &App) -> Vec<ResourceId> {
    let word = app.filter.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&word);
    let mut resources: Vec<&Resource> = app
        .live()
        .resources()
        .filter(|it| {
            let location = it.location.as_deref().map(draw::location).unwrap_or_default();
            has(&it.start.concrete_type) || has(&it.start.name) || has(&it.start.target) || has(&location)
        })
        .collect();
    resources.sort_by(|a, b| {
        let order = match app.resources.column {
            0 => Ordering::Equal,
            1 => a.start.parent.cmp(&b.start.parent),
            2 => a.start.kind.cmp(&b.start.kind),
            3 => a.total_nanos().cmp(&b.total_nanos()),
            4 => a.start.target.cmp(&b.start.target),
            5 => a.start.concrete_type.cmp(&b.start.concrete_type),
            6 => a.start.is_internal.cmp(&b.start.is_internal),
            7 => a.location.cmp_by_place(&b.location),
            8 => a.waiters.cmp(&b.waiters),
            _ => a.attributes.len().cmp(&b.attributes.len()),
        };
        let order = order.then_with(|| a.start.id.cmp(&b.start.id));
        if app.resources.descending {
            order.reverse()
        } else {
            order
        }
    });
    resources.into_iter().map(|it| it.start.id).collect()
}

/// The operations on a resource, in order.
pub(crate) fn async_ops(app: &App, resource: ResourceId) -> Vec<AsyncOpId> {
    let mut ops: Vec<_> = app
        .live()
        .async_ops()
        .filter(|op| op.op.resource == resource)
        .collect();
    ops.sort_by(|a, b| {
        let order = match app.async_ops.column {
            0 => Ordering::Equal,
            1 => a.op.parent.cmp(&b.op.parent),
            2 => a.op.task.cmp(&b.op.task),
            3 => a.op.source.cmp(&b.op.source),
            4 => a.total_nanos().cmp(&b.total_nanos()),
            5 => a.busy_nanos().cmp(&b.busy_nanos()),
            6 => a.idle_nanos().cmp(&b.idle_nanos()),
            7 => a.op.polls.cmp(&b.op.polls),
            _ => a.op.attributes.len().cmp(&b.op.attributes.len()),
        };
        let order = order.then_with(|| a.op.id.cmp(&b.op.id));
        if app.async_ops.descending {
            order.reverse()
        } else {
            order
        }
    });
    ops.into_iter().map(|op| op.op.id).collect()
}
