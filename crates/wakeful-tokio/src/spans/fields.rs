//! The fields of Tokio's spans and events, by name.

use std::fmt;

use tracing_core::field::{Field, Visit};
use wakeful_model::runtime::{StateValue, TaskKind};

/// What a span says of itself when it is made.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    pub(super) task_kind: TaskKind,
    pub(super) task_name: String,
    pub(super) task_id: u64,
    /// Bytes of the future before Tokio put it into a box; `None` if it did not.
    pub(super) original_bytes: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) concrete_type: String,
    /// Of a resource: `Sync`, `timer`.
    pub(super) kind: String,
    pub(super) is_internal: bool,
    /// Shows the attributes of what is within it as its own.
    pub(super) inherits: bool,
    /// Of an operation: what was called.
    pub(super) source: String,
}

impl Visit for SpanFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "kind" => {
                self.task_kind = TaskKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == value)
                    .unwrap_or_default();
                &mut self.kind
            }
            "task.name" => &mut self.task_name,
            "loc.file" => &mut self.file,
            "concrete_type" => &mut self.concrete_type,
            "source" => &mut self.source,
            _ => return,
        };
        value.clone_into(place);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let small = u32::try_from(value).unwrap_or(u32::MAX);
        match field.name() {
            "task.id" => self.task_id = value,
            "original_size.bytes" => self.original_bytes = Some(value),
            "size.bytes" => self.bytes = Some(value),
            "loc.line" => self.line = small,
            "loc.col" => self.column = small,
            _ => {}
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "is_internal" => self.is_internal = value,
            "inherits_child_attrs" => self.inherits = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "kind" | "task.name") {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

/// What was done to a task's waker.
#[derive(Debug, Default)]
pub(super) struct WakerFields {
    pub(super) op: WakerOp,
    /// Of the task's span, though the field is called `task.id`.
    pub(super) span: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WakerOp {
    #[default]
    Unknown,
    Clone,
    /// Which drops it, without a word.
    Wake,
    WakeByRef,
    Drop,
}

impl Visit for WakerFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "op" {
            self.op = match value {
                "waker.clone" => WakerOp::Clone,
                "waker.wake" => WakerOp::Wake,
                "waker.wake_by_ref" => WakerOp::WakeByRef,
                "waker.drop" => WakerOp::Drop,
                _ => WakerOp::Unknown,
            };
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "task.id" {
            self.span = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "op" {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

/// Whether an operation was polled in vain.
#[derive(Debug, Default)]
pub(super) struct PollFields {
    pub(super) is_ready: Option<bool>,
}

impl Visit for PollFields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "is_ready" {
            self.is_ready = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// A change of one attribute of a resource or an operation. How it changes stands in a field whose name ends in `.op`, whatever comes
/// before that.
#[derive(Debug, Default)]
pub(super) struct Update {
    pub(super) key: &'static str,
    pub(super) value: StateValue,
    pub(super) unit: String,
    pub(super) change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Change {
    #[default]
    Override,
    Add,
    Sub,
}

impl Update {
    fn set(&mut self, field: &Field, value: StateValue) {
        self.key = field.name();
        self.value = value;
    }
}

impl Visit for Update {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name().ends_with(".op") {
            self.change = match value {
                "add" => Change::Add,
                "sub" => Change::Sub,
                _ => Change::Override,
            };
        } else if field.name().ends_with(".unit") {
            value.clone_into(&mut self.unit);
        } else {
            self.set(field, StateValue::Text(value.to_owned()));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, StateValue::Int(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, StateValue::Int(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, StateValue::Bool(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
