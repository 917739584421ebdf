//! Figures of a runtime over time.

use std::collections::BTreeMap;

use wakeful_model::runtime::{RuntimeId, RuntimeMetrics, ThreadId, WorkerMetrics};

use super::gather::{Gathered, Window};

/// Upper ends of the classes of poll times, nanoseconds; what is longer than the last is in a class of its own.
pub const POLL_CLASSES: [u64; 7] = [
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// The class of a poll that took so long.
pub(super) fn class_of(nanos: u64) -> usize {
    POLL_CLASSES.partition_point(|end| *end <= nanos)
}

/// Values at even steps of a window; `None` where nothing is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// How long a step is, nanoseconds.
    pub step_nanos: u64,
    /// Tasks that were alive, at most.
    pub tasks_alive: Vec<Option<u64>>,
    /// Tasks in the queue that all workers share, at most.
    pub global_queue: Vec<Option<u64>>,
    /// Threads for blocking tasks, at most.
    pub blocking_threads: Vec<Option<u64>>,
    /// Blocking tasks that waited for a thread, at most.
    pub blocking_queue: Vec<Option<u64>>,
    /// Polls that ended: exact counts, of seconds that ended in the step.
    pub polls: Vec<Option<u64>>,
    /// The longest poll of those seconds.
    pub longest_poll_nanos: Vec<Option<u64>>,
    /// By worker.
    pub workers: Vec<WorkerSeries>,
    /// Polls that were told one by one, by step and class.
    pub poll_classes: Vec<[u32; POLL_CLASSES.len() + 1]>,
}

/// Values of one worker.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkerSeries {
    /// Which one, from 0.
    pub worker: u32,
    /// The thread that it runs on.
    pub thread: Option<ThreadId>,
    /// The part of the time in which it was busy, 0 to 1.
    pub busy: Vec<Option<f64>>,
    /// How often it went to sleep.
    pub parks: Vec<Option<u64>>,
    /// How many tasks it took from others.
    pub steals: Vec<Option<u64>>,
    /// Tasks in its own queue, at most.
    pub local_queue: Vec<Option<u64>>,
}

/// Figures of a runtime, or of the one with the most workers if none is given, at `points` even steps.
pub fn series(gathered: &Gathered, runtime: Option<RuntimeId>, window: Window, points: usize) -> Series {
    let points = points.max(1);
    let step = ((window.to - window.from) / points as u64).max(1);
    let place = |at: u64| {
        let at = at.checked_sub(window.from)? / step;
        (at <= points as u64).then_some((at as usize).min(points - 1))
    };
    let runtime = runtime.or_else(|| {
        let largest = gathered
            .metrics
            .iter()
            .max_by_key(|metrics| metrics.workers.len());
        largest.map(|metrics| metrics.runtime)
    });
    let empty = vec![None; points];
    let mut all = Series {
        step_nanos: step,
        tasks_alive: empty.clone(),
        global_queue: empty.clone(),
        blocking_threads: empty.clone(),
        blocking_queue: empty.clone(),
        polls: empty.clone(),
        longest_poll_nanos: empty,
        workers: Vec::new(),
        poll_classes: vec![[0; POLL_CLASSES.len() + 1]; points],
    };
    for poll in &gathered.polls {
        if let Some(at) = place(poll.start_unix_nanos) {
            all.poll_classes[at][class_of(poll.duration_nanos)] += 1;
        }
    }
    for (to, polls, longest) in &gathered.polls_counted {
        if let Some(at) = place(*to) {
            let sum = all.polls[at].unwrap_or(0);
            all.polls[at] = Some(sum.saturating_add(*polls));
            most(&mut all.longest_poll_nanos[at], Some(*longest));
        }
    }
    let of_runtime = || {
        gathered
            .metrics
            .iter()
            .filter(|metrics| Some(metrics.runtime) == runtime)
    };
    let mut workers: BTreeMap<u32, Vec<(u64, &WorkerMetrics)>> = BTreeMap::new();
    for metrics in of_runtime() {
        for worker in &metrics.workers {
            let told = workers.entry(worker.worker).or_default();
            told.push((metrics.at_unix_nanos, worker));
        }
        if let Some(at) = place(metrics.at_unix_nanos) {
            add(&mut all, at, metrics);
        }
    }
    all.workers = workers
        .into_iter()
        .map(|(worker, told)| worker_series(worker, &told, points, &place))
        .collect();
    all
}

