//! A tag: key, type and value.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use wakeful_model::{Attribute, Value, canonical_text};

use crate::json::Float;

/// The largest whole number that a JavaScript client reads exactly.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// An attribute as a tag.
pub(super) struct Tag<'a> {
    key: &'a str,
    value: TagValue<'a>,
}

/// A tag's value, in one of the five types that Jaeger has.
enum TagValue<'a> {
    Text(&'a str),
    Bool(bool),
    /// An attribute's value of any type.
    Any(&'a Value),
}

impl<'a> Tag<'a> {
    /// A tag that is made up from other fields of the span.
    pub(super) fn text(key: &'a str, text: &'a str) -> Self {
        Self {
            key,
            value: TagValue::Text(text),
        }
    }

    /// Likewise, true or false.
    pub(super) fn bool(key: &'a str, value: bool) -> Self {
        Self {
            key,
            value: TagValue::Bool(value),
        }
    }
}

impl<'a> From<&'a Attribute> for Tag<'a> {
    fn from(attribute: &'a Attribute) -> Self {
        Self {
            key: &attribute.key,
            value: TagValue::Any(&attribute.value),
        }
    }
}

impl Serialize for Tag<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tag = serializer.serialize_struct("Tag", 3)?;
        tag.serialize_field("key", self.key)?;
        match self.value {
            TagValue::Text(text) => typed(&mut tag, "string", text)?,
            TagValue::Bool(value) => typed(&mut tag, "bool", &value)?,
            TagValue::Any(value) => match value {
                Value::Bool(value) => typed(&mut tag, "bool", value)?,
                Value::Int(value) if value.unsigned_abs() > SAFE_INTEGER_MAX => {
                    typed(&mut tag, "int64", &value.to_string())?;
                }
                Value::Int(value) => typed(&mut tag, "int64", value)?,
                Value::Double(value) => typed(&mut tag, "float64", &Float(*value))?,
                Value::Bytes(_) => typed(&mut tag, "binary", &canonical_text(value))?,
                Value::Empty | Value::String(_) | Value::Array(_) | Value::Map(_) => {
                    typed(&mut tag, "string", &canonical_text(value))?;
                }
            },
        }
        tag.end()
    }
}

fn typed<S: SerializeStruct, T: Serialize + ?Sized>(
    tag: &mut S,
    kind: &'static str,
    value: &T,
) -> Result<(), S::Error> {
    tag.serialize_field("type", kind)?;
    tag.serialize_field("value", value)
}
