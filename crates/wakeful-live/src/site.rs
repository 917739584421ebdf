//! The tasks that were spawned at one place, over the minutes.

use std::collections::VecDeque;
use std::sync::Arc;

use wakeful_model::runtime::{Location, LocationSums, TaskKind};

/// Between two samples.
const SAMPLE_NANOS: u64 = 10_000_000_000;
/// Ten minutes of them.
const SAMPLES_MAX: usize = 60;

/// Growth is steady if there were more in so many samples, …
const RISES_MIN: usize = 2;
/// … and in one of so many at least.
const RISES_A_SAMPLE: usize = 3;

/// A place where tasks are spawned.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The place; `None` for tasks whose spawn was not seen.
    pub location: Option<Arc<Location>>,
    /// What runs its tasks.
    pub kind: TaskKind,
    /// Tasks that are alive.
    pub alive: u64,
    /// Tasks that were spawned since it is watched.
    pub started: u64,
    /// Tasks that went since it is watched.
    pub ended: u64,
    /// Polls that ended since it is watched.
    pub polls: u64,
    /// How long they took, in nanoseconds.
    pub busy_nanos: u64,
    /// How long tasks were woken and waited for a worker, in nanoseconds; `None` if no task's wakes are known.
    pub scheduled_nanos: Option<u64>,
    /// The longest of the polls, in nanoseconds.
    pub longest_poll_nanos: u64,
    /// When, and how many were alive then: oldest first.
    pub samples: VecDeque<(u64, u64)>,
}

impl Site {
    pub(crate) fn new(location: Option<Arc<Location>>, kind: TaskKind) -> Self {
        Self {
            location,
            kind,
            alive: 0,
            started: 0,
            ended: 0,
            polls: 0,
            busy_nanos: 0,
            scheduled_nanos: None,
            longest_poll_nanos: 0,
            samples: VecDeque::new(),
        }
    }

    /// Takes in what its tasks did in a stretch of time, in one runtime, and how many were alive at its end, in all of them.
    pub(crate) fn add(&mut self, sums: &LocationSums, alive: u64) {
        self.alive = alive;
        self.started = self.started.saturating_add(sums.started);
        self.ended = self.ended.saturating_add(sums.ended);
        self.polls = self.polls.saturating_add(sums.polls);
        self.busy_nanos = self.busy_nanos.saturating_add(sums.busy_nanos);
        if let Some(scheduled) = sums.scheduled_nanos {
            let former = self.scheduled_nanos.unwrap_or(0);
            self.scheduled_nanos = Some(former.saturating_add(scheduled));
        }
        self.longest_poll_nanos = self.longest_poll_nanos.max(sums.longest_poll_nanos);
        self.sample(sums.to_unix_nanos);
    }

    /// How many more are alive than at the oldest sample.
    pub fn growth(&self) -> i64 {
        let first = self.samples.front().map_or(0, |(_, alive)| *alive);
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        whole(self.alive) - whole(first)
    }

    /// Remembers how many are alive, if it is time to.
    pub(crate) fn sample(&mut self, now: u64) {
        let due = self
            .samples
            .back()
            .is_none_or(|(at, _)| at.saturating_add(SAMPLE_NANOS) <= now);
        if due {
            if self.samples.len() == SAMPLES_MAX {
                self.samples.pop_front();
            }
            self.samples.push_back((now, self.alive));
        }
    }

    /// How many more there are than at the oldest sample, and since when; `None` if there ever were fewer than before, or if there were
    /// more than before only now and then: a pool that was filled stays as large as it is.
    pub(crate) fn steady_growth(&self) -> Option<(u64, u64)> {
        let (since, first) = *self.samples.front()?;
        let steps = || self.samples.iter().zip(self.samples.iter().skip(1));
        let never_fewer = steps().all(|(before, after)| before.1 <= after.1);
        let rises = steps().filter(|(before, after)| before.1 < after.1).count();
        let is_steady = never_fewer && rises >= RISES_MIN && rises * RISES_A_SAMPLE >= steps().count();
        is_steady.then(|| (self.alive.saturating_sub(first), since))
    }
}
