//! Types whose form in a message is not their form in the model.

#[cfg(feature = "decode")]
use wakeful_model::runtime::TaskId;
use wakeful_model::runtime::{Bucket, StateValue, WakeSource};
use wakeful_model::{Resource, SpanId, TraceId};

#[cfg(feature = "decode")]
use super::field::Room;
use super::field::Value;
use crate::otlp;
use crate::protobuf::Writer;
#[cfg(feature = "decode")]
use crate::protobuf::{DecodeError, Field, Fields};

/// OTLP's own message. A recorder has no schema URL.
impl Value for Resource {
    fn write_present(&self, number: u32, out: &mut Writer) {
        out.message(number, |out| otlp::write_resource(out, self));
    }

    fn write(&self, number: u32, out: &mut Writer) {
        if !self.attributes.is_empty() || self.dropped_attributes_count > 0 {
            self.write_present(number, out);
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        if let Field::Bytes(bytes, at) = field {
            *self = otlp::read_resource(bytes, at)?;
            room.take(bytes.len() + size_of_val(self.attributes.as_slice()))?;
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "opentelemetry.proto.resource.v1.Resource".to_owned()
    }
}

/// A trace id and a span id, one behind the other.
impl Value for Option<(TraceId, SpanId)> {
    fn write_present(&self, number: u32, out: &mut Writer) {
        self.write(number, out);
    }

    fn write(&self, number: u32, out: &mut Writer) {
        if let Some((trace_id, span_id)) = self {
            out.header(number, 24);
            out.append(|out| {
                out.extend_from_slice(&trace_id.to_bytes());
                out.extend_from_slice(&span_id.to_bytes());
            });
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, _: &mut Room<'_>) -> Result<(), DecodeError> {
        let (trace_id, span_id) = field.bytes().split_at_checked(16).unwrap_or_default();
        *self = TraceId::from_bytes(trace_id).zip(SpanId::from_bytes(span_id));
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "bytes".to_owned()
    }
}

/// Each bucket as two numbers: how far its index is from the one before, and its count.
impl Value for Vec<Bucket> {
    fn write_present(&self, number: u32, out: &mut Writer) {
        let mut before = 0;
        out.message(number, |out| {
            for bucket in self {
                out.varint(u64::from(bucket.index.wrapping_sub(before)));
                out.varint(bucket.count);
                before = bucket.index;
            }
        });
    }

    fn write(&self, number: u32, out: &mut Writer) {
        if !self.is_empty() {
            self.write_present(number, out);
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        let Field::Bytes(bytes, at) = field else {
            return Ok(());
        };
        let mut numbers = Fields::new(bytes, at);
        let mut index = 0_u32;
        while let Some(step) = numbers.next_packed()? {
            let Some(count) = numbers.next_packed()? else {
                return Err(numbers.error("a bucket without a count"));
            };
            room.take(size_of::<Bucket>())?;
            index = index.saturating_add(u32::try_from(step).unwrap_or(u32::MAX));
            self.push(Bucket { index, count });
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "repeated uint64".to_owned()
    }
}

const BY_TASK: u32 = 1;
const BY_OUTSIDE: u32 = 2;
const DRIVER: u64 = 1;
const THREAD: u64 = 2;

impl Value for WakeSource {
    fn write_present(&self, number: u32, out: &mut Writer) {
        out.message(number, |out| match self {
            Self::Unknown => {}
            Self::Task(id) => out.varint_field(BY_TASK, id.0),
            Self::Driver => out.varint_field(BY_OUTSIDE, DRIVER),
            Self::Thread => out.varint_field(BY_OUTSIDE, THREAD),
        });
    }

    fn write(&self, number: u32, out: &mut Writer) {
        if *self != Self::Unknown {
            self.write_present(number, out);
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, _: &mut Room<'_>) -> Result<(), DecodeError> {
        let mut fields = Fields::new(field.bytes(), 0);
        while let Some((number, field)) = fields.next()? {
            *self = match (number, field) {
                (BY_TASK, Field::Varint(id)) => Self::Task(TaskId(id)),
                (BY_OUTSIDE, Field::Varint(DRIVER)) => Self::Driver,
                (BY_OUTSIDE, Field::Varint(THREAD)) => Self::Thread,
                _ => Self::Unknown,
            };
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "WakeSource".to_owned()
    }
}

const TEXT: u32 = 1;
const BOOL: u32 = 2;
const INT: u32 = 3;

impl Value for StateValue {
    fn write_present(&self, number: u32, out: &mut Writer) {
        out.message(number, |out| match self {
            Self::Text(text) => out.bytes(TEXT, text.as_bytes()),
            Self::Bool(value) => out.varint_field(BOOL, u64::from(*value)),
            Self::Int(value) => out.varint_field(INT, *value as u64),
        });
    }

    fn write(&self, number: u32, out: &mut Writer) {
        self.write_present(number, out);
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        let mut fields = Fields::new(field.bytes(), 0);
        while let Some((number, field)) = fields.next()? {
            match (number, field) {
                (TEXT, field @ Field::Bytes(..)) => {
                    let mut text = String::new();
                    text.read(field, room)?;
                    *self = Self::Text(text);
                }
                (BOOL, Field::Varint(value)) => *self = Self::Bool(value != 0),
                (INT, Field::Varint(value)) => *self = Self::Int(value as i64),
                _ => {}
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "StateValue".to_owned()
    }
}
