//! Tasks of an async runtime: their starts, polls, wakes and ends, beside what happens to spans.
//!
//! A poll is one record, written when it ends. Whoever watches a runtime (`wakeful-tokio`) calls this from within the runtime, so
//! nothing here waits, and what finds no room is counted like everything else.

use std::sync::atomic::Ordering;

use wakeful_model::runtime::{Place, RuntimeId, TaskEndKind, TaskId, TaskKind};

use crate::Recorder;
use crate::current::current_span;
use crate::local::{self, Local};
use crate::loss::LossCause;
use crate::record::{self, Head, Kind, mark};
use crate::slots::NONE;

/// Longer names of tasks are cut.
const NAME_BYTES_MAX: usize = 256;

/// Where and when a task was spawned: what is known on the thread that spawns it.
#[derive(Debug, Clone, Copy)]
pub struct SpawnPoint {
    ticks: u64,
    parent: u64,
    trace_id: u128,
    span_id: u64,
}

/// What is told of a new task besides where it was spawned.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// Its id.
    pub id: TaskId,
    /// Where the program spawned it.
    pub location: Place,
    /// The name that the program gave it; empty for none.
    pub name: &'a str,
    /// What runs it.
    pub kind: TaskKind,
    /// The runtime that it belongs to.
    pub runtime: Option<RuntimeId>,
    /// The type of its future; empty if unknown.
    pub type_name: &'static str,
    /// Bytes of its future.
    pub future_bytes: Option<u64>,
    /// Bytes of its future as the runtime keeps it; `None` if that is not known.
    pub stored_bytes: Option<u64>,
}

/// How often a task was woken and its wakers cloned and dropped, since it was spawned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WakerCounts {
    /// Wakes.
    pub wakes: u32,
    /// Those of them that came from its own polls.
    pub self_wakes: u32,
    /// Wakers that were cloned.
    pub clones: u32,
    /// Wakers that were dropped or used up.
    pub drops: u32,
}

/// From where a task is woken, as far as the runtime tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakingThread {
    /// One of the runtime's workers: outside polls it runs the driver.
    Worker,
    /// Another one.
    Other,
}

/// A poll that has not ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenPoll {
    task: u64,
    start_ticks: u64,
    /// 0 if unknown.
    woken_ticks: u64,
    wakers: Option<WakerCounts>,
    /// Of [`Local::entered`] when it began.
    entered: u64,
    /// The task is gone with it.
    end: Option<TaskEndKind>,
    /// The runtime's span was entered, which it also is when the future is dropped.
    is_unsure: bool,
    /// How often it was begun: a task's wrapper begins what the runtime's hook has begun.
    depth: u32,
}

impl Recorder {
    /// Whether anybody wants to know of tasks: nothing else here need be called if not.
    #[inline]
    pub fn wants_tasks(&self) -> bool {
        self.core.wants_tasks.load(Ordering::Relaxed)
    }

