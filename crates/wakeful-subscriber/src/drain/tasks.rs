//! What the records of tasks say.

use wakeful_model::runtime::{
    Place, RuntimeId, TaskEnd, TaskEndKind, TaskId, TaskKind, ThreadId, Wake, WakeSource,
};
use wakeful_trace::{SpanId, TraceId};

use super::{Sink, State};
use crate::record::{self, Kind, Record, TASK_START_WORDS, mark};
use crate::tasks::WakerCounts;
use crate::thread::Thread;

/// A task that was spawned.
#[derive(Debug)]
pub struct StartedTask<'a> {
    /// Its id.
    pub id: TaskId,
    /// When it was spawned, nanoseconds of Unix time.
    pub start_unix_nanos: u64,
    /// The task that spawned it.
    pub parent: Option<TaskId>,
    /// Where it was spawned.
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
    /// Bytes of its future as the runtime keeps it.
    pub stored_bytes: Option<u64>,
    /// The span in which it was spawned.
    pub spawned_in: Option<(TraceId, SpanId)>,
}

/// A poll that is over.
#[derive(Debug)]
pub struct FinishedPoll<'a> {
    /// The task that was polled.
    pub task: TaskId,
    /// When the poll began, nanoseconds of Unix time.
    pub start_unix_nanos: u64,
    /// How long it took.
    pub duration_nanos: u64,
    /// When the task was woken for it, nanoseconds of Unix time; `None` if its wakes are not known.
    pub woken_unix_nanos: Option<u64>,
    /// What was counted of the task's wakers since it was spawned; `None` if they are not known.
    pub wakers: Option<WakerCounts>,
    /// A recorded span was entered during it.
    pub entered_span: bool,
    /// The thread that polled.
    pub thread: &'a Thread,
}

/// Polls that had no room in a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummedPolls {
    /// The task; `None` for those of many, which were not told apart.
    pub task: Option<TaskId>,
    /// How many.
    pub polls: u64,
    /// How long they took in all.
    pub busy_nanos: u64,
    /// How long the longest took.
    pub longest_nanos: u64,
}

/// A poll that may have been the drop of the task's future: which of both it was is known when something else happens to the task.
#[derive(Debug)]
pub(super) struct UnsurePoll {
    task: TaskId,
    start_unix_nanos: u64,
    duration_nanos: u64,
    woken_unix_nanos: Option<u64>,
    wakers: Option<WakerCounts>,
    entered_span: bool,
    thread: u32,
    /// It was read in a turn before; a drop would have ended by now.
    is_old: bool,
}

/// A poll that goes on.
#[derive(Debug)]
pub struct RunningPoll<'a> {
    /// The task that is polled.
    pub task: TaskId,
    /// When the poll began, nanoseconds of Unix time.
    pub start_unix_nanos: u64,
    /// The thread that polls.
    pub thread: &'a Thread,
}

impl State {
    pub(super) fn task(&mut self, kind: Kind, record: Record<'_>, thread: u32, sink: &mut impl Sink) {
        let Some(thread_id) = self.threads.get(thread).map(|thread| thread.id) else {
            self.misplaced.records += 1;
            return;
        };
        let unix_nanos = |ticks| self.timeline.unix_nanos(self.timeline.monotonic_nanos(ticks));
        let task = TaskId(record.span_id());
        match kind {
            Kind::Poll => {
                let is_unsure = record.has(mark::UNSURE);
                let start_unix_nanos = unix_nanos(record.word(3));
                let woken_ticks = record.word(4);
                let wakers = record.has(mark::WATCHED).then(|| {
                    let ((wakes, self_wakes), (clones, drops)) = (record.split(5), record.split(6));
                    WakerCounts {
                        wakes,
                        self_wakes,
                        clones,
                        drops,
                    }
                });
                let poll = UnsurePoll {
                    task,
                    start_unix_nanos,
                    duration_nanos: unix_nanos(record.ticks()).saturating_sub(start_unix_nanos),
                    woken_unix_nanos: (woken_ticks != 0).then(|| unix_nanos(woken_ticks)),
                    wakers,
                    entered_span: record.has(mark::ENTERED_SPAN),
                    thread,
                    is_old: false,
                };
                self.settle(task, sink);
                if is_unsure {
                    self.unsure_polls.push(poll);
                } else {
                    self.hand_out(&poll, sink);
                }
            }
            Kind::Polls => {
                // Ticks are as long now as they were then, near enough.
                let until = self.timeline.monotonic_nanos(record.ticks());
                let nanos = |ticks| {
                    let since = self
                        .timeline
                        .monotonic_nanos(record.ticks().saturating_sub(ticks));
                    until.saturating_sub(since)
                };
                sink.summed_polls(&SummedPolls {
                    task: (task.0 != 0).then_some(task),
                    polls: record.word(3),
                    busy_nanos: nanos(record.word(4)),
                    longest_nanos: nanos(record.word(5)),
                });
            }
            Kind::Wake => sink.wake(&Wake {
                task,
                at_unix_nanos: unix_nanos(record.ticks()),
                by: match record.marks() {
                    record::BY_TASK => WakeSource::Task(TaskId(record.word(3))),
                    record::BY_DRIVER => WakeSource::Driver,
                    record::BY_THREAD => WakeSource::Thread,
                    _ => WakeSource::Unknown,
                },
                thread: Some(ThreadId(thread_id)),
            }),
            Kind::TaskStart => sink.task_start(&started(task, record, unix_nanos(record.word(3)))),
            Kind::TaskEnd => {
                let end = TaskEnd {
                    id: task,
                    end_unix_nanos: unix_nanos(record.ticks()),
                    kind: by_number(&TaskEndKind::ALL, record),
                };
                if record.has(mark::BY_CLOSE) || end.kind == TaskEndKind::Dropped {
                    // What came last was the drop.
                    self.unsure_polls.retain(|poll| poll.task != task);
                } else {
                    self.settle(task, sink);
                }
                sink.task_end(&end);
            }
            _ => {}
        }
    }

