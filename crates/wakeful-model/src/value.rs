//! Attribute values, and the one text form that search compares them by.

use std::borrow::Cow;
use std::collections::BTreeMap;

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
        Self {
            key: key.into(),
            value: value.into(),
        }
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

/// The text by which a search compares a value, and by which Jaeger shows lists and maps: text as it is, numbers
/// in their shortest exact decimal form (`2` for 2.0), `true` or `false`, bytes as padded base64, lists as JSON,
/// maps as JSON with sorted keys.
///
/// Jaeger matches tags by such a text (`Value.AsString` of the collector's `pcommon` package), so
/// `http.status_code=200` finds the integer 200, the double 200.0 and the string "200". Only numbers that JSON
/// has no form for differ: they read as in [`float_text`], where Jaeger has the text of an error.
pub fn canonical_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Empty => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Int(value) => Cow::Owned(value.to_string()),
        Value::Double(value) => Cow::Owned(float_text(*value)),
        Value::Bytes(bytes) => Cow::Owned(base64_text(bytes)),
        Value::Array(_) | Value::Map(_) => {
            let mut text = String::new();
            write_json(&mut text, value);
            Cow::Owned(text)
        }
    }
}

/// The shortest decimal form that reads back as the same number: with an exponent below 1e-6 and from 1e21 on,
/// as JavaScript and Go's JSON have it; otherwise `NaN`, `Infinity` or `-Infinity`.
pub fn float_text(value: f64) -> String {
    let magnitude = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        if text.contains("e-") {
            text
        } else {
            text.replace('e', "e+")
        }
    } else {
        value.to_string()
    }
}

fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Empty => out.push_str("null"),
        Value::String(text) => write_json_string(out, text),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Double(value) if value.is_finite() => out.push_str(&float_text(*value)),
        Value::Double(value) => write_json_string(out, &float_text(*value)),
        Value::Bytes(bytes) => write_json_string(out, &base64_text(bytes)),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            // Of entries with one key the last one counts.
            let sorted: BTreeMap<&str, &Value> = entries
                .iter()
                .map(|entry| (entry.key.as_str(), &entry.value))
                .collect();
            out.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_string(out, key);
                out.push(':');
                write_json(out, value);
            }
            out.push('}');
        }
    }
}

/// Appends a text as a JSON string: escapes what JSON must, and what Go escapes so that the text may stand in HTML.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Standard base64 with padding (RFC 4648 §4); by hand, because the model has no dependencies.
pub fn base64_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte))
            << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = bits >> (18 - 6 * digit) & 0x3f;
            out.push(if digit <= group.len() {
                DIGITS[index as usize] as char
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, text: &str) {
        assert_eq!(canonical_text(&value.into()), text);
    }

    #[test]
    fn numbers_of_every_type_share_one_text() {
        check("200", "200");
        check(200_i64, "200");
        check(200.0, "200");
        check(129.95, "129.95");
        check(i64::MIN, "-9223372036854775808");
        check(true, "true");
        check(Value::Empty, "");
    }

    #[test]
    fn doubles_read_as_go_writes_them() {
        check(f64::MAX, "1.7976931348623157e+308");
        check(5e-324, "5e-324");
        check(1e21, "1e+21");
        check(1e20, "100000000000000000000");
        check(0.000_001, "0.000001");
        check(-0.000_000_15, "-1.5e-7");
        check(-0.0, "-0");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn bytes_are_base64() {
        check(Value::Bytes(Vec::new()), "");
        check(Value::Bytes(vec![0]), "AA==");
        check(Value::Bytes(vec![0, 1]), "AAE=");
        check(Value::Bytes(vec![0, 1, 255]), "AAH/");
        check(Value::Bytes(vec![0, 1, 254, 255]), "AAH+/w==");
    }

    #[test]
    fn lists_and_maps_are_json() {
        check(
            Value::Map(vec![
                Attribute::new("b", Value::Bytes(vec![0xde, 0xad])),
                Attribute::new(
                    "a",
                    Value::Array(vec![
                        1_i64.into(),
                        "two\n<\u{1}".into(),
                        Value::Empty,
                        f64::NAN.into(),
                    ]),
                ),
                Attribute::new("b", 2.0),
            ]),
            r#"{"a":[1,"two\n\u003c\u0001",null,"NaN"],"b":2}"#,
        );
    }
}
