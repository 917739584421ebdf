//! What updates are made of: tasks, resources, async operations and their figures.
//!
//! Times are Unix nanoseconds, durations nanoseconds. Ids are those of the program's `tracing` spans, which it uses again.

use super::message::{Fielded, id, nanos, nested, put, put_all, put_id, put_nanos, put_time};
use crate::protobuf::{DecodeError, Field as Wire, Writer};

/// What is known of a callsite before anything happens there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// By which others refer to it.
    pub id: u64,
    /// The span's name, as `runtime.spawn`.
    pub name: String,
    /// The target, as `tokio::task`.
    pub target: String,
    /// Whether it is an event's, not a span's.
    pub is_event: bool,
    /// 0 error to 4 trace.
    pub level: u8,
    /// The names of its fields, to which [`FieldName::Index`] refers.
    pub field_names: Vec<String>,
}

/// `common.Metadata` stands inside `RegisterMetadata.NewMetadata`, beside its id.
#[derive(Debug, Clone, Default)]
struct Inner(Metadata);

impl Fielded for Inner {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.0.name = field.text().to_owned(),
            2 => self.0.target = field.text().to_owned(),
            5 => self.0.is_event = field.number() == 1,
            6 => self.0.level = field.number().min(4) as u8,
            7 => self.0.field_names.push(field.text().to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.text(1, &self.0.name);
        out.text(2, &self.0.target);
        out.number(5, u64::from(self.0.is_event));
        out.number(6, u64::from(self.0.level));
        for name in &self.0.field_names {
            out.bytes(7, name.as_bytes());
        }
    }
}

impl Fielded for Metadata {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.id = id(field)?,
            2 => {
                let id = self.id;
                *self = nested::<Inner>(field)?.0;
                self.id = id;
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.id);
        put(out, 2, &Inner(self.clone()));
    }
}

/// The name of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldName {
    /// By itself.
    Text(String),
    /// Its place among the names of the metadata with the field's `metadata` id.
    Index(u64),
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// As `Debug` wrote it.
    Debug(String),
    /// A text.
    Text(String),
    /// A number.
    U64(u64),
    /// A number that may be negative.
    I64(i64),
    /// Yes or no.
    Bool(bool),
}

/// A field of a span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// The name, if the message has one.
    pub name: Option<FieldName>,
    /// The value, if the message has one.
    pub value: Option<FieldValue>,
    /// Where its name stands.
    pub metadata: u64,
}

impl Fielded for Field {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.name = Some(FieldName::Text(field.text().to_owned())),
            2 => self.name = Some(FieldName::Index(field.number())),
            3 => self.value = Some(FieldValue::Debug(field.text().to_owned())),
            4 => self.value = Some(FieldValue::Text(field.text().to_owned())),
            5 => self.value = Some(FieldValue::U64(field.number())),
            6 => {
                let zigzag = field.number();
                self.value = Some(FieldValue::I64((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)));
            }
            7 => self.value = Some(FieldValue::Bool(field.number() != 0)),
            8 => self.metadata = id(field)?,
            _ => {}
        }
        Ok(())
    }

    // What stands in a `oneof` is written even if it is zero.
    fn put(&self, out: &mut Writer) {
        match &self.name {
            Some(FieldName::Text(text)) => out.bytes(1, text.as_bytes()),
            Some(FieldName::Index(index)) => out.varint_field(2, *index),
            None => {}
        }
        match &self.value {
            Some(FieldValue::Debug(text)) => out.bytes(3, text.as_bytes()),
            Some(FieldValue::Text(text)) => out.bytes(4, text.as_bytes()),
            Some(FieldValue::U64(number)) => out.varint_field(5, *number),
            Some(FieldValue::I64(number)) => out.varint_field(6, (number << 1 ^ number >> 63) as u64),
            Some(FieldValue::Bool(yes)) => out.varint_field(7, u64::from(*yes)),
            None => {}
        }
        put_id(out, 8, self.metadata);
    }
}

/// A field with a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribute {
    /// Name and value.
    pub field: Field,
    /// As `ms`; empty if it has none.
    pub unit: String,
}

impl Fielded for Attribute {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.field = nested(field)?,
            2 => self.unit = field.text().to_owned(),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put(out, 1, &self.field);
        out.text(2, &self.unit);
    }
}

/// A place in the sources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The file; empty if unknown.
    pub file: String,
    /// The module, if that is what is known.
    pub module_path: String,
    /// The line, from 1; 0 if unknown.
    pub line: u32,
    /// The column, from 1; 0 if unknown.
    pub column: u32,
}

