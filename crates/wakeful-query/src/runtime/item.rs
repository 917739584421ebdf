//! What a lane is made of.

use wakeful_model::runtime::{TaskEndKind, TaskId, ThreadId};

/// Where there is no other end.
pub const NO_ROW: u32 = u32::MAX;

/// From so long on, a poll is marked.
const LONG_POLL_NANOS: u64 = 10_000_000;

/// What an item is; the numbers are those of `docs/ui-api.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum ItemKind {
    /// A span was entered.
    #[default]
    Active = 0,
    /// A task was polled.
    Poll = 1,
    /// A task was woken, and waited for a worker.
    Scheduled = 2,
    /// A task waited for a wake.
    Idle = 3,
    /// A task was spawned, and not polled yet.
    NotPolled = 4,
    /// A task was woken.
    Wake = 5,
    /// Another task's poll held a worker while this one waited for it.
    Blame = 6,
    /// Polls of a stretch of time that were told as a sum.
    Sum = 8,
    /// A task waited for a wake, and it is known who had what it waited for.
    Blocked = 9,
    /// A resource was held.
    Held = 10,
    /// A resource was waited for.
    Waiting = 11,
}

/// What is special about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemFlags(pub u8);

impl ItemFlags {
    /// A poll as long as the limit.
    pub const LONG: Self = Self(1);
    /// The task was dropped at its end.
    pub const DROPPED: Self = Self(2);
    /// It goes on.
    pub const OPEN: Self = Self(4);
    /// The task panicked at its end.
    pub const PANICKED: Self = Self(8);
    /// It stands for several because they are too near to each other to be drawn.
    pub const JOINED: Self = Self(16);
    /// An idle stretch of which it is not known what part was scheduled.
    pub const WAKE_UNKNOWN: Self = Self(32);

    /// Adds a mark.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a mark is there.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The mark for how a task ended.
    pub(super) fn of_end(end: TaskEndKind) -> Self {
        match end {
            TaskEndKind::Dropped => Self::DROPPED,
            TaskEndKind::Panicked => Self::PANICKED,
            TaskEndKind::Unknown | TaskEndKind::Completed => Self::default(),
        }
    }
}

/// Who woke a task; the numbers are those of `docs/ui-api.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum WokenBy {
    /// That is not known.
    #[default]
    Unknown = 0,
    /// Another task.
    Task = 1,
    /// The task itself.
    Itself = 2,
    /// A thread outside of tasks.
    Thread = 3,
    /// A timer or a socket, by the driver.
    Driver = 4,
}

/// Something on a lane. Times are nanoseconds of Unix time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// When it began.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// Whose it is.
    pub task: Option<TaskId>,
    /// On which thread.
    pub thread: Option<ThreadId>,
    /// Of a wake: who called it.
    pub by: WokenBy,
    /// Of a wake: the task that called it.
    pub by_task: Option<TaskId>,
    /// The row of the other end.
    pub other: u32,
    /// Of a wake: the row of the poll that it was called in.
    pub from: u32,
    /// How many it stands for.
    pub count: u32,
    /// The time that was really taken.
    pub busy: u64,
    /// What is special about it.
    pub flags: ItemFlags,
    /// What it waited for, or the name of another's poll.
    pub label: String,
}

impl Item {
    /// An item of a stretch of time.
    pub(super) fn new(kind: ItemKind, start: u64, end: u64) -> Self {
        let end = end.max(start);
        let mut flags = ItemFlags::default();
        if kind == ItemKind::Poll && end - start >= LONG_POLL_NANOS {
            flags.insert(ItemFlags::LONG);
        }
        Self {
            kind,
            start,
            end,
            other: NO_ROW,
            from: NO_ROW,
            count: 1,
            busy: end - start,
            flags,
            ..Self::default()
        }
    }

    pub(super) fn of_task(self, task: TaskId) -> Self {
        Self {
            task: Some(task),
            ..self
        }
    }

    pub(super) fn on_thread(self, thread: ThreadId) -> Self {
        Self {
            thread: Some(thread),
            ..self
        }
    }

    pub(super) fn labelled(self, label: String) -> Self {
        Self { label, ..self }
    }

    pub(super) fn marked(mut self, flags: ItemFlags) -> Self {
        self.flags.insert(flags);
        self
    }

    /// How long it is.
    pub fn nanos(&self) -> u64 {
        self.end - self.start
    }
}

/// What a lane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneKind {
    /// When a span was active.
    Span,
    /// What a task did.
    Task,
    /// When and by whom a task was woken.
    Wakes,
    /// Polls on a worker.
    Worker,
    /// Polls on another thread.
    Thread,
    /// Who held workers while a task waited for one.
    Blame,
    /// Who had a resource.
    Holders,
    /// Who waited for a resource.
    Waiters,
}