fn add(all: &mut Series, at: usize, metrics: &RuntimeMetrics) {
    most(&mut all.tasks_alive[at], metrics.alive_tasks);
    most(&mut all.global_queue[at], metrics.global_queue_depth);
    most(&mut all.blocking_threads[at], metrics.blocking_threads);
    most(&mut all.blocking_queue[at], metrics.blocking_queue_depth);
}

fn most(sum: &mut Option<u64>, value: Option<u64>) {
    *sum = (*sum).max(value);
}

fn worker_series(
    worker: u32,
    told: &[(u64, &WorkerMetrics)],
    points: usize,
    place: &impl Fn(u64) -> Option<usize>,
) -> WorkerSeries {
    let mut all = WorkerSeries {
        worker,
        thread: told.iter().rev().find_map(|(_, metrics)| metrics.thread),
        busy: vec![None; points],
        parks: vec![None; points],
        steals: vec![None; points],
        local_queue: vec![None; points],
    };
    // Busy time and real time by step, for the mean.
    let mut times = vec![(0_u64, 0_u64); points];
    for pair in told.windows(2) {
        let [(before, former), (at, metrics)] = pair else {
            continue;
        };
        let Some(step) = place(*at) else { continue };
        let grown = |now: Option<u64>, then: Option<u64>| now?.checked_sub(then?);
        if let Some(busy) = grown(metrics.busy_nanos, former.busy_nanos) {
            times[step].0 = times[step].0.saturating_add(busy);
            times[step].1 = times[step].1.saturating_add(at.saturating_sub(*before));
        }
        let sum = |sum: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        };
        sum(&mut all.parks[step], grown(metrics.parks, former.parks));
        sum(&mut all.steals[step], grown(metrics.steals, former.steals));
    }
    for (at, metrics) in told {
        if let Some(step) = place(*at) {
            most(&mut all.local_queue[step], metrics.local_queue_depth);
        }
    }
    for (share, (busy, real)) in all.busy.iter_mut().zip(times) {
        *share = (real > 0).then(|| (busy as f64 / real as f64).min(1.0));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_at_their_step_and_what_is_unknown_stays_unknown() {
        let metrics = |at, busy, alive| RuntimeMetrics {
            runtime: RuntimeId(1),
            at_unix_nanos: at,
            alive_tasks: alive,
            workers: vec![WorkerMetrics {
                worker: 0,
                busy_nanos: Some(busy),
                parks: Some(busy / 10),
                ..WorkerMetrics::default()
            }],
            ..RuntimeMetrics::default()
        };
        let gathered = Gathered {
            metrics: vec![
                metrics(1_000, 0, Some(3)),
                metrics(1_100, 50, None),
                metrics(1_350, 300, Some(2)),
            ],
            polls_counted: vec![(1_100, 7, 40), (1_150, 1, 90)],
            ..Gathered::default()
        };
        let window = Window {
            from: 1_000,
            to: 1_400,
        };
        let found = series(&gathered, None, window, 4);
        assert_eq!(found.step_nanos, 100);
        assert_eq!(found.tasks_alive, [Some(3), None, None, Some(2)]);
        assert_eq!(found.polls, [None, Some(8), None, None]);
        assert_eq!(found.longest_poll_nanos, [None, Some(90), None, None]);
        assert_eq!(found.workers[0].busy, [None, Some(0.5), None, Some(1.0)]);
        assert_eq!(found.workers[0].parks, [None, Some(5), None, Some(25)]);
        assert_eq!(found.workers[0].steals, [None; 4]);
    }

    #[test]
    fn classes_are_decades() {
        let check = |nanos, class| assert_eq!(class_of(nanos), class, "{nanos}");
        check(0, 0);
        check(999, 0);
        check(1_000, 1);
        check(999_999_999, 6);
        check(1_000_000_000, 7);
    }
}