impl Fielded for Location {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.file = field.text().to_owned(),
            2 => self.module_path = field.text().to_owned(),
            3 => self.line = field.number() as u32,
            4 => self.column = field.number() as u32,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.text(1, &self.file);
        out.text(2, &self.module_path);
        out.number(3, u64::from(self.line));
        out.number(4, u64::from(self.column));
    }
}

/// A task, once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// The id of its span.
    pub id: u64,
    /// Its callsite.
    pub metadata: u64,
    /// `kind`, `task.name`, `task.id`, sizes, and whatever else the span has.
    pub fields: Vec<Field>,
    /// Where it was spawned.
    pub location: Option<Location>,
}

impl Fielded for Task {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.id = id(field)?,
            2 => self.metadata = id(field)?,
            4 => self.fields.push(nested(field)?),
            6 => self.location = Some(nested(field)?),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.id);
        put_id(out, 2, self.metadata);
        put_all(out, 4, &self.fields);
        if let Some(location) = &self.location {
            put(out, 6, location);
        }
    }
}

/// Figures of what is polled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollStats {
    /// How often it was polled.
    pub polls: u64,
    /// When first.
    pub first_poll: Option<u64>,
    /// When the last poll began.
    pub last_poll_started: Option<u64>,
    /// When the last poll that has ended did so.
    pub last_poll_ended: Option<u64>,
    /// The time of polls that have ended.
    pub busy_nanos: u64,
}

impl Fielded for PollStats {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.polls = field.number(),
            3 => self.first_poll = Some(nanos(field)?),
            4 => self.last_poll_started = Some(nanos(field)?),
            5 => self.last_poll_ended = Some(nanos(field)?),
            6 => self.busy_nanos = nanos(field)?,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.number(1, self.polls);
        put_time(out, 3, self.first_poll);
        put_time(out, 4, self.last_poll_started);
        put_time(out, 5, self.last_poll_ended);
        put_nanos(out, 6, self.busy_nanos);
    }
}

/// Figures of a task since its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskStats {
    /// When it was spawned.
    pub created_at: Option<u64>,
    /// When it ended.
    pub dropped_at: Option<u64>,
    /// How often it was woken.
    pub wakes: u64,
    /// How often its waker was cloned.
    pub waker_clones: u64,
    /// How often a waker was dropped.
    pub waker_drops: u64,
    /// When it was woken last.
    pub last_wake: Option<u64>,
    /// Its polls.
    pub polls: PollStats,
    /// How often it was woken from inside its own poll.
    pub self_wakes: u64,
    /// How long it was woken and waited for a worker.
    pub scheduled_nanos: u64,
}

impl Fielded for TaskStats {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.created_at = Some(nanos(field)?),
            2 => self.dropped_at = Some(nanos(field)?),
            3 => self.wakes = field.number(),
            4 => self.waker_clones = field.number(),
            5 => self.waker_drops = field.number(),
            6 => self.last_wake = Some(nanos(field)?),
            7 => self.polls = nested(field)?,
            8 => self.self_wakes = field.number(),
            9 => self.scheduled_nanos = nanos(field)?,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_time(out, 1, self.created_at);
        put_time(out, 2, self.dropped_at);
        out.number(3, self.wakes);
        out.number(4, self.waker_clones);
        out.number(5, self.waker_drops);
        put_time(out, 6, self.last_wake);
        put(out, 7, &self.polls);
        out.number(8, self.self_wakes);
        put_nanos(out, 9, self.scheduled_nanos);
    }
}

/// A histogram of durations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DurationHistogram {
    /// As HdrHistogram's V2 form has it; see [`hdr`](super::hdr).
    pub raw: Vec<u8>,
    /// What is longer was counted as this long, in nanoseconds.
    pub max_nanos: u64,
    /// How many were longer.
    pub high_outliers: u64,
    /// The longest of them.
    pub highest_outlier_nanos: Option<u64>,
}

impl Fielded for DurationHistogram {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.raw = field.bytes().to_vec(),
            2 => self.max_nanos = field.number(),
            3 => self.high_outliers = field.number(),
            4 => self.highest_outlier_nanos = Some(field.number()),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.bytes(1, &self.raw);
        out.number(2, self.max_nanos);
        out.number(3, self.high_outliers);
        if let Some(nanos) = self.highest_outlier_nanos {
            out.varint_field(4, nanos);
        }
    }
}

/// What kind of resource it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceKind {
    /// A timer.
    Timer,
    /// Another, as `Sync`.
    Other(String),
}

