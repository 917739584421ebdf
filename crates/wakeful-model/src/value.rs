//! Attribute values, and the one text form that search compares them by.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A named value, in the order in which the client gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// May be empty: some clients send that, and nothing is dropped for it.
    pub key: String,
    /// The value, with the type it was sent with.
    pub value: Value,
}

impl Attribute {
    /// An attribute of the given name and value.
    pub fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// OpenTelemetry's `AnyValue`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Set, but to nothing.
    #[default]
    Empty,
    /// Text.
    String(String),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number; NaN and the infinities are values too.
    Double(f64),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A list, possibly of mixed types.
    Array(Vec<Value>),
    /// A map, in the order in which the client gave it.
    Map(Vec<Attribute>),
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

/// The text by which a search compares a value: text as it is, numbers in their shortest exact decimal form
/// (`2` for 2.0), `true` or `false`, bytes as base64 is *not* done here (lower-case hex), lists and maps as JSON.
///
/// Jaeger matches tags by such a text, so `http.status_code=200` finds the integer 200, the double 200.0 and
/// the string "200".
pub fn canonical_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        other => {
            let mut text = String::new();
            write_json(&mut text, other, true);
            Cow::Owned(text)
        }
    }
}

/// Writes `value` as JSON; at the `top`, text of bytes stands without quotes and nothing is an empty text.
fn write_json(out: &mut String, value: &Value, top: bool) {
    match value {
        Value::Empty if top => {}
        Value::Empty => out.push_str("null"),
        Value::String(text) => write_json_string(out, text),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => drop(write!(out, "{value}")),
        Value::Double(value) => drop(write!(out, "{value}")),
        Value::Bytes(bytes) => {
            let quote = if top { "" } else { "\"" };
            out.push_str(quote);
            bytes.iter().for_each(|byte| drop(write!(out, "{byte:02x}")));
            out.push_str(quote);
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, item, false);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_string(out, &entry.key);
                out.push(':');
                write_json(out, &entry.value, false);
            }
            out.push('}');
        }
    }
}

fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_share_one_text() {
        for value in [Value::from("200"), Value::Int(200), Value::Double(200.0)] {
            assert_eq!(canonical_text(&value), "200");
        }
        assert_eq!(canonical_text(&Value::Double(129.95)), "129.95");
        assert_eq!(canonical_text(&Value::Int(i64::MIN)), "-9223372036854775808");
        assert_eq!(canonical_text(&Value::Bool(true)), "true");
    }

    #[test]
    fn lists_and_maps_are_json() {
        let value = Value::Map(vec![
            Attribute::new("a", Value::Array(vec![1_i64.into(), "two\n".into(), Value::Empty])),
            Attribute::new("b", Value::Bytes(vec![0xde, 0xad])),
        ]);
        assert_eq!(canonical_text(&value), r#"{"a":[1,"two\n",null],"b":"dead"}"#);
    }
}
