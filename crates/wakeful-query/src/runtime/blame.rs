//! Who held workers while a task waited for one.

use rustc_hash::FxHashMap;
use wakeful_live::Live;
use wakeful_model::runtime::{Poll, TaskId, ThreadId};

use super::innermost::Held;
use super::item::{Item, ItemKind};
use super::worker_lanes::{ByThread, task_title};

/// More waits than these are not looked into.
const WAITS_MAX: usize = 20_000;

/// So many are told.
const BLAMED_MAX: usize = 50;

/// A task whose polls were on workers while another one waited for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blamed {
    /// The task.
    pub task: TaskId,
    /// Its name, or where it was spawned.
    pub title: String,
    /// Where it was spawned; empty if unknown.
    pub location: String,
    /// The worker that it held longest.
    pub thread: ThreadId,
    /// What that worker is called.
    pub thread_title: String,
    /// When the poll that held it longest began and ended, nanoseconds of Unix time.
    pub longest_poll: (u64, u64),
    /// How many of its polls.
    pub polls: u64,
    /// How long they and the wait overlap, in nanoseconds.
    pub nanos: u64,
}

/// What a task had of a worker.
#[derive(Default)]
struct Sum {
    polls: u64,
    nanos: u64,
    /// Where the poll began that was counted last.
    last: Option<u64>,
    longest_nanos: u64,
    /// When the stretch that held it longest began and ended.
    longest_poll: (u64, u64),
}

impl Sum {
    /// Adds a stretch of a poll, of which so much counts.
    fn add(&mut self, held: &Held, nanos: u64) {
        self.nanos = self.nanos.saturating_add(nanos);
        // Others may have been polled within it.
        self.polls += u64::from(self.last.replace(held.poll_start) != Some(held.poll_start));
        if nanos >= self.longest_nanos {
            self.longest_nanos = nanos;
            self.longest_poll = (held.start, held.end);
        }
    }
}

/// For each stretch in which a task was scheduled (start, end, the poll that ended it), what the workers were doing: items for a lane, and
/// the sums by task, the longest first.
pub(super) fn blame(
    task: TaskId,
    scheduled: &[(u64, u64, Option<Poll>)],
    by_thread: &ByThread<'_>,
    live: &Live,
) -> (Vec<Item>, Vec<Blamed>) {
    let mut items = Vec::new();
    let mut sums: FxHashMap<(TaskId, ThreadId), Sum> = FxHashMap::default();
    for (start, end, poll) in scheduled.iter().take(WAITS_MAX) {
        let threads = match poll {
            Some(poll) => by_thread.fellow_workers(poll.thread),
            None => by_thread.threads(),
        };
        for thread in threads {
            for held in by_thread
                .during(thread, *start, *end)
                .filter(|held| held.task != task)
            {
                let item = Item::new(ItemKind::Blame, held.start.max(*start), held.end.min(*end));
                sums.entry((held.task, thread))
                    .or_default()
                    .add(held, item.nanos());
                items.push(item.of_task(held.task).on_thread(thread));
            }
        }
    }
    let mut by_task: FxHashMap<TaskId, (Blamed, u64)> = FxHashMap::default();
    for ((task, thread), sum) in sums {
        let (blamed, most) = by_task
            .entry(task)
            .or_insert_with(|| (empty(task, thread, live), 0));
        blamed.polls += sum.polls;
        blamed.nanos = blamed.nanos.saturating_add(sum.nanos);
        if (sum.nanos, thread) >= (*most, blamed.thread) {
            *most = sum.nanos;
            blamed.thread = thread;
            blamed.longest_poll = sum.longest_poll;
        }
    }
    let mut blamed: Vec<Blamed> = by_task.into_values().map(|(blamed, _)| blamed).collect();
    blamed.sort_by_key(|blamed| (std::cmp::Reverse(blamed.nanos), blamed.task));
    blamed.truncate(BLAMED_MAX);
    for blamed in &mut blamed {
        blamed.thread_title = by_thread.title(blamed.thread).1;
    }
    items.sort_by_key(|item| (item.start, item.thread));
    (items, blamed)
}

fn empty(task: TaskId, thread: ThreadId, live: &Live) -> Blamed {
    let place = live.task(task).and_then(|task| task.location.as_ref());
    Blamed {
        task,
        title: task_title(live, task),
        location: place.map_or_else(String::new, ToString::to_string),
        thread,
        thread_title: String::new(),
        longest_poll: (0, 0),
        polls: 0,
        nanos: 0,
    }
}
