//! Which task a span was polled by.

use rustc_hash::FxHashMap;
use wakeful_live::Live;
use wakeful_model::runtime::{Poll, TaskId, TaskKind, ThreadId};

/// When a span was active.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanActivity {
    /// Its operation.
    pub name: String,
    /// Where it began, nanoseconds of Unix time.
    pub start: u64,
    /// Where it ended.
    pub end: u64,
    /// When it was entered, by start, nanoseconds of Unix time.
    pub intervals: Vec<(u64, u64)>,
    /// The thread that it was made on (the attribute `thread.id`).
    pub thread: Option<ThreadId>,
}

/// The task that polled a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanTask {
    /// The task.
    pub task: TaskId,
    /// Another task fits as well.
    pub is_ambiguous: bool,
}

/// How well a task fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fit {
    /// How much of the span's active time lies in its polls.
    covered: u64,
    /// … in polls on the span's own thread.
    on_thread: u64,
    /// How long all its polls are that touch the span's active time.
    polled: u64,
}

/// The task whose polls have the span's active intervals in them; `None` if no poll that is known has any. `polls` are by start.
///
/// A span is made on the thread that polls its task, so of tasks that are polled at one time on several workers the one on that thread
/// is it; if even so several are left, the one whose polls fit closest.
pub fn task_of(span: &SpanActivity, polls: &[Poll], live: &Live) -> Option<SpanTask> {
    let mut fits: FxHashMap<TaskId, Fit> = FxHashMap::default();
    let is_watched = |task| {
        live.task(task)
            .is_some_and(|task| task.start.kind == TaskKind::Future)
    };
    let overlapping = polls
        .iter()
        .take_while(|poll| poll.start_unix_nanos <= span.end)
        .filter(|poll| poll.end_unix_nanos() >= span.start);
    for poll in overlapping {
        let (start, end) = (poll.start_unix_nanos, poll.end_unix_nanos());
        let first = span.intervals.partition_point(|(_, to)| *to < start);
        let touched = span.intervals[first..]
            .iter()
            .take_while(|(from, _)| *from <= end);
        let mut touches = false;
        let mut covered = 0_u64;
        for (from, to) in touched {
            touches = true;
            // An interval of no length counts too.
            let shared = (*to).min(end).saturating_sub((*from).max(start));
            covered = covered.saturating_add(shared).saturating_add(1);
        }
        if !touches {
            continue;
        }
        let fit = fits.entry(poll.task).or_default();
        fit.covered = fit.covered.saturating_add(covered);
        fit.polled = fit.polled.saturating_add(poll.duration_nanos);
        if span.thread == Some(poll.thread) {
            fit.on_thread = fit.on_thread.saturating_add(covered);
        }
    }
    let mut ranked: Vec<(TaskId, Fit)> = fits.into_iter().collect();
    // The one that covers it best; the thread decides between those that cover it (almost) alike.
    let best_covered = ranked.iter().map(|(_, fit)| fit.covered).max()?;
    ranked.retain(|(_, fit)| fit.covered.saturating_mul(100) >= best_covered.saturating_mul(99));
    ranked.sort_by_key(|(task, fit)| {
        let on_thread = std::cmp::Reverse(fit.on_thread > 0);
        (is_watched(*task), on_thread, fit.polled, *task)
    });
    let (task, best) = *ranked.first()?;
    let rivals = ranked[1..]
        .iter()
        .filter(|(rival, fit)| !is_watched(*rival) && (fit.on_thread > 0) == (best.on_thread > 0));
    Some(SpanTask {
        task,
        is_ambiguous: rivals.count() > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(task: u64, thread: u64, start: u64, end: u64) -> Poll {
        Poll {
            task: TaskId(task),
            thread: ThreadId(thread),
            start_unix_nanos: start,
            duration_nanos: end - start,
            scheduled_nanos: None,
        }
    }

    fn check(thread: Option<u64>, polls: &[Poll], expected: Option<(u64, bool)>) {
        let span = SpanActivity {
            start: 100,
            end: 500,
            intervals: vec![(100, 120), (480, 500)],
            thread: thread.map(ThreadId),
            ..SpanActivity::default()
        };
        let found = task_of(&span, polls, &Live::default());
        assert_eq!(found.map(|found| (found.task.0, found.is_ambiguous)), expected);
    }

    #[test]
    fn the_task_whose_polls_have_the_active_intervals_in_them() {
        let own = [poll(1, 7, 95, 125), poll(1, 7, 475, 505)];
        let in_between = poll(2, 7, 200, 400);
        let only_one = poll(3, 8, 90, 130);
        let [first, second] = own.clone();
        check(Some(7), &[only_one, first, in_between, second], Some((1, false)));
        check(Some(7), &[], None);
        check(Some(7), &[poll(2, 7, 200, 400)], None);
    }

    #[test]
    fn a_long_poll_on_another_worker_is_told_from_it_by_the_thread() {
        let [first, second] = [poll(1, 7, 95, 125), poll(1, 7, 475, 505)];
        let blocker = poll(9, 8, 0, 1_000);
        let polls = [blocker, first, second];
        check(Some(7), &polls, Some((1, false)));
        check(Some(8), &polls, Some((9, false)));
        // Without the thread the closer fit is a guess.
        check(None, &polls, Some((1, true)));
    }
}
