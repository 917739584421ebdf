//! Polls that keep a worker for long, and tasks that wait long for one.

use super::{Finding, Lint, Thresholds, nanos, task_text, time_text};
use crate::{Slow, Task, TaskState};

/// For how long what is over is told.
const RECENT_NANOS: u64 = 60_000_000_000;

pub(super) fn check(thresholds: &Thresholds, task: &Task, findings: &mut Vec<Finding>) {
    if task.is_blocking() {
        return;
    }
    if let Some(slow) = worst(
        long_poll_now(task),
        task.slow_poll,
        nanos(thresholds.long_poll),
        task.now,
    ) {
        let now = task.state() == Some(TaskState::Running);
        let verb = if now { "has kept" } else { "kept" };
        findings.push(Finding {
            lint: Lint::LongPoll,
            tasks: vec![task.start.id],
            resources: Vec::new(),
            location: task.location.clone(),
            since_unix_nanos: slow.at_unix_nanos.saturating_sub(slow.nanos),
            text: format!(
                "{} {verb} its worker for {} in one poll",
                task_text(task),
                time_text(slow.nanos)
            ),
            remedy: "move blocking work to spawn_blocking, or yield in long loops",
        });
    }
    if let Some(slow) = worst(
        long_wait_now(task),
        task.slow_wait,
        nanos(thresholds.long_wait),
        task.now,
    ) {
        findings.push(Finding {
            lint: Lint::LongWait,
            tasks: vec![task.start.id],
            resources: Vec::new(),
            location: task.location.clone(),
            since_unix_nanos: slow.at_unix_nanos.saturating_sub(slow.nanos),
            text: format!(
                "{} was woken and waited {} for a worker",
                task_text(task),
                time_text(slow.nanos)
            ),
            remedy: "look for tasks with long polls at that time, or add workers",
        });
    }
}

fn long_poll_now(task: &Task) -> Option<Slow> {
    let started = task.sums.as_ref()?.last_poll_start_unix_nanos?;
    (task.state() == Some(TaskState::Running)).then(|| Slow {
        at_unix_nanos: task.now,
        nanos: task.now.saturating_sub(started),
    })
}

fn long_wait_now(task: &Task) -> Option<Slow> {
    task.waiting_nanos().map(|nanos| Slow {
        at_unix_nanos: task.now,
        nanos,
    })
}

/// The longer of what goes on and what was seen of late, if it is too long.
fn worst(now: Option<Slow>, former: Option<Slow>, limit: u64, until: u64) -> Option<Slow> {
    let recent = former.filter(|slow| slow.at_unix_nanos.saturating_add(RECENT_NANOS) >= until);
    let longest = now.into_iter().chain(recent).max_by_key(|slow| slow.nanos)?;
    (longest.nanos >= limit).then_some(longest)
}
