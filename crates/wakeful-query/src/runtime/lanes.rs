//! Lanes that belong together, with what refers from one to another.

use rustc_hash::FxHashSet;
use wakeful_live::Live;
use wakeful_model::runtime::{RuntimeId, TaskId, ThreadId, Wake, WakeSource};

use super::blame::{Blamed, blame};
use super::gather::{Gathered, Window};
use super::item::{Item, ItemFlags, ItemKind, Joiner, Lane, LaneKind, NO_ROW, WokenBy};
use super::span_task::SpanActivity;
use super::task_lane::{self, TaskTimes};
use super::worker_lanes::{ByThread, THREADS_MAX, numbered_title};

/// What happened in a window, nanoseconds; `None` what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaneSums {
    /// Polls.
    pub polls: u64,
    /// Wakes that were told one by one.
    pub wakes: u64,
    /// Of a span, how long it was active; of a task, how long it was polled.
    pub busy: u64,
    /// How long the task was polled.
    pub polled: u64,
    /// How long it was woken and waited for a worker.
    pub scheduled: Option<u64>,
    /// How long it waited for a wake.
    pub idle: Option<u64>,
    /// How long it had been spawned and was not polled yet.
    pub not_polled: u64,
}

/// Lanes, the first one foremost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lanes {
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// What happened.
    pub sums: LaneSums,
    /// Who held workers while the task waited for one, the longest first.
    pub blamed: Vec<Blamed>,
}

/// The lanes of a task: its own, its wakes, the threads that it was polled on, and who held workers that it waited for. `live` is the program
/// after the window.
pub fn of_task(live: &Live, gathered: &Gathered, task: TaskId, window: Window, pixels: u32) -> Lanes {
    let nanos_a_pixel = window.nanos_a_pixel(pixels);
    let mut lanes = Lanes::default();
    add_task(&mut lanes, live, gathered, task, window, nanos_a_pixel);
    lanes.refer();
    lanes
}

/// The lanes of a span: when it was active, and those of its task, if that is known.
pub fn of_span(
    live: &Live,
    gathered: &Gathered,
    span: &SpanActivity,
    task: Option<TaskId>,
    window: Window,
    pixels: u32,
) -> Lanes {
    let nanos_a_pixel = window.nanos_a_pixel(pixels);
    let mut lanes = Lanes::default();
    let mut joiner = Joiner::new(nanos_a_pixel);
    let mut busy = 0;
    for (start, end) in &span.intervals {
        if window.overlaps(*start, *end) {
            busy = end
                .min(&window.to)
                .saturating_sub(*start.max(&window.from))
                .saturating_add(busy);
            joiner.push(Item::new(ItemKind::Active, *start, *end));
        }
    }
    lanes.lanes.push(Lane {
        items: joiner.finish(),
        ..Lane::new(LaneKind::Span, span.name.clone())
    });
    if let Some(task) = task {
        add_task(&mut lanes, live, gathered, task, window, nanos_a_pixel);
    }
    lanes.sums.busy = busy;
    lanes.refer();
    lanes
}

/// A lane for each thread that polled tasks of a runtime, of all runtimes if none is given; workers first.
pub fn of_workers(
    live: &Live,
    gathered: &Gathered,
    runtime: Option<RuntimeId>,
    window: Window,
    pixels: u32,
) -> Lanes {
    let by_thread = ByThread::of(gathered, live);
    let is_wanted = |id: &ThreadId| {
        let of = by_thread.thread(*id).and_then(|thread| thread.runtime);
        runtime.is_none() || of == runtime
    };
    let threads = by_thread.threads().into_iter().filter(is_wanted);
    let nanos_a_pixel = window.nanos_a_pixel(pixels);
    let threads: Vec<ThreadId> = threads.take(THREADS_MAX).collect();
    let lanes: Vec<Lane> = threads
        .iter()
        .map(|id| by_thread.lane(*id, nanos_a_pixel))
        .collect();
    let items = lanes.iter().flat_map(|lane| &lane.items);
    let polled = items.map(|item| item.busy).fold(0, u64::saturating_add);
    let sums = LaneSums {
        polls: threads.iter().map(|id| by_thread.polls(*id)).sum(),
        busy: polled,
        polled,
        ..LaneSums::default()
    };
    Lanes {
        lanes,
        sums,
        blamed: Vec::new(),
    }
}

