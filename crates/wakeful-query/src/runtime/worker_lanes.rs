//! Polls by the thread that they were on.

use rustc_hash::FxHashMap;
use wakeful_live::Live;
use wakeful_model::runtime::{Poll, RuntimeId, TaskId, TaskKind, Thread, ThreadId};

use super::gather::Gathered;
use super::innermost::{Held, innermost};
use super::item::{Item, ItemKind, Joiner, Lane, LaneKind};

/// More threads than these are not shown.
pub(super) const THREADS_MAX: usize = 256;

/// What was polled on each thread, by start; on one thread nothing overlaps.
pub(super) struct ByThread<'a> {
    held: FxHashMap<ThreadId, Vec<Held>>,
    gathered: &'a Gathered,
    live: &'a Live,
}

impl<'a> ByThread<'a> {
    pub(super) fn of(gathered: &'a Gathered, live: &'a Live) -> Self {
        let mut polls: FxHashMap<ThreadId, Vec<&Poll>> = FxHashMap::default();
        // A future that is watched by itself is polled within its task's poll.
        let is_task = |poll: &&Poll| {
            live.task(poll.task)
                .is_none_or(|task| task.start.kind != TaskKind::Future)
        };
        for poll in gathered.polls.iter().filter(is_task) {
            polls.entry(poll.thread).or_default().push(poll);
        }
        let held = polls
            .into_iter()
            .map(|(thread, polls)| (thread, innermost(polls)));
        Self {
            held: held.collect(),
            gathered,
            live,
        }
    }

    pub(super) fn thread(&self, id: ThreadId) -> Option<&'a Thread> {
        self.gathered.threads.get(&id).or_else(|| self.live.thread(id))
    }

    /// Threads that polled something, workers by their numbers first.
    pub(super) fn threads(&self) -> Vec<ThreadId> {
        let mut threads: Vec<ThreadId> = self.held.keys().copied().collect();
        threads.sort_by_key(|id| self.rank(*id));
        threads
    }

    fn rank(&self, id: ThreadId) -> (Option<RuntimeId>, bool, u32, ThreadId) {
        let thread = self.thread(id);
        let worker = thread.and_then(|thread| thread.worker);
        let runtime = thread.and_then(|thread| thread.runtime);
        (runtime, worker.is_none(), worker.unwrap_or(0), id)
    }

    /// The workers of the runtime that a thread is a worker of; the thread alone if it is none.
    pub(super) fn fellow_workers(&self, id: ThreadId) -> Vec<ThreadId> {
        let own = self.thread(id).filter(|thread| thread.worker.is_some());
        let Some(own) = own else { return vec![id] };
        let is_fellow = |thread: &Thread| thread.worker.is_some() && thread.runtime == own.runtime;
        let all = self.threads().into_iter();
        all.filter(|fellow| *fellow == id || self.thread(*fellow).is_some_and(is_fellow))
            .collect()
    }

    /// What was polled on a thread within a stretch.
    pub(super) fn during(&self, id: ThreadId, start: u64, end: u64) -> impl Iterator<Item = &Held> {
        let held = self.held.get(&id).map_or(&[][..], Vec::as_slice);
        let first = held.partition_point(|held| held.end <= start);
        held[first..].iter().take_while(move |held| held.start < end)
    }

    /// How many polls a thread had.
    pub(super) fn polls(&self, id: ThreadId) -> u64 {
        let held = self.held.get(&id).map_or(&[][..], Vec::as_slice);
        held.iter().filter(|held| held.start == held.poll_start).count() as u64
    }

    /// What a thread is called: a worker by its place among the others.
    pub(super) fn title(&self, id: ThreadId) -> (LaneKind, String) {
        match self.thread(id) {
            Some(Thread {
                worker: Some(worker), ..
            }) => (LaneKind::Worker, format!("worker {worker}")),
            Some(thread) if !thread.name.is_empty() => (LaneKind::Thread, thread.name.clone()),
            _ => (LaneKind::Thread, format!("thread {id}")),
        }
    }

    /// The lane of a thread.
    pub(super) fn lane(&self, id: ThreadId, nanos_a_pixel: u64) -> Lane {
        let (kind, name) = self.title(id);
        let mut joiner = Joiner::new(nanos_a_pixel);
        for held in self.held.get(&id).into_iter().flatten() {
            let item = Item::new(ItemKind::Poll, held.start, held.end);
            joiner.push(item.of_task(held.task).on_thread(id));
        }
        let mut items = joiner.finish();
        for item in &mut items {
            item.label = item
                .task
                .map_or_else(String::new, |task| task_title(self.live, task));
        }
        Lane {
            thread: Some(id),
            items,
            ..Lane::new(kind, name)
        }
    }
}

/// A task by its number, and its name if it has one.
pub(super) fn numbered_title(live: &Live, id: TaskId) -> String {
    match live.task(id).map_or("", |task| &task.start.name) {
        "" => format!("task {id}"),
        name => format!("task {id} {name}"),
    }
}

/// A task's name, or where it was spawned; empty if neither is known.
pub(super) fn task_title(live: &Live, id: TaskId) -> String {
    let Some(task) = live.task(id) else {
        return String::new();
    };
    let place = || {
        task.location
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    };
    match task.start.name.as_str() {
        "" => place(),
        name => name.to_owned(),
    }
}
