//! The list of tasks: which, in what order, and summed up by where they were spawned.

use std::cmp::Ordering;
use std::str::FromStr;

use rustc_hash::FxHashMap;
use wakeful_live::{Finding, Lint, Live, Task, TaskState};
use wakeful_model::runtime::{Location, TaskId};

use super::TaskFilter;

/// The lints of one task, as the bits of `docs/ui-api.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskLints(pub u32);

impl TaskLints {
    /// With a lint.
    pub fn with(self, lint: Lint) -> Self {
        Self(self.0 | 1 << lint as u32)
    }

    /// Whether a lint is there.
    pub fn has(self, lint: Lint) -> bool {
        self.0 & 1 << lint as u32 != 0
    }

    /// Whether any is there.
    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// Those that are there.
    pub fn list(self) -> impl Iterator<Item = Lint> {
        Lint::ALL.into_iter().filter(move |lint| self.has(*lint))
    }

    /// The lints of each task that findings name.
    pub fn by_task(findings: &[Finding]) -> FxHashMap<TaskId, Self> {
        let mut all: FxHashMap<TaskId, Self> = FxHashMap::default();
        for finding in findings {
            for task in &finding.tasks {
                let lints = all.entry(*task).or_default();
                *lints = lints.with(finding.lint);
            }
        }
        all
    }
}

/// How many tasks are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskCounts {
    /// Those that are alive.
    pub tasks: u64,
    /// Being polled.
    pub running: u64,
    /// Waiting for a worker.
    pub scheduled: u64,
    /// Waiting for a wake.
    pub idle: u64,
    /// Gone, and still shown.
    pub done: u64,
}

impl TaskCounts {
    fn add(&mut self, task: &Task) {
        self.tasks += u64::from(task.end.is_none());
        match task.state() {
            Some(TaskState::Running) => self.running += 1,
            Some(TaskState::Scheduled) => self.scheduled += 1,
            Some(TaskState::Idle) => self.idle += 1,
            Some(TaskState::Done) => self.done += 1,
            None => {}
        }
    }
}

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSort {
    column: Column,
    is_descending: bool,
}

impl Default for TaskSort {
    fn default() -> Self {
        Self {
            column: Column::Total,
            is_descending: true,
        }
    }
}

macro_rules! columns {
    ($($name:literal $column:ident;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Column { $($column),* }

        impl Column {
            const NAMES: &'static [(&'static str, Self)] = &[$(($name, Self::$column)),*];
        }
    };
}

columns! {
    "id" Id; "state" State; "name" Name; "kind" Kind; "location" Location; "start" Start; "end" End; "total" Total; "busy" Busy;
    "scheduled" Scheduled; "idle" Idle; "polls" Polls; "wakes" Wakes; "selfWakes" SelfWakes; "wakers" Wakers; "lastPoll" LastPoll;
    "lastWake" LastWake; "p50" P50; "p99" P99; "longest" Longest; "lints" Lints;
}

impl FromStr for TaskSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (is_descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let found = Column::NAMES.iter().find(|(known, _)| *known == name);
        let names = || {
            Column::NAMES
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (_, column) =
            found.ok_or_else(|| format!("there is no column {name:?}; there are {}", names()))?;
        Ok(Self {
            column: *column,
            is_descending,
        })
    }
}

/// What a task has in a column; what is not known comes last either way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(u64),
    Text(String),
    Unknown,
}

impl Column {
    fn value(self, task: &Task, lints: TaskLints) -> Value {
        let sums = task.sums.as_ref();
        let wakers = sums.and_then(|sums| sums.wakers.as_ref());
        let place = |place: &Location| format!("{}:{:010}:{:010}", place.file, place.line, place.column);
        let number = match self {
            Self::Name => return Value::Text(task.start.name.clone()),
            Self::Kind => return Value::Text(task.start.kind.name().to_owned()),
            Self::Location => {
                let text = task.location.as_deref().map(place);
                return text.map_or(Value::Unknown, Value::Text);
            }
            Self::Id => Some(task.start.id.0),
            Self::State => task.state().map(|state| state as u64),
            Self::Start => Some(task.start.start_unix_nanos),
            Self::End => task.end.as_ref().map(|end| end.end_unix_nanos),
            Self::Total => Some(task.total_nanos()),
            Self::Busy => task.busy_nanos(),
            Self::Scheduled => task.scheduled_nanos(),
            Self::Idle => task.scheduled_nanos().and(task.idle_nanos()),
            Self::Polls => sums.map(|sums| sums.polls),
            Self::Wakes => wakers.map(|wakers| wakers.wakes),
            Self::SelfWakes => wakers.map(|wakers| wakers.self_wakes),
            Self::Wakers => task.live_wakers(),
            Self::LastPoll => sums.and_then(|sums| sums.last_poll_start_unix_nanos),
            Self::LastWake => task.last_wake_unix_nanos(),
            Self::P50 => sums.map(|sums| sums.poll_times.quantile_nanos(0.5)),
            Self::P99 => sums.map(|sums| sums.poll_times.quantile_nanos(0.99)),
            Self::Longest => sums.map(|sums| sums.poll_times.max_nanos),
            Self::Lints => Some(u64::from(lints.0)),
        };
        number.map_or(Value::Unknown, Value::Number)
    }
}

