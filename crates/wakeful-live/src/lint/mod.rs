//! What is wrong, where, since when, and what to do about it.

mod contention;
mod deadlock;
mod leak;
mod slow;
mod wakers;

use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use wakeful_model::runtime::{Location, ResourceId, TaskId};

use crate::{Live, Resource, Task};

/// Something that a linter looks for. The first five are tokio-console's, by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lint {
    /// A task wakes itself more often than others do.
    SelfWakes,
    /// A task waits, and there is no waker that could wake it.
    LostWaker,
    /// A task has been in its first poll for long.
    NeverYielded,
    /// A future was put into a box because of its size.
    AutoBoxedFuture,
    /// A future is large.
    LargeFuture,
    /// A poll kept its worker for long.
    LongPoll,
    /// A task that was woken waited long for a worker.
    LongWait,
    /// Tasks wait for a lock much of the time.
    Contention,
    /// There are ever more tasks of one place.
    TaskLeak,
    /// Tasks wait for each other in a circle.
    Deadlock,
}

impl Lint {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SelfWakes,
        Self::LostWaker,
        Self::NeverYielded,
        Self::AutoBoxedFuture,
        Self::LargeFuture,
        Self::LongPoll,
        Self::LongWait,
        Self::Contention,
        Self::TaskLeak,
        Self::Deadlock,
    ];

    /// The name by which it is switched on and off.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfWakes => "self-wakes",
            Self::LostWaker => "lost-waker",
            Self::NeverYielded => "never-yielded",
            Self::AutoBoxedFuture => "auto-boxed-future",
            Self::LargeFuture => "large-future",
            Self::LongPoll => "long-poll",
            Self::LongWait => "long-wait",
            Self::Contention => "contention",
            Self::TaskLeak => "task-leak",
            Self::Deadlock => "deadlock",
        }
    }
}

/// No lint has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLint(String);

impl std::fmt::Display for UnknownLint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = Lint::ALL.map(Lint::name).join(", ");
        write!(f, "no lint is called `{}`; there are {names}", self.0)
    }
}

impl std::error::Error for UnknownLint {}

impl FromStr for Lint {
    type Err = UnknownLint;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|lint| lint.name() == name);
        known.ok_or_else(|| UnknownLint(name.to_owned()))
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of thing.
    pub lint: Lint,
    /// The tasks that are concerned, the first foremost. Empty if a place is concerned rather than a task.
    pub tasks: Vec<TaskId>,
    /// The resources that are concerned.
    pub resources: Vec<ResourceId>,
    /// Where: a spawn location, or that of a lock.
    pub location: Option<Arc<Location>>,
    /// Since when, in Unix nanoseconds.
    pub since_unix_nanos: u64,
    /// What is wrong, as a sentence without full stop.
    pub text: String,
    /// What to do, as a sentence without full stop.
    pub remedy: &'static str,
}

/// From when on something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// More of a task's wakes are its own, in per cent.
    pub self_wake_percent: u64,
    /// A first poll has lasted this long.
    pub never_yielded: Duration,
    /// A future has this many bytes.
    pub large_future_bytes: u64,
    /// A poll has lasted this long.
    pub long_poll: Duration,
    /// A task has waited this long for a worker.
    pub long_wait: Duration,
    /// Tasks wait for a lock this part of the time, in per cent of one task that always waits.
    pub contention_percent: u64,
    /// So many more tasks of one place, without its ever having been fewer.
    pub leaked_tasks: u64,
    /// For how long there must be more and more of them.
    pub leak: Duration,
    /// For how long nobody in the circle must have moved.
    pub deadlock: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            self_wake_percent: 50,
            never_yielded: Duration::from_secs(1),
            large_future_bytes: 1024,
            long_poll: Duration::from_millis(10),
            long_wait: Duration::from_millis(10),
            contention_percent: 50,
            leaked_tasks: 100,
            leak: Duration::from_secs(60),
            deadlock: Duration::from_millis(500),
        }
    }
}

/// Looks for what is wrong.
#[derive(Debug, Clone)]
pub struct Linter {
    thresholds: Thresholds,
    lints: Vec<Lint>,
}

impl Default for Linter {
    /// All lints, with the thresholds that they have unless told otherwise.
    fn default() -> Self {
        Self::new(Thresholds::default(), Lint::ALL)
    }
}

impl Linter {
    /// Looks for some things alone.
    pub fn new(thresholds: Thresholds, lints: impl IntoIterator<Item = Lint>) -> Self {
        Self {
            thresholds,
            lints: lints.into_iter().collect(),
        }
    }

    /// What it looks for.
    pub fn lints(&self) -> impl Iterator<Item = Lint> {
        self.lints.iter().copied()
    }

    /// What is wrong now: the worst first, then by how long it has been so.
    pub fn check(&self, live: &Live) -> Vec<Finding> {
        let mut findings = Vec::new();
        for task in live.tasks().filter(|task| task.end.is_none()) {
            wakers::check(&self.thresholds, task, &mut findings);
            slow::check(&self.thresholds, task, &mut findings);
        }
        contention::check(&self.thresholds, live, &mut findings);
        leak::check(&self.thresholds, live, &mut findings);
        deadlock::check(&self.thresholds, live, &mut findings);
        findings.retain(|finding| self.lints.contains(&finding.lint));
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.lint), finding.since_unix_nanos));
        findings
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A task in a sentence: its id, name and spawn location.
fn task_text(task: &Task) -> String {
    let mut text = format!("task {}", task.start.id);
    if !task.start.name.is_empty() {
        let _ = write!(text, " ({})", task.start.name);
    }
    if let Some(location) = &task.location {
        let _ = write!(text, " of {}", place(location));
    }
    text
}

/// A resource in a sentence: its type, name and location.
fn resource_text(resource: &Resource) -> String {
    let mut text = resource.start.concrete_type.clone();
    if !resource.start.name.is_empty() {
        let _ = write!(text, " `{}`", resource.start.name);
    }
    if let Some(location) = &resource.location {
        let _ = write!(text, " of {}", place(location));
    }
    text
}

/// File and line: the column tells nobody where to look.
fn place(location: &Location) -> String {
    format!("{}:{}", location.file, location.line)
}

/// A duration with three digits.
fn time_text(nanos: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    let Some((unit, name)) = units.into_iter().find(|(unit, _)| nanos >= *unit) else {
        return format!("{nanos} ns");
    };
    let value = nanos as f64 / unit as f64;
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {name}")
}
