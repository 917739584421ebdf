//! Tasks that are spawned and never end.

use super::{Finding, Lint, Thresholds, nanos, place, time_text};
use crate::Live;

/// Three samples, so that it has grown twice.
const SAMPLES_MIN: usize = 3;

pub(super) fn check(thresholds: &Thresholds, live: &Live, findings: &mut Vec<Finding>) {
    for site in live.sites() {
        let Some((growth, since)) = site.steady_growth() else {
            continue;
        };
        let lasted = live.now_unix_nanos().saturating_sub(since);
        let grows = growth >= thresholds.leaked_tasks && lasted >= nanos(thresholds.leak);
        // A burst of work grows too, but its tasks also end.
        let stays = site.ended.saturating_mul(2) <= site.started;
        if !grows || !stays || site.samples.len() < SAMPLES_MIN {
            continue;
        }
        let place = site
            .location
            .as_ref()
            .map_or("an unknown place".to_owned(), |location| place(location));
        findings.push(Finding {
            lint: Lint::TaskLeak,
            tasks: Vec::new(),
            resources: Vec::new(),
            location: site.location.clone(),
            since_unix_nanos: since,
            text: format!(
                "tasks of {place} become ever more: {} alive, {growth} more in {}",
                site.alive,
                time_text(lasted)
            ),
            remedy: "end them when their work is done: abort them, drop their JoinSet, or give them a timeout",
        });
    }
}
