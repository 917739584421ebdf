//! One task as it is now.

use std::collections::VecDeque;
use std::sync::Arc;

use wakeful_model::runtime::{Location, Poll, TaskEnd, TaskKind, TaskStart, TaskSums, Wake};

/// Single polls and wakes of a task that are remembered.
const RECENT_MAX: usize = 32;

/// What a task is doing. The order is that in which a list sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// It is gone.
    Done,
    /// It waits for a wake.
    Idle,
    /// It was woken, and waits for a worker.
    Scheduled,
    /// It is being polled.
    Running,
}

impl TaskState {
    /// A word in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Idle => "idle",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
        }
    }
}

/// A poll or a wait for a worker that took long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// When it ended, or was seen.
    pub at_unix_nanos: u64,
    /// How long it took, at least.
    pub nanos: u64,
}

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What was known when it was spawned; the index of its location has been replaced by `location`.
    pub start: TaskStart,
    /// Where it was spawned.
    pub location: Option<Arc<Location>>,
    /// How it ended; `None` while it is alive.
    pub end: Option<TaskEnd>,
    /// Its totals; `None` if nobody has told any.
    pub sums: Option<TaskSums>,
    /// Its latest polls that were told one by one, oldest first.
    pub polls: VecDeque<Poll>,
    /// Its latest wakes that were told one by one, oldest first.
    pub wakes: VecDeque<Wake>,
    /// The latest poll of 1 ms or more.
    pub slow_poll: Option<Slow>,
    /// The latest wait for a worker of 1 ms or more.
    pub slow_wait: Option<Slow>,
    /// The moment that its state is told for, Unix nanoseconds.
    pub(crate) now: u64,
    /// The fold that last changed it.
    pub(crate) changed: u64,
}

/// Shorter ones are not remembered.
const SLOW_NANOS: u64 = 1_000_000;

impl Task {
    pub(crate) fn new(mut start: TaskStart, location: Option<Arc<Location>>) -> Self {
        start.location = None;
        Self {
            start,
            location,
            end: None,
            sums: None,
            polls: VecDeque::new(),
            wakes: VecDeque::new(),
            slow_poll: None,
            slow_wait: None,
            now: 0,
            changed: 0,
        }
    }

    /// Whether it occupies a thread rather than a worker: what is said about yielding does not concern it.
    pub fn is_blocking(&self) -> bool {
        matches!(self.start.kind, TaskKind::Blocking | TaskKind::BlockOn)
    }

    /// What it is doing; `None` if nobody sees its polls.
    pub fn state(&self) -> Option<TaskState> {
        if self.end.is_some() {
            return Some(TaskState::Done);
        }
        let sums = self.sums.as_ref()?;
        let started = sums.last_poll_start_unix_nanos;
        if started > sums.last_poll_end_unix_nanos {
            return Some(TaskState::Running);
        }
        let woken = sums
            .wakers
            .as_ref()
            .and_then(|wakers| wakers.last_wake_unix_nanos);
        // What was never polled has been scheduled by its spawn.
        match sums.polls == 0 || woken > started {
            true => Some(TaskState::Scheduled),
            false => Some(TaskState::Idle),
        }
    }

    /// Until when its times count.
    fn until(&self) -> u64 {
        self.end.as_ref().map_or(self.now, |end| end.end_unix_nanos)
    }

    /// How long it has existed, in nanoseconds.
    pub fn total_nanos(&self) -> u64 {
        self.until().saturating_sub(self.start.start_unix_nanos)
    }

    /// How long it was polled, in nanoseconds, the poll that goes on included.
    pub fn busy_nanos(&self) -> Option<u64> {
        let sums = self.sums.as_ref()?;
        let running = match (self.state(), sums.last_poll_start_unix_nanos) {
            (Some(TaskState::Running), Some(start)) => self.now.saturating_sub(start),
            _ => 0,
        };
        Some(sums.busy_nanos.saturating_add(running))
    }

    /// How long it was woken and waited for a worker, in nanoseconds; `None` if its wakes are not known.
    pub fn scheduled_nanos(&self) -> Option<u64> {
        let sums = self.sums.as_ref()?;
        Some(
            sums.scheduled_nanos?
                .saturating_add(self.waiting_nanos().unwrap_or(0)),
        )
    }

