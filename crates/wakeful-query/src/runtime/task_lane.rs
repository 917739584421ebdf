//! What one task did: its polls, and what lies between them.

use wakeful_live::{Live, Task, TaskState};
use wakeful_model::runtime::{Poll, TaskEndKind, TaskId, WakeSource};

use super::gather::{Gathered, Total, Window};
use super::item::{Item, ItemFlags, ItemKind, Joiner};
use super::waits::Waits;

/// Sums of what a task did in a window, nanoseconds; `None` if its wakes are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TaskTimes {
    pub(super) polls: u64,
    pub(super) polled: u64,
    pub(super) scheduled: Option<u64>,
    pub(super) idle: u64,
    pub(super) not_polled: u64,
}

/// What the lane of a task is made of.
pub(super) struct TaskLane {
    pub(super) items: Vec<Item>,
    /// The scheduled stretches, not joined, with the poll that ended each.
    pub(super) scheduled: Vec<(u64, u64, Option<Poll>)>,
    pub(super) times: TaskTimes,
}

struct Builder<'a> {
    task: TaskId,
    live: &'a Live,
    window: Window,
    waits: Waits<'a>,
    /// When other tasks woke it, by time.
    wakes: Vec<(u64, TaskId)>,
    /// Stretches in which polls were told as sums alone.
    summed: Vec<Item>,
    joiner: Joiner,
    scheduled: Vec<(u64, u64, Option<Poll>)>,
    times: TaskTimes,
}

/// The lane of a task within a window. `live` is the program after it.
pub(super) fn build(
    task: TaskId,
    live: &Live,
    gathered: &Gathered,
    window: Window,
    nanos_a_pixel: u64,
) -> TaskLane {
    let known = live.task(task);
    let own: Vec<&Poll> = gathered.polls.iter().filter(|poll| poll.task == task).collect();
    let start = known.map(|task| task.start.start_unix_nanos);
    let totals = gathered.totals.get(&task).map_or(&[][..], Vec::as_slice);
    let mut builder = Builder {
        task,
        live,
        window,
        waits: Waits::of(gathered, task),
        wakes: wakes_by_tasks(gathered, task),
        summed: summed(task, totals, start),
        joiner: Joiner::new(nanos_a_pixel),
        scheduled: Vec::new(),
        times: TaskTimes::default(),
    };
    let has_wakes = own.iter().any(|poll| poll.scheduled_nanos.is_some())
        || known.is_some_and(|task| task.last_wake_unix_nanos().is_some());
    builder.times.scheduled = has_wakes.then_some(0);
    let summed = builder.summed.clone();
    let mut summed = summed.into_iter().peekable();
    let mut before = None;
    for poll in own {
        while let Some(sum) = summed.next_if(|sum| sum.start <= poll.start_unix_nanos) {
            builder.joiner.push(sum);
        }
        builder.gap(before, poll, known);
        builder.poll(poll);
        before = Some(poll.end_unix_nanos());
    }
    summed.for_each(|sum| builder.joiner.push(sum));
    if let Some(task) = known {
        builder.rest(before, task);
    }
    TaskLane {
        items: builder.joiner.finish(),
        scheduled: builder.scheduled,
        times: builder.times,
    }
}

/// When other tasks woke a task.
fn wakes_by_tasks(gathered: &Gathered, task: TaskId) -> Vec<(u64, TaskId)> {
    let wakes = gathered.wakes.iter().filter(|wake| wake.task == task);
    let by_task = wakes.filter_map(|wake| match wake.by {
        WakeSource::Task(by) => Some((wake.at_unix_nanos, by)),
        WakeSource::Unknown | WakeSource::Driver | WakeSource::Thread => None,
    });
    by_task.collect()
}

