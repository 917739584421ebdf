//! Figures of a window, no denser than they are drawn: so a window of days takes no more memory than one of minutes.

use wakeful_model::runtime::{LocationSums, RuntimeMetrics};

use super::gather::Window;

/// More steps than these are not drawn.
const STEPS_MAX: u64 = 5_000;

/// A program may claim any number of workers: no more of their figures are held.
const WORKER_FIGURES_MAX: usize = 400_000;

/// A batch has figures of some runtimes in turn.
const RUNTIMES_MAX: usize = 64;

/// Figures by time.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) metrics: Vec<RuntimeMetrics>,
    /// Polls that ended, and the longest, by the end of their stretch.
    pub(super) polls_counted: Vec<(u64, u64, u64)>,
    worker_figures: usize,
}

/// Which step of a window a time is in; `None` if it is in none.
fn step_of(window: Window, at: u64) -> Option<u64> {
    let step = ((window.to - window.from) / STEPS_MAX).max(1);
    let at = at.checked_sub(window.from).filter(|_| at <= window.to)?;
    Some(at / step)
}

impl Figures {
    /// Adds figures of a runtime; `false` if there are too many.
    pub(super) fn add(&mut self, metrics: &RuntimeMetrics, window: Window) -> bool {
        let step = step_of(window, metrics.at_unix_nanos);
        let recent = self.metrics.iter_mut().rev().take(RUNTIMES_MAX);
        let former = recent
            .filter(|former| former.runtime == metrics.runtime)
            .find(|former| step.is_some() && step_of(window, former.at_unix_nanos) == step);
        if let Some(former) = former.filter(|former| former.at_unix_nanos <= metrics.at_unix_nanos) {
            let others = self.worker_figures - former.workers.len();
            if others + metrics.workers.len() > WORKER_FIGURES_MAX {
                return false;
            }
            self.worker_figures = others + metrics.workers.len();
            join(former, metrics);
            return true;
        }
        if self.worker_figures + metrics.workers.len() > WORKER_FIGURES_MAX
            || self.metrics.len() >= WORKER_FIGURES_MAX
        {
            return false;
        }
        self.worker_figures += metrics.workers.len();
        self.metrics.push(metrics.clone());
        true
    }

    /// Adds the polls of a spawn location.
    pub(super) fn count(&mut self, sums: &LocationSums, window: Window) {
        let Some(step) = step_of(window, sums.to_unix_nanos) else {
            return;
        };
        // A program that jumps in time begins a step more than once.
        let has_room = self.polls_counted.len() < WORKER_FIGURES_MAX;
        let recent = self.polls_counted.last_mut();
        match recent.filter(|(to, ..)| step_of(window, *to) == Some(step)) {
            Some((to, polls, longest)) => {
                *to = sums.to_unix_nanos.max(*to);
                *polls = polls.saturating_add(sums.polls);
                *longest = sums.longest_poll_nanos.max(*longest);
            }
            None if has_room => {
                self.polls_counted
                    .push((sums.to_unix_nanos, sums.polls, sums.longest_poll_nanos));
            }
            None => {}
        }
    }
}

/// Puts later figures in the place of former ones of the same step. What has counted since the start is in them; of the others the most
/// stays.
fn join(former: &mut RuntimeMetrics, later: &RuntimeMetrics) {
    let before = std::mem::replace(former, later.clone());
    let most = |now: &mut Option<u64>, then: Option<u64>| *now = (*now).max(then);
    most(&mut former.alive_tasks, before.alive_tasks);
    most(&mut former.global_queue_depth, before.global_queue_depth);
    most(&mut former.blocking_threads, before.blocking_threads);
    most(&mut former.blocking_queue_depth, before.blocking_queue_depth);
    for (now, then) in former.workers.iter_mut().zip(&before.workers) {
        if now.worker == then.worker {
            most(&mut now.local_queue_depth, then.local_queue_depth);
        }
    }
}

#[cfg(test)]
mod tests {
    use wakeful_model::runtime::{RuntimeId, WorkerMetrics};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn metrics(runtime: u64, second: u64, workers: u32) -> RuntimeMetrics {
        let worker = |worker| WorkerMetrics {
            worker,
            busy_nanos: Some(second),
            local_queue_depth: Some(second % 7),
            ..WorkerMetrics::default()
        };
        RuntimeMetrics {
            runtime: RuntimeId(runtime),
            at_unix_nanos: second * SECOND,
            alive_tasks: Some(1_000 - second % 100),
            workers: (0..workers).map(worker).collect(),
            ..RuntimeMetrics::default()
        }
    }

    #[test]
    fn days_take_no_more_than_minutes() {
        // Ten steps of a hundred seconds, within a window of as many steps as there may be.
        let window = Window {
            from: 0,
            to: 100 * STEPS_MAX * SECOND,
        };
        let mut figures = Figures::default();
        for second in 0..1_000 {
            for runtime in [1, 2] {
                assert!(figures.add(&metrics(runtime, second, 2), window));
                let sums = LocationSums {
                    to_unix_nanos: second * SECOND,
                    polls: 3,
                    longest_poll_nanos: second % 10,
                    ..LocationSums::default()
                };
                figures.count(&sums, window);
            }
        }
        assert_eq!(figures.metrics.len(), 20);
        let last = figures.metrics.last().unwrap();
        assert_eq!(
            (last.at_unix_nanos, last.alive_tasks),
            (999 * SECOND, Some(1_000))
        );
        let worker = &last.workers[1];
        assert_eq!(
            (worker.busy_nanos, worker.local_queue_depth),
            (Some(999), Some(6))
        );
        assert_eq!(figures.polls_counted.len(), 10);
        assert_eq!(figures.polls_counted[0], (99 * SECOND, 600, 9));
        // In a short window all of them are there.
        let mut figures = Figures::default();
        let minute = Window {
            from: 0,
            to: 60 * SECOND,
        };
        (0..60).for_each(|second| assert!(figures.add(&metrics(1, second, 1), minute)));
        assert_eq!(figures.metrics.len(), 60);
    }

    #[test]
    fn a_program_that_claims_too_many_workers_is_cut_off() {
        let window = Window {
            from: 0,
            to: 60 * SECOND,
        };
        let mut figures = Figures::default();
        let taken = (0..60).filter(|second| figures.add(&metrics(1, *second, 10_000), window));
        assert_eq!(taken.count(), WORKER_FIGURES_MAX / 10_000);
    }
}
