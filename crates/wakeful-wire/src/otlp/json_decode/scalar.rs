//! A JSON value without parts, which a client may have written as another type than the field has.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What stood in the place of a string, a number or a bool.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'de> {
    /// `null`, or a list or object where neither belongs.
    Nothing,
    Bool(bool),
    /// A number without a fraction, as far as 64 bits go, signed or not.
    Int(i128),
    Double(f64),
    Text(Cow<'de, str>),
}

impl Scalar<'_> {
    /// As text; empty if there is nothing.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Text(text) => text.into_owned(),
        }
    }

    /// As a count or time: 64-bit numbers come as strings. What is out of range is set to the nearest that is
    /// not, and what is no number to 0.
    pub(super) fn to_u64(&self) -> u64 {
        match self {
            Self::Nothing | Self::Bool(_) => 0,
            Self::Int(value) => (*value).clamp(0, u64::MAX.into()) as u64,
            Self::Double(value) => *value as u64,
            Self::Text(text) => {
                let text = text.trim();
                text.parse()
                    .unwrap_or_else(|_| text.parse::<f64>().map_or(0, |value| value as u64))
            }
        }
    }

    /// Like [`Scalar::to_u64`], for 32 bits.
    pub(super) fn to_u32(&self) -> u32 {
        self.to_u64().min(u32::MAX.into()) as u32
    }

    /// As the number of an enum's value, which may also come by its name: `PREFIX` and one of `names`, of which
    /// the first has the number 0.
    pub(super) fn to_enum_number(&self, prefix: &str, names: &[&str]) -> u64 {
        let Self::Text(text) = self else {
            return self.to_u64();
        };
        let named = text
            .strip_prefix(prefix)
            .and_then(|name| names.iter().position(|known| *known == name));
        named.map_or_else(|| self.to_u64(), |number| number as u64)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Nothing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Double(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }
}
