//! What happened to tasks while there was no room in the ring: kept by its thread, so that what is counted stays exact.

use std::collections::{HashMap, VecDeque};

use crate::local::Local;
use crate::loss::LossCause;
use crate::record::{self, Head, Kind};
use crate::slots::NONE;

/// Tasks whose unwritten polls are summed up apart, on one thread; those of all others are one sum.
const TASKS_MAX: usize = 1024;
/// Ends of tasks that wait to be written.
const ENDS_MAX: usize = 16 << 10;

/// In the place of a task: any of them.
const ANY: u64 = 0;

/// Sums of polls, and ends of tasks.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    polls: HashMap<u64, Sums>,
    /// In the order in which they ended, with the marks of their records.
    ends: VecDeque<(u64, u8)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    polls: u64,
    busy_ticks: u64,
    longest_ticks: u64,
}

impl Unwritten {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.polls.is_empty() && self.ends.is_empty()
    }

    /// Adds a poll.
    #[cold]
    pub(crate) fn add_poll(&mut self, task: u64, ticks: u64) {
        let has_room = self.polls.len() < TASKS_MAX || self.polls.contains_key(&task);
        let sums = self.polls.entry(if has_room { task } else { ANY }).or_default();
        sums.polls += 1;
        sums.busy_ticks += ticks;
        sums.longest_ticks = sums.longest_ticks.max(ticks);
    }

    /// Adds the end of a task; whether there was room.
    #[cold]
    pub(crate) fn add_end(&mut self, task: u64, marks: u8) -> bool {
        let has_room = self.ends.len() < ENDS_MAX;
        if has_room {
            self.ends.push_back((task, marks));
        }
        has_room
    }
}

impl Local {
    /// Writes what found no room, as far as there is room for it now.
    #[cold]
    pub(crate) fn write_unwritten(&mut self) {
        let head = |kind, marks, task, ticks| Head {
            kind,
            marks,
            slot: NONE,
            ticks,
            span_id: task,
        };
        while let Some((&task, &sums)) = self.unwritten.polls.iter().next() {
            let head = head(Kind::Polls, 0, task, self.next_ticks(0));
            let words = record::polls(head, sums.polls, sums.busy_ticks, sums.longest_ticks);
            if self.try_write(words).is_err() {
                return;
            }
            self.unwritten.polls.remove(&task);
        }
        while let Some(&(task, marks)) = self.unwritten.ends.front() {
            let head = head(Kind::TaskEnd, marks, task, self.next_ticks(0));
            if self.try_write(record::task_end(head)).is_err() {
                return;
            }
            self.unwritten.ends.pop_front();
        }
    }

    /// Gives up what could not be written, and counts it.
    pub(crate) fn count_unwritten(&mut self) {
        let polls: u64 = self.unwritten.polls.drain().map(|(_, sums)| sums.polls).sum();
        let ends = self.unwritten.ends.drain(..).count() as u64;
        if polls + ends > 0 {
            self.thread.loss.add(LossCause::RingFull, polls + ends, 0);
        }
    }
}
