//! What is known of a span or an event: named values.

use std::borrow::Cow;
use std::time::Duration;

/// A value of [`Metadata`].
#[derive(Debug, Clone, PartialEq)]
pub enum MetaValue {
    /// Text.
    String(Cow<'static, str>),
    /// A number with a fraction.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
}

impl MetaValue {
    /// The text, if it is one.
    pub fn string(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&'static str> for MetaValue {
    fn from(text: &'static str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for MetaValue {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl From<Cow<'static, str>> for MetaValue {
    fn from(text: Cow<'static, str>) -> Self {
        Self::String(text)
    }
}

impl From<f64> for MetaValue {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<i64> for MetaValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for MetaValue {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for MetaValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Duration> for MetaValue {
    /// Whole milliseconds as text: `1500ms`.
    fn from(duration: Duration) -> Self {
        Self::String(format!("{}ms", duration.as_millis()).into())
    }
}

/// Values by name, in the order in which they were first set. Spans have a handful: a list is smaller and quicker than a map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata(Vec<(Cow<'static, str>, MetaValue)>);

impl Metadata {
    /// Sets `key`, and gives back what it was.
    pub fn insert(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<MetaValue>,
    ) -> Option<MetaValue> {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&MetaValue> {
        let (_, value) = self.0.iter().find(|(known, _)| known == key)?;
        Some(value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that they take up in memory.
    pub fn size(&self) -> usize {
        let texts = |(key, value): (&str, &MetaValue)| key.len() + value.string().map_or(0, str::len);
        self.0.capacity() * size_of::<(Cow<'static, str>, MetaValue)>()
            + self.iter().map(texts).sum::<usize>()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MetaValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_value_takes_the_place_of_the_first() {
        let mut metadata = Metadata::default();
        assert_eq!(metadata.insert("rows", 1), None);
        assert_eq!(metadata.insert("took", Duration::from_micros(1_500_900)), None);
        assert_eq!(metadata.insert("rows", 2_i64), Some(MetaValue::Int(1)));
        let all: Vec<_> = metadata.iter().collect();
        assert_eq!(
            all,
            [("rows", &MetaValue::Int(2)), ("took", &MetaValue::from("1500ms"))]
        );
        assert_eq!(metadata.get("took").and_then(MetaValue::string), Some("1500ms"));
        assert_eq!(MetaValue::Bool(true).string(), None);
    }
}
