//! Runtimes, their threads, and figures of both.

use super::{RuntimeId, ThreadId};

/// A runtime of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runtime {
    /// The runtime.
    pub id: RuntimeId,
    /// The name that the program gave it; empty for none.
    pub name: String,
    /// How it runs tasks.
    pub flavor: Flavor,
    /// How many workers it has.
    pub workers: u32,
}

/// How a runtime runs tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Flavor {
    /// That is not known.
    #[default]
    Unknown = 0,
    /// On the thread that calls `block_on`.
    CurrentThread = 1,
    /// On threads of its own.
    MultiThread = 2,
}

impl Flavor {
    /// Every flavor, by its number.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::CurrentThread, Self::MultiThread];

    /// A name in `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::CurrentThread => "current_thread",
            Self::MultiThread => "multi_thread",
        }
    }
}

/// A thread of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thread {
    /// The thread.
    pub id: ThreadId,
    /// Its name; empty for none.
    pub name: String,
    /// The runtime that it last polled tasks of.
    pub runtime: Option<RuntimeId>,
    /// Which of that runtime's workers it last was, from 0; `None` for other threads.
    pub worker: Option<u32>,
}

/// Figures of a runtime at one moment. What the build of the program does not offer is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuntimeMetrics {
    /// The runtime.
    pub runtime: RuntimeId,
    /// When they were read.
    pub at_unix_nanos: u64,
    /// Tasks that are alive.
    pub alive_tasks: Option<u64>,
    /// Tasks in the queue that all workers share.
    pub global_queue_depth: Option<u64>,
    /// Figures of each worker.
    pub workers: Vec<WorkerMetrics>,
    /// Threads for blocking tasks.
    pub blocking_threads: Option<u64>,
    /// Those of them that have nothing to do.
    pub idle_blocking_threads: Option<u64>,
    /// Blocking tasks that wait for a thread.
    pub blocking_queue_depth: Option<u64>,
    /// Tasks that were ever spawned.
    pub spawned_tasks: Option<u64>,
    /// Tasks that were scheduled from outside the runtime.
    pub remote_schedules: Option<u64>,
    /// Tasks that were made to yield because they had used up their budget.
    pub budget_forced_yields: Option<u64>,
    /// Sockets and the like that are registered with the driver.
    pub io_registered: Option<u64>,
    /// Events that the driver had for them.
    pub io_ready: Option<u64>,
}

/// Figures of one worker. Those that count have counted since the runtime was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerMetrics {
    /// Which worker, from 0.
    pub worker: u32,
    /// The thread that it runs on.
    pub thread: Option<ThreadId>,
    /// How long it was busy.
    pub busy_nanos: Option<u64>,
    /// How often it went to sleep for want of work.
    pub parks: Option<u64>,
    /// How often it went to sleep or woke up: odd while it sleeps.
    pub parks_and_unparks: Option<u64>,
    /// Tasks in its own queue.
    pub local_queue_depth: Option<u64>,
    /// How many polls it has done.
    pub polls: Option<u64>,
    /// How many tasks it took from others.
    pub steals: Option<u64>,
    /// How many tasks it put into the shared queue because its own was full.
    pub overflows: Option<u64>,
    /// How long a poll took, on a moving average.
    pub mean_poll_nanos: Option<u64>,
}
