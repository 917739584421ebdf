//! Tasks, their polls, and who woke them.

use wakeful_trace::{SpanId, TraceId};

use super::{LocationIndex, RuntimeId, TaskId, ThreadId};

/// A place in source code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What runs a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum TaskKind {
    /// `tokio::spawn` and its kin.
    #[default]
    Task = 0,
    /// `spawn_local`, on a `LocalSet` or a `LocalRuntime`.
    Local = 1,
    /// `spawn_blocking`: a closure on a thread of its own, which is polled once.
    Blocking = 2,
    /// The future of `block_on`.
    BlockOn = 3,
    /// A future that is watched by itself within a task.
    Future = 4,
}

impl TaskKind {
    /// Every kind, by its number.
    pub const ALL: [Self; 5] = [
        Self::Task,
        Self::Local,
        Self::Blocking,
        Self::BlockOn,
        Self::Future,
    ];

    /// The name that tokio-console has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Local => "local",
            Self::Blocking => "blocking",
            Self::BlockOn => "block_on",
            Self::Future => "future",
        }
    }
}

/// A task was spawned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskStart {
    /// The task.
    pub id: TaskId,
    /// When it was spawned.
    pub start_unix_nanos: u64,
    /// The task that spawned it.
    pub parent: Option<TaskId>,
    /// Where it was spawned.
    pub location: Option<LocationIndex>,
    /// The name that the program gave it; empty for none.
    pub name: String,
    /// What runs it.
    pub kind: TaskKind,
    /// The runtime that it belongs to.
    pub runtime: Option<RuntimeId>,
    /// The type of its future; empty if unknown.
    pub type_name: String,
    /// Bytes of its future, as it was handed in.
    pub future_bytes: Option<u64>,
    /// Bytes of its future as the runtime keeps it: less than `future_bytes` if it was put into a box.
    pub stored_bytes: Option<u64>,
    /// The trace and the span in which it was spawned.
    pub spawned_in: Option<(TraceId, SpanId)>,
}

/// A task is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskEnd {
    /// The task.
    pub id: TaskId,
    /// When it went.
    pub end_unix_nanos: u64,
    /// How it went.
    pub kind: TaskEndKind,
}

/// How a task went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum TaskEndKind {
    /// That was not seen.
    #[default]
    Unknown = 0,
    /// Its future was ready.
    Completed = 1,
    /// Its last poll panicked.
    Panicked = 2,
    /// It was dropped before it was ready: aborted, or its runtime ended.
    Dropped = 3,
}

impl TaskEndKind {
    /// Every kind, by its number.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Completed, Self::Panicked, Self::Dropped];

    /// A name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Completed => "completed",
            Self::Panicked => "panicked",
            Self::Dropped => "dropped",
        }
    }
}

/// One poll of a task. An active interval of a span on the same thread lies within it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poll {
    /// The task.
    pub task: TaskId,
    /// The thread that polled it.
    pub thread: ThreadId,
    /// When the poll began.
    pub start_unix_nanos: u64,
    /// How long it took.
    pub duration_nanos: u64,
    /// How long the task had waited for a worker: since its first wake after the poll before, or since it was spawned. `None` if its
    /// wakes are not known.
    pub scheduled_nanos: Option<u64>,
}

impl Poll {
    /// When it ended.
    pub fn end_unix_nanos(&self) -> u64 {
        self.start_unix_nanos.saturating_add(self.duration_nanos)
    }

    /// When the task was woken for it.
    pub fn woken_unix_nanos(&self) -> Option<u64> {
        self.scheduled_nanos
            .map(|scheduled| self.start_unix_nanos.saturating_sub(scheduled))
    }
}

/// One wake of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wake {
    /// The task that was woken.
    pub task: TaskId,
    /// When.
    pub at_unix_nanos: u64,
    /// Who woke it.
    pub by: WakeSource,
    /// The thread on which it was woken; `None` if unknown.
    pub thread: Option<ThreadId>,
}

/// Who woke a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WakeSource {
    /// That was not seen.
    #[default]
    Unknown,
    /// A task in its poll; the woken one itself, if it is the same.
    Task(TaskId),
    /// A worker outside any poll: its driver, for a timer or a socket, or for a task that yielded.
    Driver,
    /// A thread that is no worker.
    Thread,
}
