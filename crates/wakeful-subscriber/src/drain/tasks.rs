//! What the records of tasks say.

use std::panic::Location;

use wakeful_model::runtime::{RuntimeId, TaskEnd, TaskEndKind, TaskId, TaskKind, ThreadId, Wake, WakeSource};
use wakeful_trace::{SpanId, TraceId};

use super::{Sink, State};
use crate::record::{self, Kind, Record, mark};
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
    pub location: &'static Location<'static>,
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

/// Polls of one task that had no room in a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummedPolls {
    /// The task.
    pub task: TaskId,
    /// How many.
    pub polls: u64,
    /// How long they took in all.
    pub busy_nanos: u64,
    /// How long the longest took.
    pub longest_nanos: u64,
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
        let Some(thread) = self.threads.get(thread) else {
            self.misplaced.records += 1;
            return;
        };
        let unix_nanos = |ticks| self.timeline.unix_nanos(self.timeline.monotonic_nanos(ticks));
        let task = TaskId(record.span_id());
        match kind {
            Kind::Poll => {
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
                sink.poll(&FinishedPoll {
                    task,
                    start_unix_nanos,
                    duration_nanos: unix_nanos(record.ticks()).saturating_sub(start_unix_nanos),
                    woken_unix_nanos: (woken_ticks != 0).then(|| unix_nanos(woken_ticks)),
                    wakers,
                    entered_span: record.has(mark::ENTERED_SPAN),
                    thread,
                });
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
                    task,
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
                thread: Some(ThreadId(thread.id)),
            }),
            Kind::TaskStart => sink.task_start(&started(task, record, unix_nanos(record.word(3)))),
            Kind::TaskEnd => sink.task_end(&TaskEnd {
                id: task,
                end_unix_nanos: unix_nanos(record.ticks()),
                kind: by_number(&TaskEndKind::ALL, record),
            }),
            _ => {}
        }
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
    all.get(usize::from(record.marks())).copied().unwrap_or_default()
}

fn started(id: TaskId, record: Record<'_>, start_unix_nanos: u64) -> StartedTask<'_> {
    let some = |number: u64| (number != 0).then_some(number);
    // SAFETY: the word is the address of a `&'static Location` of this process, written by `Recorder::task_start`; a child of
    // `fork`, which has the same addresses, does not read its parent's rings.
    let location = unsafe { &*(record.word(5) as *const Location<'static>) };
    // SAFETY: address and length are those of a `&'static str`, as above.
    let type_name = unsafe {
        let bytes = std::slice::from_raw_parts(record.word(7) as *const u8, record.word(8) as usize);
        std::str::from_utf8_unchecked(bytes)
    };
    let trace_id = u128::from(record.word(10)) << 64 | u128::from(record.word(11));
    StartedTask {
        id,
        start_unix_nanos,
        parent: some(record.word(4)).map(TaskId),
        location,
        // What was cut within a character ends before it.
        name: record
            .body(14, record.word(13) as u32)
            .utf8_chunks()
            .next()
            .map_or("", |chunk| chunk.valid()),
        kind: by_number(&TaskKind::ALL, record),
        runtime: some(record.word(6)).map(RuntimeId),
        type_name,
        future_bytes: some(record.word(9)).map(|bytes| bytes - 1),
        spawned_in: TraceId::new(trace_id).zip(SpanId::new(record.word(12))),
    }
}
