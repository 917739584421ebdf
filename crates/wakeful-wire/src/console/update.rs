//! The messages of the service's calls.

use super::entities::{
    AsyncOp, AsyncOpStats, DurationHistogram, Metadata, PollOp, Resource, ResourceStats, Task, TaskStats,
};
use super::message::{Fielded, entry, id, nanos, nested, put, put_all, put_id, put_map, put_time};
use crate::protobuf::{DecodeError, Field, Writer};

/// What `WatchUpdates` streams: everything at first, then what changed since the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// When, in Unix nanoseconds.
    pub now: Option<u64>,
    /// What became known of callsites.
    pub metadata: Vec<Metadata>,
    /// Tasks.
    pub tasks: TaskUpdate,
    /// Resources.
    pub resources: ResourceUpdate,
    /// Async operations.
    pub async_ops: AsyncOpUpdate,
}

/// `RegisterMetadata`.
#[derive(Debug, Default)]
struct Registered(Vec<Metadata>);

impl Fielded for Registered {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        if number == 1 {
            self.0.push(nested(field)?);
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_all(out, 1, &self.0);
    }
}

impl Fielded for Update {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.now = Some(nanos(field)?),
            2 => self.tasks = nested(field)?,
            3 => self.resources = nested(field)?,
            4 => self.async_ops = nested(field)?,
            5 => self.metadata = nested::<Registered>(field)?.0,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_time(out, 1, self.now);
        put(out, 2, &self.tasks);
        put(out, 3, &self.resources);
        put(out, 4, &self.async_ops);
        out.message(5, |out| put_all(out, 1, &self.metadata));
    }
}

/// What changed of tasks. A figure that is listed is whole, not a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskUpdate {
    /// Those that were not sent before.
    pub new: Vec<Task>,
    /// Figures by id.
    pub stats: Vec<(u64, TaskStats)>,
    /// How many records were lost since the last update.
    pub dropped_events: u64,
}

impl Fielded for TaskUpdate {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.new.push(nested(field)?),
            3 => self.stats.push(entry(field)?),
            4 => self.dropped_events = field.number(),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_all(out, 1, &self.new);
        put_map(out, 3, &self.stats);
        out.number(4, self.dropped_events);
    }
}

/// What changed of resources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceUpdate {
    /// Those that were not sent before.
    pub new: Vec<Resource>,
    /// What they are like, by id.
    pub stats: Vec<(u64, ResourceStats)>,
    /// Polls since the last update.
    pub poll_ops: Vec<PollOp>,
    /// How many records were lost since the last update.
    pub dropped_events: u64,
}

impl Fielded for ResourceUpdate {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.new.push(nested(field)?),
            2 => self.stats.push(entry(field)?),
            3 => self.poll_ops.push(nested(field)?),
            4 => self.dropped_events = field.number(),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_all(out, 1, &self.new);
        put_map(out, 2, &self.stats);
        put_all(out, 3, &self.poll_ops);
        out.number(4, self.dropped_events);
    }
}

/// What changed of async operations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AsyncOpUpdate {
    /// Those that were not sent before.
    pub new: Vec<AsyncOp>,
    /// What they have come to, by id.
    pub stats: Vec<(u64, AsyncOpStats)>,
    /// How many records were lost since the last update.
    pub dropped_events: u64,
}

impl Fielded for AsyncOpUpdate {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.new.push(nested(field)?),
            2 => self.stats.push(entry(field)?),
            3 => self.dropped_events = field.number(),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_all(out, 1, &self.new);
        put_map(out, 2, &self.stats);
        out.number(3, self.dropped_events);
    }
}

/// What `WatchTaskDetails` is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskDetailsRequest {
    /// The task.
    pub task: u64,
}

impl Fielded for TaskDetailsRequest {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        if number == 1 {
            self.task = id(field)?;
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.task);
    }
}

/// What `WatchTaskDetails` streams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskDetails {
    /// The task.
    pub task: u64,
    /// When, in Unix nanoseconds.
    pub now: Option<u64>,
    /// How long its polls were.
    pub poll_times: Option<DurationHistogram>,
    /// How long it waited for a worker.
    pub scheduled_times: Option<DurationHistogram>,
}

impl Fielded for TaskDetails {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.task = id(field)?,
            2 => self.now = Some(nanos(field)?),
            // Before console-subscriber 0.2.
            3 => {
                self.poll_times = Some(DurationHistogram {
                    raw: field.bytes().to_vec(),
                    ..DurationHistogram::default()
                });
            }
            4 => self.poll_times = Some(nested(field)?),
            5 => self.scheduled_times = Some(nested(field)?),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.task);
        put_time(out, 2, self.now);
        if let Some(histogram) = &self.poll_times {
            put(out, 4, histogram);
        }
        if let Some(histogram) = &self.scheduled_times {
            put(out, 5, histogram);
        }
    }
}

/// Whether updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Temporality {
    /// They do.
    #[default]
    Live,
    /// A client paused them.
    Paused,
}

/// What `WatchState` streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// Whether updates come.
    pub temporality: Temporality,
}

impl Fielded for State {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        if number == 1 {
            self.temporality = match field.number() {
                1 => Temporality::Paused,
                _ => Temporality::Live,
            };
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.number(1, u64::from(self.temporality == Temporality::Paused));
    }
}
