//! A future that tells of its polls and of who wakes it.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;
use wakeful_model::runtime::{RuntimeId, TaskEndKind, TaskId, TaskKind};
use wakeful_subscriber::{NewTask, Recorder, SpawnPoint, WakerCounts, WakingThread};

use crate::id;

pin_project! {
    /// A future whose polls and wakes are told.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Watched<F> {
        #[pin]
        future: F,
        seen: Seen,
    }
}

/// What is seen of it.
#[derive(Debug)]
struct Seen {
    /// `None` if nobody listened when it was made.
    task: Option<Arc<Task>>,
    /// The waker that the future has, and the one within it, to notice when that changes.
    waker: Option<(Arc<TaskWaker>, Waker)>,
    is_over: bool,
}

/// What its wakers and whoever spawned it share with it.
#[derive(Debug)]
pub(crate) struct Task {
    recorder: Recorder,
    /// 0 until it is known.
    id: AtomicU64,
    is_told: AtomicBool,
    /// It was dropped, perhaps before its id was known.
    is_gone: AtomicBool,
    spawn: Spawn,
    point: SpawnPoint,
    /// When it was woken for the poll that comes, in the recorder's ticks; 0 if it was not.
    woken_ticks: AtomicU64,
    wakes: AtomicU32,
    self_wakes: AtomicU32,
}

/// How a task is spawned.
#[derive(Debug)]
pub(crate) struct Spawn {
    pub(crate) kind: TaskKind,
    pub(crate) name: Box<str>,
    pub(crate) location: &'static Location<'static>,
    pub(crate) runtime: Option<RuntimeId>,
    pub(crate) type_name: &'static str,
    pub(crate) future_bytes: usize,
    /// Tokio makes a span of it that is read: that tells of its wakes.
    pub(crate) has_span: bool,
}

impl Task {
    pub(crate) fn new(recorder: &Recorder, spawn: Spawn) -> Arc<Self> {
        // A task is scheduled as soon as it is spawned; a future within one waits for whoever polls it.
        let woken_ticks = match spawn.kind {
            TaskKind::Future => 0,
            _ if spawn.has_span => 0,
            _ => recorder.ticks(),
        };
        Arc::new(Self {
            recorder: recorder.clone(),
            id: AtomicU64::new(0),
            is_told: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
            spawn,
            point: recorder.spawn_point(),
            woken_ticks: AtomicU64::new(woken_ticks),
            wakes: AtomicU32::new(0),
            self_wakes: AtomicU32::new(0),
        })
    }

    /// Tells of it, unless that was done: by whoever knows its id first, the thread that spawned it or the one that polls it.
    pub(crate) fn tell(&self, id: TaskId) {
        if self.is_told.load(Ordering::Relaxed) {
            return;
        }
        self.id.store(id.0, Ordering::SeqCst);
        if self.is_told.swap(true, Ordering::Relaxed) {
            return;
        }
        let task = NewTask {
            id,
            location: self.spawn.location.into(),
            name: &self.spawn.name,
            kind: self.spawn.kind,
            runtime: self.spawn.runtime,
            type_name: self.spawn.type_name,
            future_bytes: Some(self.spawn.future_bytes as u64),
            stored_bytes: None,
        };
        self.recorder.task_start(&task, self.point);
        if self.is_gone.load(Ordering::SeqCst) {
            self.recorder.task_end(id, TaskEndKind::Dropped);
        }
    }

    /// The id, which the running task itself knows if nobody has said it yet.
    fn id(&self) -> TaskId {
        match self.id.load(Ordering::Relaxed) {
            0 if has_id_of_tokio(self.spawn.kind) => {
                tokio::task::try_id().map_or_else(|| TaskId(id::next()), id::task)
            }
            0 => TaskId(id::next()),
            id => TaskId(id),
        }
    }

    /// A poll begins; returns the id.
    fn begin_poll(&self) -> TaskId {
        let id = self.id();
        if self.wakes.load(Ordering::Relaxed) == 0 {
            // Seldom enough, and often enough to meet every worker.
            self.say_worker();
        }
        self.tell(id);
        self.recorder
            .begin_poll(id, self.woken_ticks.swap(0, Ordering::Relaxed));
        id
    }

    fn say_worker(&self) {
        if let (Some(runtime), Some(worker)) = (self.spawn.runtime, tokio::runtime::worker_index()) {
            self.recorder.set_worker(runtime, worker as u32);
        }
    }

