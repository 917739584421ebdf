//! The columns of a segment (docs/storage.md).

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

pub(crate) const TRACE_ID: &str = "trace_id";
pub(crate) const SPAN_ID: &str = "span_id";
pub(crate) const PARENT_SPAN_ID: &str = "parent_span_id";
pub(crate) const START: &str = "start_time";
pub(crate) const DURATION: &str = "duration_nanos";
pub(crate) const SERVICE: &str = "service_name";
pub(crate) const NAME: &str = "name";
pub(crate) const KIND: &str = "kind";
pub(crate) const STATUS_CODE: &str = "status_code";
pub(crate) const STATUS_MESSAGE: &str = "status_message";
pub(crate) const TRACE_STATE: &str = "trace_state";
pub(crate) const FLAGS: &str = "flags";
pub(crate) const RESOURCE: &str = "resource";
pub(crate) const SCOPE: &str = "scope";
pub(crate) const DROPPED_ATTRIBUTES: &str = "dropped_attributes_count";
pub(crate) const DROPPED_EVENTS: &str = "dropped_events_count";
pub(crate) const DROPPED_LINKS: &str = "dropped_links_count";
pub(crate) const EVENTS: &str = "events";
pub(crate) const LINKS: &str = "links";
pub(crate) const ATTRIBUTE_KEYS: &str = "attribute_keys";
pub(crate) const STRINGS: &str = "attributes_string";
pub(crate) const INTS: &str = "attributes_int";
pub(crate) const DOUBLES: &str = "attributes_double";
pub(crate) const BOOLS: &str = "attributes_bool";
pub(crate) const OTHERS: &str = "attributes_other";

/// The columns of what rows share with others ([`shared`]).
pub(crate) const SHARED: [&str; 3] = [SERVICE, RESOURCE, SCOPE];

/// Columns of attributes that are dense in a segment are named after their key, behind this.
pub(crate) const PROMOTED_PREFIX: &str = "attr.";

/// The type of an attribute's own column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ColumnType {
    String,
    Int,
    Double,
    Bool,
}

/// An attribute that has a column of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Promoted {
    pub(crate) key: String,
    pub(crate) column_type: ColumnType,
    /// Most values are new ones; known while a segment is written, to choose how.
    pub(crate) varied: bool,
}

impl Promoted {
    pub(crate) fn column(&self) -> String {
        format!("{PROMOTED_PREFIX}{}", self.key)
    }

    /// The promoted attribute that a column of a segment holds.
    pub(crate) fn of_field(field: &Field) -> Option<Self> {
        let key = field.name().strip_prefix(PROMOTED_PREFIX)?.to_owned();
        let column_type = match field.data_type() {
            DataType::Utf8 => ColumnType::String,
            DataType::Int64 => ColumnType::Int,
            DataType::Float64 => ColumnType::Double,
            DataType::Boolean => ColumnType::Bool,
            _ => return None,
        };
        Some(Self {
            key,
            column_type,
            varied: false,
        })
    }
}

/// The schema of a segment with the given attributes promoted.
pub(crate) fn schema(promoted: &[Promoted]) -> SchemaRef {
    let required = |name: &str, data_type| Field::new(name, data_type, false);
    let optional = |name: &str, data_type| Field::new(name, data_type, true);
    let mut fields = vec![
        required(TRACE_ID, DataType::FixedSizeBinary(16)),
        required(SPAN_ID, DataType::FixedSizeBinary(8)),
        optional(PARENT_SPAN_ID, DataType::FixedSizeBinary(8)),
        required(
            START,
            DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        ),
        required(DURATION, DataType::UInt64),
        required(SERVICE, shared(DataType::Utf8)),
        required(NAME, DataType::Utf8),
        required(KIND, DataType::UInt8),
        required(STATUS_CODE, DataType::UInt8),
        optional(STATUS_MESSAGE, DataType::Utf8),
        optional(TRACE_STATE, DataType::Utf8),
        required(FLAGS, DataType::UInt32),
        required(RESOURCE, shared(DataType::Binary)),
        required(SCOPE, shared(DataType::Binary)),
        required(DROPPED_ATTRIBUTES, DataType::UInt32),
        required(DROPPED_EVENTS, DataType::UInt32),
        required(DROPPED_LINKS, DataType::UInt32),
        optional(EVENTS, DataType::Binary),
        optional(LINKS, DataType::Binary),
        optional(ATTRIBUTE_KEYS, DataType::Utf8),
    ];
    fields.extend(promoted.iter().map(|promoted| {
        let data_type = match promoted.column_type {
            ColumnType::String => DataType::Utf8,
            ColumnType::Int => DataType::Int64,
            ColumnType::Double => DataType::Float64,
            ColumnType::Bool => DataType::Boolean,
        };
        optional(&promoted.column(), data_type)
    }));
    fields.extend([
        map(STRINGS, DataType::Utf8),
        map(INTS, DataType::Int64),
        map(DOUBLES, DataType::Float64),
        map(BOOLS, DataType::Boolean),
        map(OTHERS, DataType::Binary),
    ]);
    Arc::new(Schema::new(fields))
}

/// What many rows share may be large, so in memory each value stands once. Files say nothing of it.
pub(crate) fn shared(value: DataType) -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(value))
}

/// A map from text to values of one type; `None` stands for the empty map, which is the usual one.
fn map(name: &str, value: DataType) -> Field {
    Field::new(name, DataType::Map(map_entries(value), false), true)
}

pub(crate) fn map_entries(value: DataType) -> Arc<Field> {
    let entries = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", value, false),
    ]);
    Arc::new(Field::new("entries", DataType::Struct(entries), false))
}