/// Stretches of batches in which more polls ended than were told one by one.
fn summed(task: TaskId, totals: &[Total], start: Option<u64>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut former: Option<&Total> = None;
    for total in totals {
        let is_first = start.is_some_and(|start| start >= total.from);
        let before = match former {
            Some(former) => Some((former.polls, former.busy)),
            None => is_first.then_some((0, 0)),
        };
        former = Some(total);
        // What it had come to before is not known: nor is what is new.
        let Some((polls, busy)) = before else { continue };
        let told = total
            .polls
            .saturating_sub(polls)
            .saturating_sub(total.whole_polls);
        if told > 0 {
            let mut item = Item::new(ItemKind::Sum, total.from, total.to).of_task(task);
            item.count = u32::try_from(told).unwrap_or(u32::MAX);
            item.busy = total.busy.saturating_sub(busy).saturating_sub(total.whole_busy);
            items.push(item);
        }
    }
    items
}

impl Builder<'_> {
    /// What lies between two polls, or before the first.
    fn gap(&mut self, before: Option<u64>, poll: &Poll, task: Option<&Task>) {
        let start = poll.start_unix_nanos;
        let spawned = task.map(|task| task.start.start_unix_nanos);
        let first = task.and_then(|task| task.sums.as_ref()?.first_poll_unix_nanos);
        if let (None, Some(spawned)) = (before, spawned)
            && first.is_none_or(|first| first >= start)
        {
            self.push(Item::new(ItemKind::NotPolled, spawned.min(start), start));
            return;
        }
        // Nothing else was polled since the window's beginning, or it would have been told.
        let since = before.unwrap_or_else(|| self.window.from.max(spawned.unwrap_or(0)));
        // Polls of one task do not overlap, unless their program says so.
        let since = since.min(start);
        match poll.woken_unix_nanos() {
            Some(woken) => {
                let woken = woken.clamp(since, start);
                self.idle(since, woken, ItemFlags::default());
                self.scheduled(woken, start, Some(poll));
            }
            None => self.idle(since, start, ItemFlags::WAKE_UNKNOWN),
        }
    }

    /// What comes behind the last poll that was told.
    fn rest(&mut self, before: Option<u64>, task: &Task) {
        let now = self.live.now_unix_nanos();
        let end = task.end.as_ref();
        let until = end.map_or(now, |end| end.end_unix_nanos).min(self.window.to);
        let open = match end {
            None if until == now => ItemFlags::OPEN,
            Some(end) if end.end_unix_nanos == until => ItemFlags::of_end(end.kind),
            _ => ItemFlags::default(),
        };
        let spawned = task.start.start_unix_nanos;
        let Some(sums) = task.sums.as_ref().filter(|sums| sums.polls > 0) else {
            if before.is_none() && spawned < until && task.sums.is_some() {
                self.push(Item::new(ItemKind::NotPolled, spawned, until).marked(open));
            }
            return;
        };
        let since = before.unwrap_or_else(|| self.window.from.max(spawned));
        // It was polled after the window, or has not been told of for long: nothing is known of the time between.
        let last = sums.last_poll_start_unix_nanos.unwrap_or(0);
        if since >= until || (before.is_none() && last > self.window.to) {
            return;
        }
        let running = task.state() == Some(TaskState::Running) && last >= since;
        if running && last < until {
            self.idle(since, last, ItemFlags::WAKE_UNKNOWN);
            let item = Item::new(ItemKind::Poll, last, until).marked(ItemFlags::OPEN);
            self.times.polls += 1;
            self.times.polled = self.times.polled.saturating_add(self.within(last, until));
            self.push(item);
            return;
        }
        let woken = task
            .last_wake_unix_nanos()
            .filter(|woken| *woken > since && *woken < until);
        match woken.filter(|_| task.state() == Some(TaskState::Scheduled)) {
            Some(woken) => {
                self.idle(since, woken, ItemFlags::default());
                self.scheduled(woken, until, None);
            }
            None => {
                let dropped = end.is_some_and(|end| end.kind == TaskEndKind::Dropped);
                // A task that is ready ends with its last poll.
                if end.is_none() || dropped || until > since {
                    self.idle(since, until, open);
                }
            }
        }
    }

    fn poll(&mut self, poll: &Poll) {
        let item = Item::new(ItemKind::Poll, poll.start_unix_nanos, poll.end_unix_nanos());
        self.times.polls += 1;
        self.times.polled = self
            .times
            .polled
            .saturating_add(self.within(item.start, item.end));
        let panicked = self
            .live
            .task(self.task)
            .and_then(|task| task.end.as_ref())
            .filter(|end| {
                end.kind == TaskEndKind::Panicked && end.end_unix_nanos <= item.end.saturating_add(1_000)
            });
        let flags = panicked.map_or(ItemFlags::default(), |end| ItemFlags::of_end(end.kind));
        self.push(item.on_thread(poll.thread).marked(flags));
    }

    fn scheduled(&mut self, start: u64, end: u64, poll: Option<&Poll>) {
        if start >= end {
            return;
        }
        self.scheduled.push((start, end, poll.cloned()));
        let item = Item::new(ItemKind::Scheduled, start, end);
        let thread = poll.map(|poll| poll.thread);
        self.push(Item { thread, ..item });
    }

    fn idle(&mut self, start: u64, end: u64, flags: ItemFlags) {
        let has_sums = self.summed.iter().any(|sum| sum.start < end && sum.end > start);
        // In a summed stretch it was polled, and nobody knows when.
        if start >= end || has_sums {
            return;
        }
        let wait = self
            .waits
            .during(start, end, self.woken_by(start, end), self.live);
        let kind = match &wait {
            Some(wait) if wait.is_lock => ItemKind::Blocked,
            _ => ItemKind::Idle,
        };
        let label = wait.map_or_else(String::new, |wait| wait.label);
        self.push(Item::new(kind, start, end).marked(flags).labelled(label));
    }

    /// The task that ended an idle time; `None` if none did, or not alone.
    fn woken_by(&self, start: u64, end: u64) -> Option<TaskId> {
        let first = self.wakes.partition_point(|(at, _)| *at < start);
        // Both ends are of one clock; a wait's is a difference of two.
        let until = self.wakes.partition_point(|(at, _)| *at <= end.saturating_add(1));
        match self.wakes.get(first..until)? {
            [(_, task)] => Some(*task),
            _ => None,
        }
    }

    fn push(&mut self, item: Item) {
        if !self.window.overlaps(item.start, item.end) {
            return;
        }
        let nanos = self.within(item.start, item.end);
        match item.kind {
            ItemKind::Idle | ItemKind::Blocked => self.times.idle = self.times.idle.saturating_add(nanos),
            ItemKind::NotPolled => self.times.not_polled = self.times.not_polled.saturating_add(nanos),
            ItemKind::Scheduled => {
                let sum = self.times.scheduled.unwrap_or_default();
                self.times.scheduled = Some(sum.saturating_add(nanos));
            }
            _ => {}
        }
        self.joiner.push(item.of_task(self.task));
    }

    /// How much of a stretch lies within the window.
    fn within(&self, start: u64, end: u64) -> u64 {
        end.min(self.window.to)
            .saturating_sub(start.max(self.window.from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(second: u64, polls: u64, busy: u64, whole: (u64, u64)) -> Total {
        Total {
            from: second * 100,
            to: second * 100 + 100,
            polls,
            busy,
            whole_polls: whole.0,
            whole_busy: whole.1,
        }
    }

    fn check(totals: &[Total], start: u64, expected: &[(u64, u32, u64)]) {
        let items = summed(TaskId(1), totals, Some(start));
        let seen: Vec<_> = items
            .iter()
            .map(|item| (item.start, item.count, item.busy))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn polls_that_were_not_told_one_by_one_are_a_sum() {
        let totals = [
            total(1, 10, 500, (2, 100)),
            total(2, 13, 560, (3, 60)),
            total(3, 20, 700, (0, 0)),
        ];
        // It was spawned in the first stretch: what is not whole there is a sum.
        check(&totals, 150, &[(100, 8, 400), (300, 7, 140)]);
        // It had been polled before: of the first stretch nothing is known.
        check(&totals, 50, &[(300, 7, 140)]);
        check(&[], 50, &[]);
    }
}