    fn end_poll(&self, id: TaskId, live_wakers: usize) {
        let counts = || WakerCounts {
            wakes: self.wakes.load(Ordering::Relaxed),
            self_wakes: self.self_wakes.load(Ordering::Relaxed),
            // Wakers that come and go are not counted one by one, only those that there are.
            clones: u32::try_from(live_wakers).unwrap_or(u32::MAX),
            drops: 0,
        };
        self.recorder.end_poll(id, (!self.spawn.has_span).then(counts));
    }

    fn woken(&self) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        let recorder = &self.recorder;
        if !recorder.wants_tasks() {
            return;
        }
        let id = TaskId(self.id.load(Ordering::Relaxed));
        if recorder.current_task() == Some(id) {
            self.self_wakes.fetch_add(1, Ordering::Relaxed);
        }
        // Further wakes before the poll change nothing.
        if self.woken_ticks.load(Ordering::Relaxed) == 0 {
            let thread = match tokio::runtime::worker_index() {
                Some(_) => WakingThread::Worker,
                None => WakingThread::Other,
            };
            self.woken_ticks
                .store(recorder.wake(id, thread), Ordering::Relaxed);
        }
    }
}

/// Whether `tokio::task::id` within it is its own.
fn has_id_of_tokio(kind: TaskKind) -> bool {
    matches!(kind, TaskKind::Task | TaskKind::Local | TaskKind::Blocking)
}

/// The waker that a watched future gets.
#[derive(Debug)]
struct TaskWaker {
    task: Arc<Task>,
    inner: Waker,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Told first: the poll that follows may begin at once.
        self.task.woken();
        self.inner.wake_by_ref();
    }
}

/// Runs the closure of a blocking task: one poll, from beginning to end.
pub(crate) fn run<R>(task: Option<Arc<Task>>, work: impl FnOnce() -> R) -> R {
    let Some(task) = task.filter(|task| task.recorder.wants_tasks()) else {
        return work();
    };
    let mut is_over = false;
    let poll = OpenPoll {
        id: task.begin_poll(),
        task: &task,
        waker: None,
        is_over: &mut is_over,
    };
    let result = work();
    *poll.is_over = true;
    drop(poll);
    result
}

impl<F> Watched<F> {
    /// Watches a future as the task that it is told to be. Nothing is told if `task` is `None`.
    pub(crate) fn new(future: F, task: Option<Arc<Task>>) -> Self {
        Self {
            future,
            seen: Seen {
                task,
                waker: None,
                is_over: false,
            },
        }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Seen { task, waker, is_over } = this.seen;
        let Some(task) = task.as_ref().filter(|task| task.recorder.wants_tasks()) else {
            return this.future.poll(context);
        };
        let is_known = |waker: &TaskWaker| waker.inner.will_wake(context.waker());
        if !task.spawn.has_span && !waker.as_ref().is_some_and(|(waker, _)| is_known(waker)) {
            let new = Arc::new(TaskWaker {
                task: task.clone(),
                inner: context.waker().clone(),
            });
            *waker = Some((new.clone(), Waker::from(new)));
        }
        let poll = OpenPoll {
            id: task.begin_poll(),
            task,
            waker: waker.as_ref().map(|(waker, _)| waker),
            is_over,
        };
        let result = match &*waker {
            Some((_, waker)) => this.future.poll(&mut Context::from_waker(waker)),
            None => this.future.poll(context),
        };
        *poll.is_over = result.is_ready();
        drop(poll);
        result
    }
}

/// Ends a poll, also when it panics.
struct OpenPoll<'a> {
    id: TaskId,
    task: &'a Task,
    waker: Option<&'a Arc<TaskWaker>>,
    is_over: &'a mut bool,
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        // Two are ours.
        let live = self
            .waker
            .map_or(0, |waker| Arc::strong_count(waker).saturating_sub(2));
        self.task.end_poll(self.id, live);
        let kind = match (*self.is_over, std::thread::panicking()) {
            (true, _) => TaskEndKind::Completed,
            (false, true) => TaskEndKind::Panicked,
            (false, false) => return,
        };
        *self.is_over = true;
        self.task.recorder.task_end(self.id, kind);
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let (Some(task), false) = (&self.task, self.is_over) else {
            return;
        };
        // If nobody knows its id yet, whoever spawned it will, and tell of the end too.
        task.is_gone.store(true, Ordering::SeqCst);
        let id = task.id.load(Ordering::SeqCst);
        if id != 0 {
            task.recorder.task_end(TaskId(id), TaskEndKind::Dropped);
        }
    }
}