impl LaneKind {
    /// Its name in the page's API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Span => "span",
            Self::Task => "task",
            Self::Wakes => "wakes",
            Self::Worker => "worker",
            Self::Thread => "thread",
            Self::Blame => "blame",
            Self::Holders => "holders",
            Self::Waiters => "waiters",
        }
    }
}

/// A lane: items by start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// What it shows.
    pub kind: LaneKind,
    /// Its name.
    pub name: String,
    /// Whose it is, if a task's.
    pub task: Option<TaskId>,
    /// Which thread's, if one's.
    pub thread: Option<ThreadId>,
    /// What is on it, by start.
    pub items: Vec<Item>,
}

impl Lane {
    pub(super) fn new(kind: LaneKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            task: None,
            thread: None,
            items: Vec::new(),
        }
    }

    /// The item of a kind that covers a time.
    pub(super) fn position_at(&self, kind: ItemKind, at: u64) -> Option<usize> {
        let after = self.items.partition_point(|item| item.start <= at);
        let before = self.items[..after].iter().enumerate().rev();
        // Items of one kind do not overlap, but for those of other kinds between them.
        before
            .take(8)
            .find(|(_, item)| item.kind == kind && item.end >= at)
            .map(|(position, _)| position)
    }
}

/// Makes a lane of items that come by start, and joins those of one kind that are too near to each other to be told apart: both
/// shorter than a pixel, and within one.
#[derive(Debug)]
pub(super) struct Joiner {
    items: Vec<Item>,
    /// Where the last item of each kind stands.
    last: [Option<usize>; KINDS],
    nanos_a_pixel: u64,
}

/// How many kinds of items there are.
const KINDS: usize = ItemKind::Waiting as usize + 1;

impl Joiner {
    pub(super) fn new(nanos_a_pixel: u64) -> Self {
        Self {
            items: Vec::new(),
            last: [None; KINDS],
            nanos_a_pixel,
        }
    }

    pub(super) fn push(&mut self, item: Item) {
        let kind = item.kind as usize;
        match self.last[kind] {
            Some(last) if self.is_near(&self.items[last], &item) => join(&mut self.items[last], &item),
            _ => {
                self.last[kind] = Some(self.items.len());
                self.items.push(item);
            }
        }
    }

    fn is_near(&self, last: &Item, item: &Item) -> bool {
        let pixel = self.nanos_a_pixel;
        let near = item.end.saturating_sub(last.start) <= pixel;
        near && last.by == item.by && last.nanos() < pixel && item.nanos() < pixel
    }

    pub(super) fn finish(self) -> Vec<Item> {
        self.items
    }
}

fn join(last: &mut Item, item: &Item) {
    if last.task != item.task {
        last.task = None;
        last.label.clear();
    }
    if last.by_task != item.by_task {
        last.by_task = None;
    }
    last.end = last.end.max(item.end);
    last.count = last.count.saturating_add(item.count);
    last.busy = last.busy.saturating_add(item.busy);
    last.flags.insert(item.flags);
    last.flags.insert(ItemFlags::JOINED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pixel_cannot_tell_apart_is_joined_and_nothing_else() {
        let mut joiner = Joiner::new(10);
        let item = |kind, start, end, task| Item::new(kind, start, end).of_task(TaskId(task));
        joiner.push(item(ItemKind::Poll, 0, 3, 1));
        joiner.push(item(ItemKind::Idle, 3, 4, 1));
        joiner.push(item(ItemKind::Poll, 4, 6, 2));
        joiner.push(item(ItemKind::Poll, 8, 40, 1));
        joiner.push(item(ItemKind::Poll, 41, 42, 1));
        joiner.push(item(ItemKind::Poll, 90, 95, 1));
        let lane = Lane {
            items: joiner.finish(),
            ..Lane::new(LaneKind::Worker, "worker 0")
        };
        let seen: Vec<_> = lane
            .items
            .iter()
            .map(|item| {
                (
                    item.start,
                    item.end,
                    item.task.map(|task| task.0),
                    item.count,
                    item.busy,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (0, 6, None, 2, 5),
                (3, 4, Some(1), 1, 1),
                (8, 40, Some(1), 1, 32),
                (41, 42, Some(1), 1, 1),
                (90, 95, Some(1), 1, 5)
            ]
        );
        assert_eq!(lane.position_at(ItemKind::Poll, 30), Some(2));
        assert_eq!(lane.position_at(ItemKind::Poll, 43), None);
        assert_eq!(lane.position_at(ItemKind::Blame, 30), None);
    }
}
