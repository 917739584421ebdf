//! Attributes as the page's JSON, with their types.

use std::fmt::Write as _;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use wakeful_model::{Attribute, Value, WARNINGS_KEY};

/// A list of attributes.
pub(super) struct Attributes<'a>(pub(super) &'a [Attribute]);

/// Those of a span; what carries its warnings is left out, because they have a place of their own.
pub(super) struct SpanAttributes<'a>(pub(super) &'a [Attribute]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Typed::of))
    }
}

impl Serialize for SpanAttributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0
                .iter()
                .filter(|attribute| attribute.key != WARNINGS_KEY)
                .map(Typed::of),
        )
    }
}

#[derive(Serialize)]
struct Typed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Content<'a>,
}

impl<'a> Typed<'a> {
    fn of(attribute: &'a Attribute) -> Self {
        Self {
            key: Some(&attribute.key),
            kind: kind(&attribute.value),
            value: Content(&attribute.value),
        }
    }
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
struct Content<'a>(&'a Value);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Empty => serializer.serialize_unit(),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.collect_str(value),
            Value::Double(value) => serializer.serialize_str(&double(*value)),
            Value::Bytes(bytes) => serializer.serialize_str(&hex(bytes)),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Typed {
                        key: None,
                        kind: kind(item),
                        value: Content(item),
                    })?;
                }
                list.end()
            }
            Value::Map(entries) => Attributes(entries).serialize(serializer),
        }
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
}