/// The tasks that are alive, and those that went in the last `retain_nanos`, that meet the filter, in order; and how many there are of each
/// state without it.
pub fn tasks<'a>(
    live: &'a Live,
    filter: &TaskFilter,
    sort: TaskSort,
    retain_nanos: u64,
    lints: &FxHashMap<TaskId, TaskLints>,
) -> (Vec<(&'a Task, TaskLints)>, TaskCounts) {
    let oldest = live.now_unix_nanos().saturating_sub(retain_nanos);
    let mut counts = TaskCounts::default();
    let mut found: Vec<(Value, &Task, TaskLints)> = Vec::new();
    let shown = live
        .tasks()
        .filter(|task| task.end.as_ref().is_none_or(|end| end.end_unix_nanos >= oldest));
    for task in shown {
        counts.add(task);
        let lints = lints.get(&task.start.id).copied().unwrap_or_default();
        if filter.matches(task, lints) {
            found.push((sort.column.value(task, lints), task, lints));
        }
    }
    found.sort_by(|(a, task_a, _), (b, task_b, _)| {
        let order = match (a, b) {
            (Value::Unknown, _) | (_, Value::Unknown) => a.cmp(b),
            _ if sort.is_descending => b.cmp(a),
            _ => a.cmp(b),
        };
        order.then_with(|| task_a.start.id.cmp(&task_b.start.id))
    });
    (
        found.into_iter().map(|(_, task, lints)| (task, lints)).collect(),
        counts,
    )
}

/// Tasks that were spawned at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// The exact counts.
    pub site: &'a wakeful_live::Site,
    /// The name that all of its tasks have; empty if they have several or none.
    pub name: String,
    /// How many of its tasks meet the filter.
    pub count: u64,
    /// When the oldest of them was spawned; `None` if there are none.
    pub oldest_unix_nanos: Option<u64>,
    /// Lints of any of them.
    pub lints: TaskLints,
}

/// Spawn locations, those with the most tasks alive first. With a filter, those alone of which a task meets it.
pub fn groups<'a>(live: &'a Live, tasks: &[(&Task, TaskLints)], is_filtered: bool) -> Vec<Group<'a>> {
    type Key<'a> = (Option<&'a Location>, wakeful_model::runtime::TaskKind);
    let mut by_site: FxHashMap<Key<'_>, (u64, u64, TaskLints, Option<&str>)> = FxHashMap::default();
    for (task, lints) in tasks {
        let key = (task.location.as_deref(), task.start.kind);
        let start = task.start.start_unix_nanos;
        let entry = by_site.entry(key);
        let (count, oldest, all, name) = entry.or_insert((0, start, *lints, Some(&task.start.name)));
        *count += 1;
        *oldest = start.min(*oldest);
        all.0 |= lints.0;
        *name = name.filter(|name| *name == task.start.name);
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for site in live.sites() {
        let found = by_site.get(&(site.location.as_deref(), site.kind));
        if found.is_none() && is_filtered {
            continue;
        }
        groups.push(Group {
            site,
            name: found
                .and_then(|(_, _, _, name)| *name)
                .unwrap_or_default()
                .to_owned(),
            count: found.map_or(0, |(count, ..)| *count),
            oldest_unix_nanos: found.map(|(_, oldest, ..)| *oldest),
            lints: found.map_or(TaskLints::default(), |(_, _, lints, _)| *lints),
        });
    }
    groups.sort_by(|a, b| {
        let most = b
            .site
            .alive
            .cmp(&a.site.alive)
            .then(b.site.started.cmp(&a.site.started));
        let place = |group: &Group<'_>| group.site.location.as_ref().map(ToString::to_string);
        match most {
            Ordering::Equal => (place(a), a.site.kind as u8).cmp(&(place(b), b.site.kind as u8)),
            other => other,
        }
    });
    groups
}