    /// Whether both write for the same drain.
    pub fn is(&self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&self.core, &other.core)
    }

    /// The time, in the recorder's own ticks. Never 0.
    #[inline]
    pub fn ticks(&self) -> u64 {
        self.core.clock.ticks().max(1)
    }

    /// The task that is being polled on this thread.
    #[inline]
    pub fn current_task(&self) -> Option<TaskId> {
        local::with(&self.core, |local| {
            local.polls.last().map(|poll| TaskId(poll.task))
        })
        .flatten()
    }

    /// Notes that a task is spawned here and now.
    pub fn spawn_point(&self) -> SpawnPoint {
        let (trace_id, span_id) = current_span().map_or((0, 0), |(trace, span)| (trace.get(), span.get()));
        SpawnPoint {
            ticks: self.ticks(),
            parent: self.current_task().map_or(0, |task| task.0),
            trace_id,
            span_id,
        }
    }

    /// Tells of a task; once for each, from any thread.
    pub fn task_start(&self, task: &NewTask<'_>, spawned: SpawnPoint) {
        let name = task.name.as_bytes();
        let name = name.get(..NAME_BYTES_MAX).unwrap_or(name);
        self.task_record(|local, now| {
            let head = Head {
                kind: Kind::TaskStart,
                marks: task.kind as u8,
                slot: NONE,
                ticks: local.next_ticks(now),
                span_id: task.id.0,
            };
            let words = record::task_start(
                head,
                [
                    spawned.ticks,
                    spawned.parent,
                    record::place_word(task.location),
                    task.runtime.map_or(0, |runtime| runtime.0),
                    task.type_name.as_ptr() as u64,
                    task.type_name.len() as u64,
                    task.future_bytes.map_or(0, |bytes| bytes.saturating_add(1)),
                    task.stored_bytes.map_or(0, |bytes| bytes.saturating_add(1)),
                    (spawned.trace_id >> 64) as u64,
                    spawned.trace_id as u64,
                    spawned.span_id,
                ],
                name,
            );
            local.write(words, name, 0);
        });
    }

    /// Tells that a task is gone. Only the first time counts.
    pub fn task_end(&self, task: TaskId, kind: TaskEndKind) {
        self.task_end_marked(task, kind, 0);
    }

    /// Tells that the span is closed that the runtime made for a task, and so that the task is gone. The span was entered once more for
    /// the drop of the future, which then was no poll.
    pub fn task_span_closed(&self, task: TaskId) {
        self.task_end_marked(task, TaskEndKind::Unknown, mark::BY_CLOSE);
    }

    fn task_end_marked(&self, task: TaskId, kind: TaskEndKind, marks: u8) {
        self.task_record(|local, now| {
            match local.polls.last_mut().filter(|poll| poll.task == task.0) {
                // Its wrapper is ready, and the runtime's hook has the last poll still to end.
                Some(poll) => {
                    poll.end.get_or_insert(kind);
                }
                None => local.write_task_end(task.0, kind as u8 | marks, now),
            }
        });
    }

    /// Says that this thread is a worker of a runtime.
    pub fn set_worker(&self, runtime: RuntimeId, worker: u32) {
        local::with(&self.core, |local| local.thread.set_worker(runtime, worker));
    }

    /// A poll begins on this thread. `woken_ticks` is when the task was woken for it, 0 if that is not known.
    #[inline]
    pub fn begin_poll(&self, task: TaskId, woken_ticks: u64) {
        self.begin(task, woken_ticks, false);
    }

    /// [`Self::begin_poll`], as the span tells it that the runtime made for the task: it is entered for the drop of the future too.
    pub fn begin_poll_in_span(&self, task: TaskId, woken_ticks: u64) {
        self.begin(task, woken_ticks, true);
    }

    #[inline]
    fn begin(&self, task: TaskId, woken_ticks: u64, is_unsure: bool) {
        local::with(&self.core, |local| {
            if let Some(poll) = local.polls.last_mut().filter(|poll| poll.task == task.0) {
                poll.depth += 1;
                poll.woken_ticks = poll.woken_ticks.max(woken_ticks);
                return;
            }
            let poll = OpenPoll {
                task: task.0,
                start_ticks: self.ticks(),
                woken_ticks,
                wakers: None,
                end: None,
                is_unsure,
                entered: local.entered,
                depth: 1,
            };
            local.polls.push(poll);
            local.publish_poll();
        });
    }

    /// The poll ends that was begun last.
    #[inline]
    pub fn end_poll(&self, task: TaskId, wakers: Option<WakerCounts>) {
        self.task_record(|local, now| {
            let Some(poll) = local.polls.last_mut().filter(|poll| poll.task == task.0) else {
                return;
            };
            poll.depth -= 1;
            poll.wakers = wakers.or(poll.wakers);
            if poll.depth > 0 {
                return;
            }
            let poll = *poll;
            local.polls.pop();
            local.publish_poll();
            let mut head = Head {
                kind: Kind::Poll,
                marks: 0,
                slot: NONE,
                ticks: local.next_ticks(now),
                span_id: poll.task,
            };
            if poll.entered != local.entered {
                head.marks |= mark::ENTERED_SPAN;
            }
            if poll.is_unsure {
                head.marks |= mark::UNSURE;
            }
            let written = match poll.wakers {
                None => local.try_write(record::poll(head, poll.start_ticks, poll.woken_ticks)),
                Some(counts) => {
                    let counts = [counts.wakes, counts.self_wakes, counts.clones, counts.drops];
                    local.try_write(record::poll_of_watched(
                        head,
                        poll.start_ticks,
                        poll.woken_ticks,
                        counts,
                    ))
                }
            };
            if written.is_err() {
                let ticks = head.ticks.saturating_sub(poll.start_ticks);
                local.unwritten.add_poll(poll.task, ticks);
            }
            if let Some(kind) = poll.end {
                local.write_task_end(poll.task, kind as u8, now);
            }
        });
    }

    /// A task is woken from here and now. Returns the time, for the poll that follows.
    #[inline]
    pub fn wake(&self, task: TaskId, thread: WakingThread) -> u64 {
        let now = self.ticks();
        local::with(&self.core, |local| {
            let (by, by_task) = match (local.polls.last(), thread) {
                (Some(poll), _) => (record::BY_TASK, poll.task),
                (None, WakingThread::Worker) => (record::BY_DRIVER, 0),
                (None, WakingThread::Other) => (record::BY_THREAD, 0),
            };
            let head = Head {
                kind: Kind::Wake,
                marks: by,
                slot: NONE,
                ticks: local.next_ticks(now),
                span_id: task.0,
            };
            local.write(record::wake(head, by_task), &[], 0);
        });
        now
    }

    #[inline]
    fn task_record(&self, write: impl FnOnce(&mut Local, u64)) {
        let now = self.ticks();
        let written = local::with(&self.core, |local| {
            if !local.unwritten.is_empty() {
                local.write_unwritten();
            }
            write(local, now);
        });
        if written.is_none() && local::is_ending() {
            self.core.ending.add(LossCause::ThreadExit, 1, 0);
        }
    }
}

impl Local {
    fn write_task_end(&mut self, task: u64, marks: u8, now: u64) {
        let head = Head {
            kind: Kind::TaskEnd,
            marks,
            slot: NONE,
            ticks: self.next_ticks(now),
            span_id: task,
        };
        // Behind those that wait already, of which one may be the task's last poll.
        let written = self.unwritten.is_empty() && self.try_write(record::task_end(head)).is_ok();
        if !written && !self.unwritten.add_end(task, marks) {
            self.thread.loss.add(LossCause::RingFull, 1, 0);
        }
    }

    /// Tells the drain which task this thread polls, so that a poll that does not end is seen too.
    #[inline]
    fn publish_poll(&self) {
        let (task, since) = self
            .polls
            .last()
            .map_or((0, 0), |poll| (poll.task, poll.start_ticks));
        self.thread.polling.set(task, since);
    }
}