impl Default for ResourceKind {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl Fielded for ResourceKind {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => *self = Self::Timer,
            2 => *self = Self::Other(field.text().to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        match self {
            Self::Timer => out.varint_field(1, 0),
            Self::Other(name) => out.bytes(2, name.as_bytes()),
        }
    }
}

/// A resource, once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resource {
    /// The id of its span.
    pub id: u64,
    /// Its callsite.
    pub metadata: u64,
    /// As `Mutex`.
    pub concrete_type: String,
    /// What kind it is.
    pub kind: ResourceKind,
    /// Where it was made.
    pub location: Option<Location>,
    /// The resource that it is a part of.
    pub parent: Option<u64>,
    /// Whether it is no one's but its parent's.
    pub is_internal: bool,
}

impl Fielded for Resource {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.id = id(field)?,
            2 => self.metadata = id(field)?,
            3 => self.concrete_type = field.text().to_owned(),
            4 => self.kind = nested(field)?,
            5 => self.location = Some(nested(field)?),
            6 => self.parent = Some(id(field)?),
            7 => self.is_internal = field.number() != 0,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.id);
        put_id(out, 2, self.metadata);
        out.text(3, &self.concrete_type);
        put(out, 4, &self.kind);
        if let Some(location) = &self.location {
            put(out, 5, location);
        }
        if let Some(parent) = self.parent {
            put_id(out, 6, parent);
        }
        out.number(7, u64::from(self.is_internal));
    }
}

/// What a resource is like now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceStats {
    /// When it was made.
    pub created_at: Option<u64>,
    /// When it was dropped.
    pub dropped_at: Option<u64>,
    /// As `permits=1`.
    pub attributes: Vec<Attribute>,
}

impl Fielded for ResourceStats {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.created_at = Some(nanos(field)?),
            2 => self.dropped_at = Some(nanos(field)?),
            3 => self.attributes.push(nested(field)?),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_time(out, 1, self.created_at);
        put_time(out, 2, self.dropped_at);
        put_all(out, 3, &self.attributes);
    }
}

/// A poll of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollOp {
    /// The resource that was polled.
    pub resource: u64,
    /// As `poll_acquire`.
    pub name: String,
    /// Who polled.
    pub task: u64,
    /// The operation that was polled.
    pub async_op: u64,
    /// Whether it was ready.
    pub is_ready: bool,
}

impl Fielded for PollOp {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            3 => self.resource = id(field)?,
            4 => self.name = field.text().to_owned(),
            5 => self.task = id(field)?,
            6 => self.async_op = id(field)?,
            7 => self.is_ready = field.number() != 0,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 3, self.resource);
        out.text(4, &self.name);
        put_id(out, 5, self.task);
        put_id(out, 6, self.async_op);
        out.number(7, u64::from(self.is_ready));
    }
}

/// An async operation on a resource, once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AsyncOp {
    /// The id of its span.
    pub id: u64,
    /// Its callsite.
    pub metadata: u64,
    /// As `Mutex::lock`.
    pub source: String,
    /// The operation that it is a part of.
    pub parent: Option<u64>,
    /// The resource.
    pub resource: u64,
}

impl Fielded for AsyncOp {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.id = id(field)?,
            2 => self.metadata = id(field)?,
            3 => self.source = field.text().to_owned(),
            4 => self.parent = Some(id(field)?),
            5 => self.resource = id(field)?,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_id(out, 1, self.id);
        put_id(out, 2, self.metadata);
        out.text(3, &self.source);
        if let Some(parent) = self.parent {
            put_id(out, 4, parent);
        }
        put_id(out, 5, self.resource);
    }
}

/// What an async operation has come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AsyncOpStats {
    /// When it was made.
    pub created_at: Option<u64>,
    /// When it was dropped.
    pub dropped_at: Option<u64>,
    /// Who polled it last.
    pub task: Option<u64>,
    /// Its polls.
    pub polls: PollStats,
    /// As `permits_obtained=1`.
    pub attributes: Vec<Attribute>,
}

impl Fielded for AsyncOpStats {
    fn take(&mut self, number: u32, field: Wire<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.created_at = Some(nanos(field)?),
            2 => self.dropped_at = Some(nanos(field)?),
            4 => self.task = Some(id(field)?),
            5 => self.polls = nested(field)?,
            6 => self.attributes.push(nested(field)?),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        put_time(out, 1, self.created_at);
        put_time(out, 2, self.dropped_at);
        if let Some(task) = self.task {
            put_id(out, 4, task);
        }
        put(out, 5, &self.polls);
        put_all(out, 6, &self.attributes);
    }
}
