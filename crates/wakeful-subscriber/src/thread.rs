//! A thread that was recorded.

use wakeful_model::runtime::RuntimeId;

use crate::field::FieldValue;
use crate::loss::LossCounters;
use crate::sync::{AtomicU64, Ordering};

/// A thread of the program, as spans and losses refer to it.
#[derive(Debug)]
pub struct Thread {
    /// The number of Rust's `ThreadId`.
    pub id: u64,
    /// Its name, if it has one.
    pub name: Option<String>,
    pub(crate) loss: LossCounters,
    pub(crate) polling: Polling,
    worker: Worker,
}

/// What the thread is to a runtime.
#[derive(Debug, Default)]
struct Worker {
    /// From 1; 0 for no worker.
    number: AtomicU64,
    runtime: AtomicU64,
}

/// The task that a thread polls: written by it, read by the drain.
#[derive(Debug, Default)]
pub(crate) struct Polling {
    task: AtomicU64,
    since_ticks: AtomicU64,
}

impl Polling {
    #[inline]
    pub(crate) fn set(&self, task: u64, since_ticks: u64) {
        self.since_ticks.store(since_ticks, Ordering::Relaxed);
        self.task.store(task, Ordering::Release);
    }

    /// The task and when its poll began, if there is one. Of a poll that ends or begins just now the two may not belong together,
    /// so the caller must expect a time that is a little too late or too early.
    pub(crate) fn get(&self) -> Option<(u64, u64)> {
        let task = self.task.load(Ordering::Acquire);
        let since_ticks = self.since_ticks.load(Ordering::Relaxed);
        (task != 0 && since_ticks != 0).then_some((task, since_ticks))
    }
}

impl Thread {
    pub(crate) fn current() -> Self {
        let thread = std::thread::current();
        // `ThreadId` has no stable accessor; its `Debug` form is `ThreadId(7)`.
        let text = format!("{:?}", thread.id());
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        Self {
            id: digits.parse().unwrap_or_default(),
            name: thread.name().map(str::to_owned),
            loss: LossCounters::default(),
            polling: Polling::default(),
            worker: Worker::default(),
        }
    }

    pub(crate) fn set_worker(&self, runtime: RuntimeId, worker: u32) {
        self.worker.runtime.store(runtime.0, Ordering::Relaxed);
        self.worker.number.store(u64::from(worker) + 1, Ordering::Relaxed);
    }

    /// The runtime of which it was a worker last, and which one.
    pub fn worker(&self) -> Option<(RuntimeId, u32)> {
        let worker = self.worker.number.load(Ordering::Relaxed).checked_sub(1)?;
        let runtime = RuntimeId(self.worker.runtime.load(Ordering::Relaxed));
        Some((runtime, worker as u32))
    }

    /// `thread.id` and `thread.name`.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, FieldValue<'_>)> {
        let id = ("thread.id", FieldValue::I64(self.id as i64));
        let name = self
            .name
            .as_deref()
            .map(|name| ("thread.name", FieldValue::Str(name)));
        [id].into_iter().chain(name)
    }
}
