//! A task, as its span tells of it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::runtime::Handle;
use wakeful_model::runtime::{Place, TaskId, TaskKind};
use wakeful_subscriber::{NewTask, Recorder, WakerCounts, WakingThread};

use super::fields::{SpanFields, WakerOp};
use super::told;
use crate::{id, runtimes};

/// What is counted of a task's wakers.
#[derive(Debug)]
pub(super) struct TaskSpan {
    id: TaskId,
    /// When it was woken for the poll that comes, in the recorder's ticks; 0 if it was not.
    woken_ticks: AtomicU64,
    wakes: AtomicU32,
    self_wakes: AtomicU32,
    clones: AtomicU32,
    drops: AtomicU32,
}

impl TaskSpan {
    /// A task was spawned here and now.
    pub(super) fn new(recorder: &Recorder, fields: &SpanFields) -> Self {
        let id = TaskId(fields.task_id);
        let kind = fields.task_kind;
        // The future of `block_on` is polled by who calls it, outside the runtime as yet.
        let runtime = Handle::try_current().ok().filter(|_| kind != TaskKind::BlockOn);
        if let Some(runtime) = &runtime {
            runtimes::watch_runtime(runtime);
        }
        let task = NewTask {
            id,
            location: told::place(fields).unwrap_or(Place::Caller(std::panic::Location::caller())),
            name: &fields.task_name,
            kind,
            runtime: runtime.map(|runtime| id::runtime(runtime.id())),
            type_name: "",
            future_bytes: fields.original_bytes.or(fields.bytes),
            stored_bytes: fields.bytes,
        };
        recorder.task_start(&task, recorder.spawn_point());
        let woken_ticks = match kind {
            TaskKind::BlockOn => 0,
            _ => recorder.ticks(),
        };
        Self {
            id,
            woken_ticks: AtomicU64::new(woken_ticks),
            wakes: AtomicU32::new(0),
            self_wakes: AtomicU32::new(0),
            clones: AtomicU32::new(0),
            drops: AtomicU32::new(0),
        }
    }

    pub(super) fn enter(&self, recorder: &Recorder) {
        recorder.begin_poll_in_span(self.id, self.woken_ticks.swap(0, Ordering::Relaxed));
    }

    pub(super) fn exit(&self, recorder: &Recorder) {
        let counts = WakerCounts {
            wakes: self.wakes.load(Ordering::Relaxed),
            self_wakes: self.self_wakes.load(Ordering::Relaxed),
            clones: self.clones.load(Ordering::Relaxed),
            drops: self.drops.load(Ordering::Relaxed),
        };
        recorder.end_poll(self.id, Some(counts));
    }

    pub(super) fn close(&self, recorder: &Recorder) {
        recorder.task_span_closed(self.id);
    }

    pub(super) fn waker(&self, recorder: &Recorder, op: WakerOp) {
        match op {
            WakerOp::Clone => {
                self.clones.fetch_add(1, Ordering::Relaxed);
            }
            WakerOp::Drop => {
                self.drops.fetch_add(1, Ordering::Relaxed);
            }
            WakerOp::Wake => {
                self.drops.fetch_add(1, Ordering::Relaxed);
                self.woken(recorder);
            }
            WakerOp::WakeByRef => self.woken(recorder),
            WakerOp::Unknown => {}
        }
    }

    fn woken(&self, recorder: &Recorder) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        if recorder.current_task() == Some(self.id) {
            self.self_wakes.fetch_add(1, Ordering::Relaxed);
        }
        // Further wakes before the poll change nothing.
        if self.woken_ticks.load(Ordering::Relaxed) == 0 {
            let thread = match tokio::runtime::worker_index() {
                Some(_) => WakingThread::Worker,
                None => WakingThread::Other,
            };
            let ticks = recorder.wake(self.id, thread);
            self.woken_ticks.store(ticks, Ordering::Relaxed);
        }
    }
}
