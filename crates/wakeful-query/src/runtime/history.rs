//! What was wrong in a stretch of time, rather than at its end.

use std::ops::ControlFlow;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_live::{Finding, Lint, Linter};
use wakeful_model::runtime::{Location, ResourceId, TaskId};
use wakeful_store::{ProgramId, RuntimeStore};

use super::gather::Window;

/// A question looks at so many tasks, resources and waits at most, each counted as often as it is looked at: a few seconds' work.
const LOOKS_MAX: usize = 20_000_000;

/// Something that was wrong for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct PastFinding {
    /// As it was found last, with since when it was so.
    pub finding: Finding,
    /// When it was found last, Unix nanoseconds.
    pub last_unix_nanos: u64,
}

/// What was wrong in a stretch of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingHistory {
    /// The worst first, then by how long it has been so.
    pub findings: Vec<PastFinding>,
    /// Where the question would have taken too long, until when it was looked; Unix nanoseconds.
    pub ends_unix_nanos: Option<u64>,
}

/// What makes two findings the same one: those who wait for a lock come and go while it is fought over.
type Subject = (Lint, Vec<TaskId>, Vec<ResourceId>, Option<Arc<Location>>);

/// What a linter finds after each batch of a window. Blocks.
pub fn findings_within(store: &RuntimeStore, program: ProgramId, window: Window) -> FindingHistory {
    let linter = Linter::default();
    let mut found: FxHashMap<Subject, PastFinding> = FxHashMap::default();
    let (mut looks, mut ends_unix_nanos) = (0, None);
    store.each_state(program, &window.range(), |live| {
        let last_unix_nanos = live.now_unix_nanos();
        for finding in linter.check(live) {
            let new = PastFinding {
                finding,
                last_unix_nanos,
            };
            let known = found.entry(subject(&new.finding)).or_insert_with(|| new.clone());
            let since_unix_nanos = known.finding.since_unix_nanos.min(new.finding.since_unix_nanos);
            *known = new;
            known.finding.since_unix_nanos = since_unix_nanos;
        }
        looks += live.tasks().count() + live.resources().count() + live.async_ops().count();
        if looks <= LOOKS_MAX {
            return ControlFlow::Continue(());
        }
        ends_unix_nanos = Some(last_unix_nanos);
        ControlFlow::Break(())
    });
    let mut findings: Vec<PastFinding> = found.into_values().collect();
    findings.sort_by(|a, b| {
        let order = |it: &Finding| (std::cmp::Reverse(it.lint), it.since_unix_nanos);
        let whose = |it: &Finding| (it.tasks.clone(), it.resources.clone());
        order(&a.finding)
            .cmp(&order(&b.finding))
            .then_with(|| whose(&a.finding).cmp(&whose(&b.finding)))
    });
    FindingHistory {
        findings,
        ends_unix_nanos: ends_unix_nanos.filter(|end| *end < window.to),
    }
}

fn subject(finding: &Finding) -> Subject {
    let tasks = match finding.lint {
        Lint::Contention => Vec::new(),
        _ => finding.tasks.clone(),
    };
    (
        finding.lint,
        tasks,
        finding.resources.clone(),
        finding.location.clone(),
    )
}
