//! Who had a thread: of polls within polls, the innermost.

use std::cmp::Reverse;

use wakeful_model::runtime::{Poll, TaskId};

/// A stretch in which a task was polled, and no other within its poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) task: TaskId,
    pub(super) start: u64,
    /// Not before `start`.
    pub(super) end: u64,
    /// Where the poll began that it is a part of.
    pub(super) poll_start: u64,
}

/// The stretches of a thread's polls, by start; they do not overlap. Polls do where tasks of a `LocalSet` are polled within the one that
/// blocks on it.
pub(super) fn innermost(mut polls: Vec<&Poll>) -> Vec<Held> {
    polls.sort_by_key(|poll| (poll.start_unix_nanos, Reverse(poll.end_unix_nanos()), poll.task));
    let mut sweep = Sweep::default();
    for poll in polls {
        sweep.end_before(poll.start_unix_nanos);
        if let Some((outer, since)) = sweep.open.last().copied() {
            sweep.held(outer, since, poll.start_unix_nanos);
        }
        sweep.open.push((poll, poll.start_unix_nanos));
    }
    sweep.end_before(u64::MAX);
    sweep.held
}

#[derive(Default)]
struct Sweep<'a> {
    /// Polls that go on, the innermost last, and since when nothing within them did.
    open: Vec<(&'a Poll, u64)>,
    held: Vec<Held>,
}

impl<'a> Sweep<'a> {
    /// Ends the innermost polls that are over at a time.
    fn end_before(&mut self, time: u64) {
        while let Some((poll, since)) = self.open.pop_if(|(poll, _)| poll.end_unix_nanos() <= time) {
            self.held(poll, since, poll.end_unix_nanos());
            if let Some((_, since)) = self.open.last_mut() {
                *since = poll.end_unix_nanos().max(*since);
            }
        }
    }

    fn held(&mut self, poll: &'a Poll, start: u64, end: u64) {
        if end > start || poll.duration_nanos == 0 {
            self.held.push(Held {
                task: poll.task,
                start,
                end: end.max(start),
                poll_start: poll.start_unix_nanos,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(polls: &[(u64, u64, u64)], expected: &[(u64, u64, u64)]) {
        let polls: Vec<Poll> = polls
            .iter()
            .map(|(task, start, end)| Poll {
                task: TaskId(*task),
                start_unix_nanos: *start,
                duration_nanos: end - start,
                ..Poll::default()
            })
            .collect();
        let held = innermost(polls.iter().collect());
        let held: Vec<_> = held
            .iter()
            .map(|held| (held.task.0, held.start, held.end))
            .collect();
        assert_eq!(held, expected);
    }

    #[test]
    fn a_poll_within_another_is_taken_out_of_it() {
        check(&[], &[]);
        check(&[(1, 0, 10), (2, 10, 20)], &[(1, 0, 10), (2, 10, 20)]);
        let nested = [(1, 0, 100), (2, 10, 20), (3, 30, 60), (4, 40, 50)];
        let expected = [
            (1, 0, 10),
            (2, 10, 20),
            (1, 20, 30),
            (3, 30, 40),
            (4, 40, 50),
            (3, 50, 60),
            (1, 60, 100),
        ];
        check(&nested, &expected);
        // The outer one is longer where both begin at one time, and may end with the inner one.
        check(&[(2, 0, 5), (1, 0, 10)], &[(2, 0, 5), (1, 5, 10)]);
        check(&[(1, 0, 10), (2, 5, 10)], &[(1, 0, 5), (2, 5, 10)]);
        // A poll of no length is there too, and clocks that lie leave none that ends before it begins.
        check(&[(1, 0, 10), (2, 4, 4)], &[(1, 0, 4), (2, 4, 4), (1, 4, 10)]);
        check(
            &[(1, 0, 10), (2, 5, 20), (3, 15, 16)],
            &[(1, 0, 5), (2, 5, 15), (3, 15, 16), (2, 16, 20)],
        );
    }
}
