//! `Tag`: an attribute as Jaeger has it.

use std::borrow::Cow;
use std::fmt::Write as _;

use wakeful_model::{base64_text, float_text, write_json_string};

use super::compact::{CompactWriter, LastField};
use crate::otlp::fields;
use crate::protobuf::{Field, Fields};

/// Lists within lists deeper than this are left out.
const NESTING_MAX: u32 = 32;

/// A value of one of Jaeger's five types.
#[derive(Debug, Clone)]
pub(super) enum TagValue<'a> {
    Text(Cow<'a, str>),
    Double(f64),
    Bool(bool),
    Long(i64),
    Binary(&'a [u8]),
}

/// A tag by its key.
pub(super) type Tag<'a> = (&'a str, TagValue<'a>);

/// What may stand in the tags of one span.
#[derive(Debug)]
pub(super) struct Cut {
    /// A longer text is cut to as many bytes, a longer binary left out.
    pub(super) value_bytes_max: usize,
    /// Bytes that were cut off so far.
    pub(super) bytes: usize,
}

impl Cut {
    pub(super) fn text<'t>(&mut self, text: &'t str) -> &'t str {
        if text.len() <= self.value_bytes_max {
            return text;
        }
        // `str::floor_char_boundary` is younger than the oldest compiler that we serve.
        let mut ends = (0..=self.value_bytes_max).rev();
        let end = ends.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.bytes += text.len() - end;
        &text[..end]
    }
}

/// Reads a `KeyValue`; `None` if it has no value.
pub(super) fn read_tag(pair: &[u8]) -> Option<Tag<'_>> {
    let (mut key, mut value) = ("", None);
    for (number, field) in Fields::new(pair, 0) {
        match number {
            fields::PAIR_KEY => key = field.text(),
            fields::PAIR_VALUE => value = read_value(field.bytes()),
            _ => {}
        }
    }
    Some((key, value?))
}

fn read_value(value: &[u8]) -> Option<TagValue<'_>> {
    let (number, field) = Fields::new(value, 0).last()?;
    Some(match number {
        fields::VALUE_STRING => TagValue::Text(field.text().into()),
        fields::VALUE_BOOL => TagValue::Bool(field.number() != 0),
        fields::VALUE_INT => TagValue::Long(field.number() as i64),
        fields::VALUE_DOUBLE => TagValue::Double(f64::from_bits(field.number())),
        fields::VALUE_BYTES => TagValue::Binary(field.bytes()),
        fields::VALUE_ARRAY | fields::VALUE_MAP => {
            let mut text = String::new();
            write_json(&mut text, number, field, NESTING_MAX);
            TagValue::Text(text.into())
        }
        _ => return None,
    })
}

/// Jaeger has no lists: they are JSON texts, as the OpenTelemetry Collector writes them.
fn write_json(out: &mut String, number: u32, field: Field<'_>, depth_left: u32) {
    // Writing to a `String` cannot fail.
    let _ = match number {
        fields::VALUE_STRING => {
            write_json_string(out, field.text());
            Ok(())
        }
        fields::VALUE_BOOL => write!(out, "{}", field.number() != 0),
        fields::VALUE_INT => write!(out, "{}", field.number() as i64),
        fields::VALUE_DOUBLE => match f64::from_bits(field.number()) {
            value if value.is_finite() => write!(out, "{}", float_text(value)),
            _ => write!(out, "null"),
        },
        fields::VALUE_BYTES => write!(out, "\"{}\"", base64_text(field.bytes())),
        fields::VALUE_ARRAY | fields::VALUE_MAP if depth_left > 0 => {
            let is_map = number == fields::VALUE_MAP;
            out.push(if is_map { '{' } else { '[' });
            for (at, (_, item)) in Fields::new(field.bytes(), 0).enumerate() {
                if at > 0 {
                    out.push(',');
                }
                let mut value = item.bytes();
                if is_map {
                    let mut key = "";
                    for (number, field) in Fields::new(item.bytes(), 0) {
                        match number {
                            fields::PAIR_KEY => key = field.text(),
                            _ => value = field.bytes(),
                        }
                    }
                    write_json_string(out, key);
                    out.push(':');
                }
                match Fields::new(value, 0).last() {
                    Some((number, field)) => write_json(out, number, field, depth_left - 1),
                    None => out.push_str("null"),
                }
            }
            out.push(if is_map { '}' } else { ']' });
            Ok(())
        }
        _ => write!(out, "null"),
    };
}

/// `struct Tag { 1: key, 2: vType, 3: vStr, 4: vDouble, 5: vBool, 6: vLong, 7: vBinary }`
pub(super) fn write_tag(out: &mut CompactWriter, (key, value): &Tag<'_>, cut: &mut Cut) {
    let last = &mut LastField::default();
    out.bytes(last, 1, cut.text(key).as_bytes());
    match value {
        TagValue::Text(text) => {
            out.i32(last, 2, 0);
            out.bytes(last, 3, cut.text(text).as_bytes());
        }
        TagValue::Double(number) => {
            out.i32(last, 2, 1);
            out.double(last, 4, *number);
        }
        TagValue::Bool(value) => {
            out.i32(last, 2, 2);
            out.bool(last, 5, *value);
        }
        TagValue::Long(number) => {
            out.i32(last, 2, 3);
            out.i64(last, 6, *number);
        }
        TagValue::Binary(bytes) => {
            out.i32(last, 2, 4);
            // A part of what only a program can read is of no use.
            let fits = bytes.len() <= cut.value_bytes_max;
            cut.bytes += if fits { 0 } else { bytes.len() };
            out.bytes(last, 7, if fits { bytes } else { &[] });
        }
    }
    out.end_struct();
}

/// `list<Tag>`
pub(super) fn write_tags(out: &mut CompactWriter, tags: &[Tag<'_>], cut: &mut Cut) {
    out.structs(tags.len());
    for tag in tags {
        write_tag(out, tag, cut);
    }
}
