//! `Log`: what happened at one instant.

use wakeful_model::{Event, Value, Warnings};

use super::required;
use super::span::unix_nanos;
use super::tags::{position, read_tags, take};
use crate::thrift::{Kind, Reader, ThriftError};

/// The bytes of a log with one short field.
pub(super) const LOG_SIZE_USUAL: usize = 32;

/// `struct Log { 1: required i64 timestamp, 2: required list<Tag> fields }`; the field `event` names the event.
pub(super) fn read_log<'a>(
    reader: &mut impl Reader<'a>,
    warnings: &mut Warnings,
) -> Result<Option<Event>, ThriftError> {
    let (mut timestamp, mut fields) = (None, None);
    let mut last_id = 0;
    while let Some(field) = reader.field(&mut last_id)? {
        match (field.id, field.kind) {
            (1, Kind::I64) => timestamp = Some(reader.i64()?),
            (2, Kind::List) => fields = Some(read_tags(reader, "event attribute", warnings)?),
            _ => reader.skip_field(field.kind)?,
        }
    }
    let timestamp = required(reader, timestamp, "a log without its timestamp")?;
    let mut attributes = required(reader, fields, "a log without its fields")?;
    let named =
        position(&attributes, "event").is_some_and(|event| attributes[event].value.as_str().is_some());
    let name = match named.then(|| take(&mut attributes, "event")).flatten() {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    Ok(Some(Event {
        time_unix_nanos: unix_nanos(timestamp),
        name,
        attributes,
        dropped_attributes_count: 0,
    }))
}