    /// How long it has waited for a worker now; `None` if it does not, or its wakes are not known.
    pub fn waiting_nanos(&self) -> Option<u64> {
        if self.state() != Some(TaskState::Scheduled) {
            return None;
        }
        let sums = self.sums.as_ref()?;
        let woken = sums.wakers.as_ref()?.last_wake_unix_nanos;
        let since = woken.unwrap_or(self.start.start_unix_nanos);
        Some(self.now.saturating_sub(since))
    }

    /// How long it waited for wakes, in nanoseconds. If its wakes are not known, what it waited for a worker is part of it.
    pub fn idle_nanos(&self) -> Option<u64> {
        let active = self
            .busy_nanos()?
            .saturating_add(self.scheduled_nanos().unwrap_or(0));
        Some(self.total_nanos().saturating_sub(active))
    }

    /// How often it was polled.
    pub fn polls_count(&self) -> Option<u64> {
        self.sums.as_ref().map(|sums| sums.polls)
    }

    /// Wakers that exist; `None` if that is not known.
    pub fn live_wakers(&self) -> Option<u64> {
        let wakers = self.sums.as_ref()?.wakers.as_ref()?;
        Some(wakers.clones.saturating_sub(wakers.drops))
    }

    /// When it was last woken; `None` if never, or if that is not known.
    pub fn last_wake_unix_nanos(&self) -> Option<u64> {
        self.sums.as_ref()?.wakers.as_ref()?.last_wake_unix_nanos
    }

    /// Self-wakes among its wakes, in per cent; `None` if they are not known.
    pub fn self_wake_percent(&self) -> Option<u64> {
        let wakers = self.sums.as_ref()?.wakers.as_ref()?;
        Some(
            (wakers.self_wakes.saturating_mul(100))
                .checked_div(wakers.wakes)
                .unwrap_or(0),
        )
    }

    pub(crate) fn poll(&mut self, poll: Poll) {
        if poll.duration_nanos >= SLOW_NANOS {
            self.slow_poll = later(self.slow_poll, poll.end_unix_nanos(), poll.duration_nanos);
        }
        if let Some(nanos) = poll.scheduled_nanos.filter(|nanos| *nanos >= SLOW_NANOS) {
            self.slow_wait = later(self.slow_wait, poll.start_unix_nanos, nanos);
        }
        push(&mut self.polls, poll);
    }

    pub(crate) fn wake(&mut self, wake: Wake) {
        push(&mut self.wakes, wake);
    }

    /// Takes newer totals. If what a few polls took together divides into long ones, one of them was at least that long: so long polls
    /// are seen even where no poll is told by itself.
    pub(crate) fn totals(&mut self, sums: TaskSums) {
        if let Some(former) = &self.sums {
            let polls = sums.polls.saturating_sub(former.polls).max(1);
            let busy = sums.busy_nanos.saturating_sub(former.busy_nanos) / polls;
            let at = sums.last_poll_end_unix_nanos.unwrap_or(self.now);
            if busy >= SLOW_NANOS {
                self.slow_poll = later(self.slow_poll, at, busy);
            }
            let waited = sums.scheduled_nanos.unwrap_or(0);
            let waited = waited.saturating_sub(former.scheduled_nanos.unwrap_or(0)) / polls;
            if waited >= SLOW_NANOS {
                self.slow_wait = later(
                    self.slow_wait,
                    sums.last_poll_start_unix_nanos.unwrap_or(at),
                    waited,
                );
            }
        }
        // Details come by themselves: totals without them do not mean that there are none.
        let former = self.sums.replace(sums);
        if let (Some(former), Some(sums)) = (former, &mut self.sums) {
            if sums.poll_times.buckets.is_empty() {
                sums.poll_times = former.poll_times;
            }
            if sums.scheduled_times.buckets.is_empty() {
                sums.scheduled_times = former.scheduled_times;
            }
        }
    }
}

/// The longest that is at most a minute older than the latest.
fn later(former: Option<Slow>, at_unix_nanos: u64, nanos: u64) -> Option<Slow> {
    let recent = |slow: &Slow| slow.at_unix_nanos.saturating_add(60_000_000_000) >= at_unix_nanos;
    let longer = former.filter(recent).filter(|slow| slow.nanos > nanos);
    longer.or(Some(Slow { at_unix_nanos, nanos }))
}

fn push<T>(recent: &mut VecDeque<T>, item: T) {
    if recent.len() == RECENT_MAX {
        recent.pop_front();
    }
    recent.push_back(item);
}
