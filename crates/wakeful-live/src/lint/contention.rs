//! Locks for which tasks wait much of the time.

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{ResourceId, TaskId};

use super::{Finding, Lint, Thresholds, resource_text, time_text};
use crate::{Live, Resource};

/// Where only the waits that go on are known, two or more must have waited this long.
const LONG_WAIT_NANOS: u64 = 100_000_000;

pub(super) fn check(thresholds: &Thresholds, live: &Live, findings: &mut Vec<Finding>) {
    let mut waits: FxHashMap<ResourceId, Vec<(u64, Option<TaskId>)>> = FxHashMap::default();
    for op in live.async_ops().filter(|op| op.is_waiting()) {
        let all = waits.entry(op.op.resource).or_default();
        all.push((op.op.start_unix_nanos, op.op.task));
    }
    let locks = live
        .resources()
        .filter(|it| it.is_lock() && it.end_unix_nanos.is_none() && !it.start.is_internal);
    for lock in locks {
        let mut waits = waits.remove(&lock.start.id).unwrap_or_default();
        waits.sort_unstable();
        let told = by_counts(thresholds, lock).or_else(|| by_waits(&waits, live.now_unix_nanos()));
        let Some((since_unix_nanos, text)) = told else {
            continue;
        };
        findings.push(Finding {
            lint: Lint::Contention,
            tasks: waits.iter().filter_map(|(_, task)| *task).collect(),
            resources: vec![lock.start.id],
            location: lock.location.clone(),
            since_unix_nanos,
            text: format!("{} {text}", resource_text(lock)),
            remedy: "hold it for less time, never across an await that waits for others, or divide what it guards",
        });
    }
}

/// What was waited between two states of a lock, whatever became of the waits.
fn by_counts(thresholds: &Thresholds, lock: &Resource) -> Option<(u64, String)> {
    let pressure = lock.pressure?;
    let passed = pressure.to_unix_nanos.checked_sub(pressure.from_unix_nanos)?;
    let percent = pressure.waited_nanos.saturating_mul(100).checked_div(passed)?;
    let text = format!(
        "is fought over: tasks waited {} for it in {}",
        time_text(pressure.waited_nanos),
        time_text(passed)
    );
    (percent >= thresholds.contention_percent).then_some((pressure.from_unix_nanos, text))
}

/// Where the program does not count, several long waits at once.
fn by_waits(waits: &[(u64, Option<TaskId>)], now: u64) -> Option<(u64, String)> {
    let long = |since: u64| since.saturating_add(LONG_WAIT_NANOS) <= now;
    let (since, _) = *waits.first()?;
    let text = format!(
        "is fought over: {} tasks wait for it, the first for {}",
        waits.len(),
        time_text(now.saturating_sub(since))
    );
    (waits.iter().filter(|(since, _)| long(*since)).count() >= 2).then_some((since, text))
}