fn add_task(
    lanes: &mut Lanes,
    live: &Live,
    gathered: &Gathered,
    task: TaskId,
    window: Window,
    nanos_a_pixel: u64,
) {
    let built = task_lane::build(task, live, gathered, window, nanos_a_pixel);
    let name = numbered_title(live, task);
    let own = |kind, name: String, items| Lane {
        task: Some(task),
        items,
        ..Lane::new(kind, name)
    };
    lanes.lanes.push(own(LaneKind::Task, name, built.items));

    let wakes: Vec<&Wake> = gathered.wakes.iter().filter(|wake| wake.task == task).collect();
    let mut joiner = Joiner::new(nanos_a_pixel);
    wakes.iter().for_each(|wake| joiner.push(wake_item(wake)));
    lanes
        .lanes
        .push(own(LaneKind::Wakes, "wakes".to_owned(), joiner.finish()));

    let by_thread = ByThread::of(gathered, live);
    let polled = gathered.polls.iter().filter(|poll| poll.task == task);
    let of_wakers = wakes.iter().filter_map(|wake| match wake.by {
        WakeSource::Task(by) if by != task => wake.thread,
        _ => None,
    });
    let mut shown: FxHashSet<ThreadId> = polled.map(|poll| poll.thread).chain(of_wakers).collect();
    let blamed_polls = built
        .scheduled
        .iter()
        .take(1_000)
        .filter_map(|(_, _, poll)| poll.as_ref());
    let fellows: FxHashSet<ThreadId> = blamed_polls
        .map(|poll| poll.thread)
        .collect::<FxHashSet<_>>()
        .into_iter()
        .flat_map(|thread| by_thread.fellow_workers(thread))
        .collect();
    shown.extend(fellows);
    let threads = by_thread.threads().into_iter().filter(|id| shown.contains(id));
    let threads = threads
        .take(THREADS_MAX)
        .map(|id| by_thread.lane(id, nanos_a_pixel));
    lanes.lanes.extend(threads);

    let (items, blamed) = blame(task, &built.scheduled, &by_thread, live);
    if !items.is_empty() {
        let mut joiner = Joiner::new(nanos_a_pixel);
        items.into_iter().for_each(|item| joiner.push(item));
        lanes
            .lanes
            .push(own(LaneKind::Blame, "blame".to_owned(), joiner.finish()));
    }
    lanes.blamed = blamed;
    let TaskTimes {
        polls,
        polled,
        scheduled,
        idle,
        not_polled,
    } = built.times;
    lanes.sums = LaneSums {
        polls,
        wakes: wakes.len() as u64,
        busy: polled,
        polled,
        scheduled,
        // Without wakes, idle and scheduled are one.
        idle: scheduled.map(|_| idle),
        not_polled,
    };
}

fn wake_item(wake: &Wake) -> Item {
    let (by, by_task) = match wake.by {
        WakeSource::Unknown => (WokenBy::Unknown, None),
        WakeSource::Task(by) if by == wake.task => (WokenBy::Itself, Some(by)),
        WakeSource::Task(by) => (WokenBy::Task, Some(by)),
        WakeSource::Driver => (WokenBy::Driver, None),
        WakeSource::Thread => (WokenBy::Thread, None),
    };
    Item {
        thread: wake.thread,
        by,
        by_task,
        ..Item::new(ItemKind::Wake, wake.at_unix_nanos, wake.at_unix_nanos).of_task(wake.task)
    }
}

impl Lanes {
    /// Rows of the first item of each lane.
    fn rows(&self) -> Vec<u32> {
        let mut next = 0;
        let first = |lane: &Lane| {
            let first = next;
            next += lane.items.len() as u32;
            first
        };
        self.lanes.iter().map(first).collect()
    }

    fn lane(&self, kind: LaneKind) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.kind == kind)
    }

    /// Says of each wake in which poll it was called and to which it led, and of each blame what it is about.
    fn refer(&mut self) {
        let rows = self.rows();
        let Some(task) = self.lane(LaneKind::Task) else {
            return;
        };
        if let Some(wakes) = self.lane(LaneKind::Wakes) {
            let mut items = std::mem::take(&mut self.lanes[wakes].items);
            for (at, wake) in items.iter_mut().enumerate() {
                let polls = &self.lanes[task].items;
                let led_to = polls.partition_point(|item| item.start < wake.start);
                let led_to = polls[led_to..]
                    .iter()
                    .position(is_poll)
                    .map(|ahead| led_to + ahead);
                // Joined polls stand for those that began in them.
                let led_to = led_to.or_else(|| self.lanes[task].position_at(ItemKind::Poll, wake.start));
                if let Some(poll) = led_to {
                    wake.other = rows[task] + poll as u32;
                    let poll = &mut self.lanes[task].items[poll];
                    if poll.other == NO_ROW {
                        poll.other = rows[wakes] + at as u32;
                    }
                }
                wake.from = self.called_in(wake, &rows);
            }
            self.lanes[wakes].items = items;
        }
        if let Some(blame) = self.lane(LaneKind::Blame) {
            let mut items = std::mem::take(&mut self.lanes[blame].items);
            for item in &mut items {
                let about = self.lanes[task].position_at(ItemKind::Scheduled, item.start);
                item.other = about.map_or(NO_ROW, |about| rows[task] + about as u32);
            }
            self.lanes[blame].items = items;
        }
    }

    /// The row of the poll that a wake was called in.
    fn called_in(&self, wake: &Item, rows: &[u32]) -> u32 {
        if !matches!(wake.by, WokenBy::Task | WokenBy::Itself) {
            return NO_ROW;
        }
        let is_its = |lane: &Lane| match wake.by {
            WokenBy::Itself => lane.kind == LaneKind::Task,
            _ => matches!(lane.kind, LaneKind::Worker | LaneKind::Thread) && lane.thread == wake.thread,
        };
        let lane = self.lanes.iter().position(is_its);
        let found =
            lane.and_then(|lane| Some((lane, self.lanes[lane].position_at(ItemKind::Poll, wake.start)?)));
        found.map_or(NO_ROW, |(lane, at)| rows[lane] + at as u32)
    }
}

fn is_poll(item: &Item) -> bool {
    item.kind == ItemKind::Poll && !item.flags.contains(ItemFlags::JOINED)
}
