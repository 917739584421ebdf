//! `Tag`: a name and a value of one of five types.

use std::str;

use wakeful_model::{Attribute, Value, Warnings};

use super::{read_structs, required};
use crate::thrift::{Kind, Reader, ThriftError};

/// The bytes of a tag with a short key and value.
const TAG_SIZE_USUAL: usize = 16;

/// Up to how many attributes it is cheaper to compare each key with each other than to sort them.
const COMPARED_IN_PAIRS_MAX: usize = 32;

/// Reads `list<Tag>`. As in Jaeger, the last value of a key counts, at the place of the first.
///
/// `what` names such an attribute in `warnings`.
pub(super) fn read_tags<'a>(
    reader: &mut impl Reader<'a>,
    what: &str,
    warnings: &mut Warnings,
) -> Result<Vec<Attribute>, ThriftError> {
    let mut invalid_keys = 0;
    let mut attributes = read_structs(reader, TAG_SIZE_USUAL, |reader| {
        let tag = Tag::read(reader)?;
        Ok(Some(tag.into_attribute(what, &mut invalid_keys, warnings)))
    })?;
    keep_last_of_each_key(&mut attributes);
    Ok(attributes)
}

/// `struct Tag { 1: required string key, 2: required TagType vType, 3: vStr, 4: vDouble, 5: vBool, 6: vLong,
/// 7: vBinary }`
struct Tag<'a> {
    key: &'a [u8],
    value: TagValue<'a>,
}

enum TagValue<'a> {
    Text(&'a [u8]),
    Double(f64),
    Bool(bool),
    Long(i64),
    Binary(&'a [u8]),
    Unknown(i32),
}

impl<'a> Tag<'a> {
    fn read(reader: &mut impl Reader<'a>) -> Result<Self, ThriftError> {
        let (mut key, mut number) = (None, None);
        let (mut text, mut binary) = (&[][..], &[][..]);
        let (mut double, mut bool, mut long) = (0.0, false, 0);
        let mut last_id = 0;
        while let Some(field) = reader.field(&mut last_id)? {
            match (field.id, field.kind) {
                (1, Kind::Bytes) => key = Some(reader.bytes()?),
                (2, Kind::I32) => number = Some(reader.i32()?),
                (3, Kind::Bytes) => text = reader.bytes()?,
                (4, Kind::Double) => double = reader.double()?,
                (5, Kind::Bool) => bool = reader.bool_field()?,
                (6, Kind::I64) => long = reader.i64()?,
                (7, Kind::Bytes) => binary = reader.bytes()?,
                _ => reader.skip_field(field.kind)?,
            }
        }
        let key = required(reader, key, "a tag without its key")?;
        let value = match required(reader, number, "a tag without its vType")? {
            0 => TagValue::Text(text),
            1 => TagValue::Double(double),
            2 => TagValue::Bool(bool),
            3 => TagValue::Long(long),
            4 => TagValue::Binary(binary),
            unknown => TagValue::Unknown(unknown),
        };
        Ok(Self { key, value })
    }

    /// Text that is not UTF-8 is kept as bytes, as in a request that came by OTLP.
    fn into_attribute(self, what: &str, invalid_keys: &mut u32, warnings: &mut Warnings) -> Attribute {
        let Ok(key) = str::from_utf8(self.key) else {
            *invalid_keys += 1;
            let name = format!("invalid-tag-key-{invalid_keys}");
            warnings.push(format!(
                "the key of an {what} was not UTF-8; it is kept as {name}"
            ));
            let mut bytes = [self.key, b":"].concat();
            match self.value.into_model() {
                Value::Bytes(value) => bytes.extend_from_slice(&value),
                value => bytes.extend_from_slice(wakeful_model::canonical_text(&value).as_bytes()),
            }
            return Attribute::new(name, Value::Bytes(bytes));
        };
        let was_text = matches!(self.value, TagValue::Text(_));
        let value = self.value.into_model();
        if was_text && matches!(value, Value::Bytes(_)) {
            warnings.push(format!(
                "the value of {what} {key:?} was not UTF-8; it is kept as bytes"
            ));
        }
        Attribute::new(key, value)
    }
}

impl TagValue<'_> {
    fn into_model(self) -> Value {
        match self {
            Self::Text(bytes) => match str::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(_) => Value::Bytes(bytes.to_vec()),
            },
            Self::Double(value) => Value::Double(value),
            Self::Bool(value) => Value::Bool(value),
            Self::Long(value) => Value::Int(value),
            Self::Binary(bytes) => Value::Bytes(bytes.to_vec()),
            Self::Unknown(number) => format!("<unknown Jaeger tag type {number}>").into(),
        }
    }
}

/// Where the attribute of that key is.
pub(super) fn position(attributes: &[Attribute], key: &str) -> Option<usize> {
    attributes.iter().position(|attribute| attribute.key == key)
}

/// Takes an attribute out. The last one takes its place: so Jaeger's answers have it with `raw=true`.
pub(in super::super) fn take(attributes: &mut Vec<Attribute>, key: &str) -> Option<Value> {
    Some(attributes.swap_remove(position(attributes, key)?).value)
}

/// Leaves one attribute for each key: at the place of its first value, with its last.
pub(super) fn keep_last_of_each_key(attributes: &mut Vec<Attribute>) {
    if attributes.len() <= COMPARED_IN_PAIRS_MAX && !has_repeats(attributes) {
        return;
    }
    let mut by_key: Vec<usize> = (0..attributes.len()).collect();
    by_key.sort_by(|&a, &b| attributes[a].key.cmp(&attributes[b].key)); // stable: first value first
    let mut repeated = vec![false; attributes.len()];
    for start in 0..by_key.len() {
        let first = by_key[start];
        if repeated[first] {
            continue;
        }
        for &later in by_key[start + 1..]
            .iter()
            .take_while(|&&i| attributes[i].key == attributes[first].key)
        {
            repeated[later] = true;
        }
    }
    for pair in by_key.windows(2).rev() {
        // From the last value back to the first, each hands over what it has.
        if repeated[pair[1]] {
            attributes[pair[0]].value = std::mem::take(&mut attributes[pair[1]].value);
        }
    }
    let mut repeated = repeated.into_iter();
    attributes.retain(|_| repeated.next() == Some(false));
}

fn has_repeats(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .enumerate()
        .any(|(index, attribute)| position(&attributes[..index], &attribute.key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &str, expected: &[(&str, i64)]) {
        let number = |index: usize| Value::Int(index as i64);
        let mut attributes: Vec<_> = keys
            .split(' ')
            .enumerate()
            .map(|(index, key)| Attribute::new(key, number(index)))
            .collect();
        keep_last_of_each_key(&mut attributes);
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| Attribute::new(*key, *value))
            .collect();
        assert_eq!(attributes, expected, "{keys}");
    }

    #[test]
    fn the_last_value_of_a_key_stands_at_the_place_of_the_first() {
        check("a b c", &[("a", 0), ("b", 1), ("c", 2)]);
        check("b a b c b a", &[("b", 4), ("a", 5), ("c", 3)]);
        check("a a a a", &[("a", 3)]);
        check("x y ".repeat(50).trim_end(), &[("x", 98), ("y", 99)]);
    }
}