    /// The task goes on: what was unsure was a poll.
    fn settle(&mut self, task: TaskId, sink: &mut impl Sink) {
        let Some(at) = self.unsure_polls.iter().position(|poll| poll.task == task) else {
            return;
        };
        let poll = self.unsure_polls.remove(at);
        self.hand_out(&poll, sink);
    }

    /// The end of a turn: what was unsure since the one before was a poll; with `at_once`, all that is unsure.
    pub(super) fn settle_old(&mut self, at_once: bool, sink: &mut impl Sink) {
        let polls = std::mem::take(&mut self.unsure_polls);
        for mut poll in polls {
            if poll.is_old || at_once {
                self.hand_out(&poll, sink);
            } else {
                poll.is_old = true;
                self.unsure_polls.push(poll);
            }
        }
    }

    fn hand_out(&self, poll: &UnsurePoll, sink: &mut impl Sink) {
        let Some(thread) = self.threads.get(poll.thread) else {
            return;
        };
        sink.poll(&FinishedPoll {
            task: poll.task,
            start_unix_nanos: poll.start_unix_nanos,
            duration_nanos: poll.duration_nanos,
            woken_unix_nanos: poll.woken_unix_nanos,
            wakers: poll.wakers,
            entered_span: poll.entered_span,
            thread,
        });
    }

    /// Tells of polls that have not ended.
    pub(super) fn running_polls(&self, sink: &mut impl Sink) {
        for thread in self.threads.all() {
            if let Some((task, since_ticks)) = thread.polling.get() {
                sink.running_poll(&RunningPoll {
                    task: TaskId(task),
                    start_unix_nanos: self
                        .timeline
                        .unix_nanos(self.timeline.monotonic_nanos(since_ticks)),
                    thread,
                });
            }
        }
    }
}

/// A kind of the model by its number, which stands where other records have marks.
fn by_number<T: Copy + Default>(all: &[T], record: Record<'_>) -> T {
    all.get(usize::from(record.marks() & mark::KIND))
        .copied()
        .unwrap_or_default()
}

fn started(id: TaskId, record: Record<'_>, start_unix_nanos: u64) -> StartedTask<'_> {
    let some = |number: u64| (number != 0).then_some(number);
    // SAFETY: the word was made by `Recorder::task_start` in this process; a child of `fork`, which has the same addresses, does
    // not read its parent's rings.
    let location = unsafe { record::place(record.word(5)) };
    // SAFETY: address and length are those of a `&'static str`, as above.
    let type_name = unsafe {
        let bytes = std::slice::from_raw_parts(record.word(7) as *const u8, record.word(8) as usize);
        std::str::from_utf8_unchecked(bytes)
    };
    let trace_id = u128::from(record.word(11)) << 64 | u128::from(record.word(12));
    StartedTask {
        id,
        start_unix_nanos,
        parent: some(record.word(4)).map(TaskId),
        location,
        // What was cut within a character ends before it.
        name: record
            .body(TASK_START_WORDS, record.word(14) as u32)
            .utf8_chunks()
            .next()
            .map_or("", |chunk| chunk.valid()),
        kind: by_number(&TaskKind::ALL, record),
        runtime: some(record.word(6)).map(RuntimeId),
        type_name,
        future_bytes: some(record.word(9)).map(|bytes| bytes - 1),
        stored_bytes: some(record.word(10)).map(|bytes| bytes - 1),
        spawned_in: TraceId::new(trace_id).zip(SpanId::new(record.word(13))),
    }
}
