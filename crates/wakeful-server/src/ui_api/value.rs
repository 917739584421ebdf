//! Attributes as the page's JSON, with their types.

use std::fmt::Write as _;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use wakeful_model::{Attribute, Value, canonical_text};

/// Longer values are cut; the whole is a question of its own.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// A list of attributes.
pub(super) struct Attributes<'a>(pub(super) &'a [Attribute]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Typed::of))
    }
}

/// An attribute, or an item of a list, which has no key.
#[derive(Serialize)]
pub(super) struct Typed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Content<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// Of the whole value's text, where it is cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
}

impl<'a> Typed<'a> {
    pub(super) fn of(attribute: &'a Attribute) -> Self {
        Self::new(Some(&attribute.key), &attribute.value, VALUE_BYTES_MAX)
    }

    fn new(key: Option<&'a str>, value: &'a Value, bytes_max: usize) -> Self {
        let bytes = text_bytes(value);
        // Numbers are whole wherever they stand, also where a list has hardly any room left.
        let cut = bytes > bytes_max && is_of_any_length(value);
        Self {
            key,
            kind: kind(value),
            value: Content { value, bytes_max },
            cut,
            bytes: cut.then_some(bytes),
        }
    }
}

/// The whole of a value as text, as the page would show it: text as it is, bytes in hex, lists and maps as JSON.
pub(super) fn whole(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => hex(bytes),
        value => canonical_text(value).into_owned(),
    }
}

/// At most so many bytes of a text, in whole characters.
fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// How long the text of a value is, about, without making it.
fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => 2 * bytes.len(),
        Value::Array(items) => items.iter().map(|item| text_bytes(item) + 1).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| entry.key.len() + text_bytes(&entry.value) + 4)
            .sum(),
        _ => 8,
    }
}

fn is_of_any_length(value: &Value) -> bool {
    matches!(
        value,
        Value::String(_) | Value::Bytes(_) | Value::Array(_) | Value::Map(_)
    )
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Empty => "empty",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Double(_) => "double",
        Value::Bytes(_) => "bytes",
        Value::Array(_) => "array",
        Value::Map(_) => "map",
    }
}

/// Numbers are texts: JSON's own are doubles to a browser, and neither every integer nor every double survives
/// that.
struct Content<'a> {
    value: &'a Value,
    bytes_max: usize,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Empty => serializer.serialize_unit(),
            Value::String(text) => serializer.serialize_str(beginning(text, self.bytes_max)),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.collect_str(value),
            Value::Double(value) => serializer.serialize_str(&double(*value)),
            Value::Bytes(bytes) => {
                serializer.serialize_str(&hex(&bytes[..bytes.len().min(self.bytes_max / 2)]))
            }
            Value::Array(items) => self.list(serializer, items.iter().map(|item| (None, item))),
            Value::Map(entries) => self.list(
                serializer,
                entries
                    .iter()
                    .map(|entry| (Some(entry.key.as_str()), &entry.value)),
            ),
        }
    }
}

impl<'a> Content<'a> {
    /// As many items as there is room for.
    fn list<S: Serializer>(
        &self,
        serializer: S,
        items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    ) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut left = self.bytes_max;
        for (key, value) in items {
            list.serialize_element(&Typed::new(key, value, left))?;
            left = left.saturating_sub(text_bytes(value) + key.map_or(1, str::len));
            if left == 0 {
                break;
            }
        }
        list.end()
    }
}

/// The shortest text that reads back as the same double.
fn double(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        // Written out, the largest double has 309 digits.
        _ if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) => format!("{value:e}"),
        _ => value.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, expected: &str) {
        let json = serde_json::to_string(&Attributes(&[Attribute::new("k", value)])).unwrap();
        assert_eq!(json, format!(r#"[{{"key":"k",{expected}}}]"#));
    }

    #[test]
    fn every_type_is_told_apart() {
        check("a", r#""type":"string","value":"a""#);
        check(true, r#""type":"bool","value":true"#);
        check(i64::MIN, r#""type":"int","value":"-9223372036854775808""#);
        check(f64::NAN, r#""type":"double","value":"NaN""#);
        check(f64::NEG_INFINITY, r#""type":"double","value":"-Infinity""#);
        check(129.95, r#""type":"double","value":"129.95""#);
        check(f64::MAX, r#""type":"double","value":"1.7976931348623157e308""#);
        check(Value::Bytes(vec![0xde, 0xad]), r#""type":"bytes","value":"dead""#);
        check(Value::Empty, r#""type":"empty","value":null"#);
        check(
            vec![1_i64.into(), "b".into()],
            r#""type":"array","value":[{"type":"int","value":"1"},{"type":"string","value":"b"}]"#,
        );
        check(
            Value::Map(vec![Attribute::new("x", false)]),
            r#""type":"map","value":[{"key":"x","type":"bool","value":false}]"#,
        );
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let cut =
            |value: Value, bytes_max| serde_json::to_string(&Typed::new(None, &value, bytes_max)).unwrap();
        assert_eq!(
            cut("aé".into(), 2),
            r#"{"type":"string","value":"a","cut":true,"bytes":3}"#
        );
        assert_eq!(
            cut(Value::Bytes(vec![1, 2, 3]), 4),
            r#"{"type":"bytes","value":"0102","cut":true,"bytes":6}"#
        );
        assert_eq!(
            cut(vec!["abc".into(), "def".into()].into(), 4),
            r#"{"type":"array","value":[{"type":"string","value":"abc"}],"cut":true,"bytes":8}"#
        );
        assert_eq!(
            cut(vec!["abc".into(), 7_i64.into()].into(), 6),
            r#"{"type":"array","value":[{"type":"string","value":"abc"},{"type":"int","value":"7"}],"cut":true,"bytes":13}"#
        );
        assert_eq!(whole(&Value::Bytes(vec![1, 2, 3])), "010203");
    }
}
