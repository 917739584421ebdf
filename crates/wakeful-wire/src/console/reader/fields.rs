//! The fields of Tokio's spans, by name.

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{Bucket, DurationHistogram, StateAttribute, StateValue, TaskId, TaskKind};

use crate::console::entities::{self, Attribute, Field, FieldName, FieldValue, Metadata};
use crate::console::{HOLDER_ATTRIBUTE, OWN_ID_FIELD, hdr};

/// What the fields of a task's span say.
#[derive(Debug, Default)]
pub(super) struct TaskFields {
    pub(super) task_id: Option<TaskId>,
    pub(super) name: String,
    pub(super) kind: TaskKind,
    pub(super) type_name: String,
    pub(super) bytes: Option<u64>,
    pub(super) original_bytes: Option<u64>,
}

impl TaskFields {
    pub(super) fn read(fields: &[Field], metadata: Option<&Metadata>) -> Self {
        let mut read = Self::default();
        for field in fields {
            let (Some(name), Some(value)) = (name(field, metadata), &field.value) else {
                continue;
            };
            match name {
                "task.id" | OWN_ID_FIELD => read.task_id = read.task_id.or(task_id(value)),
                "task.name" => read.name = text(value),
                "fn" => read.type_name = text(value),
                "size.bytes" => read.bytes = number(value),
                "original_size.bytes" => read.original_bytes = number(value),
                "kind" => {
                    let kind = text(value);
                    let known = TaskKind::ALL.into_iter().find(|known| known.name() == kind);
                    read.kind = known.unwrap_or_default();
                }
                _ => {}
            }
        }
        read
    }
}

/// A field's name, which may stand in its callsite's metadata.
fn name<'a>(field: &'a Field, metadata: Option<&'a Metadata>) -> Option<&'a str> {
    match field.name.as_ref()? {
        FieldName::Text(name) => Some(name),
        FieldName::Index(index) => {
            let names = &metadata
                .filter(|metadata| metadata.id == field.metadata)?
                .field_names;
            names.get(usize::try_from(*index).ok()?).map(String::as_str)
        }
    }
}

/// Numbers come as text too: `task.id` is written by `Display`.
fn number(value: &FieldValue) -> Option<u64> {
    match value {
        FieldValue::U64(number) => Some(*number),
        FieldValue::I64(number) => u64::try_from(*number).ok(),
        FieldValue::Debug(text) | FieldValue::Text(text) => text.parse().ok(),
        FieldValue::Bool(_) => None,
    }
}

fn text(value: &FieldValue) -> String {
    match value {
        FieldValue::Debug(text) | FieldValue::Text(text) => text.clone(),
        FieldValue::U64(number) => number.to_string(),
        FieldValue::I64(number) => number.to_string(),
        FieldValue::Bool(yes) => yes.to_string(),
    }
}

/// A task's id, as a number or as it is shown.
fn task_id(value: &FieldValue) -> Option<TaskId> {
    text(value).parse().ok()
}

/// The span of the task that holds a resource, if the attribute is the one that says so.
pub(super) fn holder(attribute: &Attribute, all: &FxHashMap<u64, Metadata>) -> Option<u64> {
    let name = name(&attribute.field, all.get(&attribute.field.metadata))?;
    // Our servers give spans the ids of their tasks.
    (name == HOLDER_ATTRIBUTE).then(|| task_id(attribute.field.value.as_ref()?).map(|id| id.0))?
}

/// The state that attributes describe.
pub(super) fn state_attributes<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    all: &FxHashMap<u64, Metadata>,
) -> Vec<StateAttribute> {
    let state = |attribute: &Attribute| {
        let key = name(&attribute.field, all.get(&attribute.field.metadata))?;
        let value = match attribute.field.value.as_ref()? {
            FieldValue::Debug(text) | FieldValue::Text(text) => StateValue::Text(text.clone()),
            FieldValue::Bool(yes) => StateValue::Bool(*yes),
            FieldValue::I64(number) => StateValue::Int(*number),
            FieldValue::U64(number) => StateValue::Int(i64::try_from(*number).unwrap_or(i64::MAX)),
        };
        Some(StateAttribute {
            key: key.to_owned(),
            value,
            unit: attribute.unit.clone(),
        })
    };
    attributes.filter_map(state).collect()
}

/// The same durations in our buckets. What cannot be read has none.
pub(super) fn histogram(found: &entities::DurationHistogram) -> DurationHistogram {
    let counted = hdr::decode(&found.raw).unwrap_or_default();
    let mut histogram = DurationHistogram::default();
    for (nanos, count) in counted {
        let index = Bucket::of(nanos);
        histogram.max_nanos = nanos.max(histogram.max_nanos);
        // Values rise, so equal buckets are neighbours.
        match histogram.buckets.last_mut() {
            Some(last) if last.index == index => last.count = last.count.saturating_add(count),
            _ => histogram.buckets.push(Bucket { index, count }),
        }
    }
    if let Some(highest) = found.highest_outlier_nanos {
        histogram.max_nanos = highest.max(histogram.max_nanos);
    }
    histogram
}
