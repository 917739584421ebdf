//! `AnyValue` and `KeyValue`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{MapAccess, SeqAccess};
use wakeful_model::{Attribute, Value};

use super::object::{Elements, Fields, List, Object, ignore};
use super::scalar::Scalar;

/// How many levels of lists and maps a value may have. A level takes up to four of the JSON parser's 128.
const NESTING_MAX: usize = 24;

/// Stands for a value that is nested deeper.
const TOO_DEEP: &str = "<nested deeper than 24 levels>";

const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDED_OR_NOT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDED_OR_NOT);

/// Attributes of whatever has some.
pub(super) fn attributes<'de, A: MapAccess<'de>>(
    map: &mut A,
    attributes: &mut Vec<Attribute>,
) -> Result<(), A::Error> {
    map.next_value_seed(List(&mut Pairs {
        pairs: attributes,
        levels_left: NESTING_MAX,
    }))
}

/// An `AnyValue` as it is read.
#[derive(Debug)]
struct AnyValue {
    value: Value,
    levels_left: usize,
}

impl<'de> Fields<'de> for AnyValue {
    const WHAT: &'static str = "an attribute's value";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        self.value = match name {
            "stringValue" | "string_value" => natural(map.next_value()?),
            "boolValue" | "bool_value" => bool(map.next_value()?),
            "intValue" | "int_value" => int(map.next_value()?),
            "doubleValue" | "double_value" => double(map.next_value()?),
            "bytesValue" | "bytes_value" => bytes(map.next_value()?),
            "arrayValue" | "array_value" | "kvlistValue" | "kvlist_value" => {
                match self.levels_left.checked_sub(1) {
                    None => {
                        ignore(map)?;
                        TOO_DEEP.into()
                    }
                    Some(levels_left) if name.starts_with('a') => {
                        let mut items = Vec::new();
                        map.next_value_seed(Object(&mut Values(Items {
                            items: &mut items,
                            levels_left,
                        })))?;
                        Value::Array(items)
                    }
                    Some(levels_left) => {
                        let mut pairs = Vec::new();
                        map.next_value_seed(Object(&mut Values(Pairs {
                            pairs: &mut pairs,
                            levels_left,
                        })))?;
                        Value::Map(pairs)
                    }
                }
            }
            _ => return ignore(map),
        };
        Ok(())
    }
}

/// `ArrayValue` or `KeyValueList`: an object with one list, `values`.
struct Values<T>(T);

impl<'de, T> Fields<'de> for Values<T>
where
    for<'a> &'a mut T: Elements<'de>,
{
    const WHAT: &'static str = "a list of values";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "values" => map.next_value_seed(List(&mut self.0)),
            _ => ignore(map),
        }
    }
}

/// The values of an `ArrayValue`.
struct Items<'a> {
    items: &'a mut Vec<Value>,
    levels_left: usize,
}

impl<'de> Elements<'de> for &mut Items<'_> {
    const WHAT: &'static str = "values";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut item = AnyValue {
            value: Value::Empty,
            levels_left: self.levels_left,
        };
        let read = list.next_element_seed(Object(&mut item))?;
        self.items.extend(read.map(|()| item.value));
        Ok(read.is_some())
    }
}

/// Attributes, or the entries of a `KeyValueList`.
struct Pairs<'a> {
    pairs: &'a mut Vec<Attribute>,
    levels_left: usize,
}

impl<'de> Elements<'de> for &mut Pairs<'_> {
    const WHAT: &'static str = "attributes";

    fn next<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<bool, A::Error> {
        let mut pair = Pair {
            key: String::new(),
            value: AnyValue {
                value: Value::Empty,
                levels_left: self.levels_left,
            },
        };
        let read = list.next_element_seed(Object(&mut pair))?;
        self.pairs.extend(read.map(|()| Attribute {
            key: pair.key,
            value: pair.value.value,
        }));
        Ok(read.is_some())
    }
}

/// A `KeyValue` as it is read.
struct Pair {
    key: String,
    value: AnyValue,
}

impl<'de> Fields<'de> for Pair {
    const WHAT: &'static str = "an attribute";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "key" => self.key = map.next_value::<Scalar<'_>>()?.into_text(),
            "value" => map.next_value_seed(Object(&mut self.value))?,
            _ => ignore(map)?,
        }
        Ok(())
    }
}

/// The value with the type that it has in JSON: for what does not fit the field in which it stands.
fn natural(scalar: Scalar<'_>) -> Value {
    match scalar {
        Scalar::Nothing => Value::Empty,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => i64::try_from(value).map_or(Value::Double(value as f64), Value::Int),
        Scalar::Double(value) => Value::Double(value),
        Scalar::Text(text) => Value::String(text.into_owned()),
    }
}

fn bool(scalar: Scalar<'_>) -> Value {
    match scalar {
        Scalar::Text(text) if text == "true" => Value::Bool(true),
        Scalar::Text(text) if text == "false" => Value::Bool(false),
        other => natural(other),
    }
}

/// A number, mostly as a string. Node writes every number without a fraction here, up to 1.8e308.
fn int(scalar: Scalar<'_>) -> Value {
    let scalar = match scalar {
        Scalar::Text(text) => match text.parse::<i64>() {
            Ok(value) => return Value::Int(value),
            Err(_) => text.parse().map_or(Scalar::Text(text), Scalar::Double),
        },
        other => other,
    };
    match scalar {
        // A whole number that is not one of 64 bits has lost its last digits here: it stays a double.
        Scalar::Double(value) if value.fract() == 0.0 && value.abs() < 2_f64.powi(63) => {
            Value::Int(value as i64)
        }
        other => natural(other),
    }
}

/// A number, or one of the names that protobuf's JSON has for the others: `NaN`, `Infinity`, `-Infinity`.
fn double(scalar: Scalar<'_>) -> Value {
    match scalar {
        Scalar::Int(value) => Value::Double(value as f64),
        Scalar::Text(text) => match text.parse() {
            Ok(value) => Value::Double(value),
            Err(_) => natural(Scalar::Text(text)),
        },
        other => natural(other),
    }
}

/// Base64 of either alphabet, padded or not; what is none is kept as text.
fn bytes(scalar: Scalar<'_>) -> Value {
    let decode = |text: &Cow<'_, str>| {
        STANDARD
            .decode(text.as_bytes())
            .or_else(|_| URL_SAFE.decode(text.as_bytes()))
            .ok()
            .map(Value::Bytes)
    };
    match &scalar {
        Scalar::Text(text) => decode(text).unwrap_or_else(|| natural(scalar)),
        _ => natural(scalar),
    }
}
