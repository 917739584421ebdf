//! tokio-console's lints, with its conditions (`src/warnings.rs` of 0.1.14), but that what is unknown alarms nobody.

use super::{Finding, Lint, Thresholds, nanos, task_text, time_text};
use crate::{Task, TaskState};

pub(super) fn check(thresholds: &Thresholds, task: &Task, findings: &mut Vec<Finding>) {
    let mut found = |lint, since_unix_nanos, text: String, remedy| {
        findings.push(Finding {
            lint,
            tasks: vec![task.start.id],
            resources: Vec::new(),
            location: task.location.clone(),
            since_unix_nanos,
            text: format!("{} {text}", task_text(task)),
            remedy,
        });
    };
    let started = task.start.start_unix_nanos;
    if let (Some(bytes), Some(stored)) = (task.start.future_bytes, task.start.stored_bytes)
        && bytes != stored
    {
        found(
            Lint::AutoBoxedFuture,
            started,
            format!("was put into a box by the runtime because of its {bytes} bytes"),
            "box the large part of the future yourself, or make it smaller",
        );
    }
    if task.is_blocking() {
        return;
    }
    if let Some(bytes) = task.start.stored_bytes.or(task.start.future_bytes)
        && bytes >= thresholds.large_future_bytes
    {
        found(
            Lint::LargeFuture,
            started,
            format!("takes {bytes} bytes"),
            "put large arrays and deeply nested futures into a Box",
        );
    }
    if let Some(percent) = task.self_wake_percent()
        && percent > thresholds.self_wake_percent
    {
        found(
            Lint::SelfWakes,
            started,
            format!("woke itself for {percent} % of its wakes"),
            "wait for something instead of polling in a circle; yield_now and FuturesUnordered wake themselves too",
        );
    }
    let state = task.state();
    if state == Some(TaskState::Idle) && task.live_wakers() == Some(0) {
        found(
            Lint::LostWaker,
            task.last_wake_unix_nanos().unwrap_or(started),
            "waits, but nobody has a waker for it, so it will never be woken".to_owned(),
            "keep the waker of the latest poll until it is used",
        );
    }
    let busy = task.busy_nanos().unwrap_or(0);
    let first = task.polls_count().is_some_and(|polls| polls <= 1);
    if state == Some(TaskState::Running) && first && busy >= nanos(thresholds.never_yielded) {
        found(
            Lint::NeverYielded,
            task.sums
                .as_ref()
                .and_then(|sums| sums.last_poll_start_unix_nanos)
                .unwrap_or(started),
            format!("has been in its first poll for {}", time_text(busy)),
            "move blocking work to spawn_blocking, or await now and then",
        );
    }
}
