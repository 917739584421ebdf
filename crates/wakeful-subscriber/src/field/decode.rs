//! Reading fields back, without copying them.

use std::fmt;

use super::tag;

/// A value, borrowed from where it was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValue<'a> {
    /// A signed number.
    I64(i64),
    /// An unsigned number; OTLP has none above `i64::MAX`.
    U64(u64),
    /// A signed number of 128 bits.
    I128(i128),
    /// An unsigned number of 128 bits.
    U128(u128),
    /// A floating-point number.
    F64(f64),
    /// True or false.
    Bool(bool),
    /// A text that was recorded as one.
    Str(&'a str),
    /// What `Debug` or `Display` wrote.
    Formatted(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
    /// Several texts: the sources of an error, the nearest first.
    List(Texts<'a>),
}

/// Texts in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Texts<'a>(&'a [u8]);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        take_text(&mut self.0)
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// A field as it was recorded: an error still with its sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RawField<'a> {
    /// Any value but an error.
    Plain(FieldValue<'a>),
    /// An error.
    Error { message: &'a str, sources: Texts<'a> },
}

impl<'a> RawField<'a> {
    /// The text, if the field is one or was formatted to one.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match *self {
            Self::Plain(FieldValue::Str(text) | FieldValue::Formatted(text)) => Some(text),
            Self::Error { message, .. } => Some(message),
            Self::Plain(_) => None,
        }
    }
}

/// Index and value of each recorded field, in the order of recording; ends at the first byte that is not of that form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawFields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for RawFields<'a> {
    type Item = (u16, RawField<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = &mut self.0;
        let index = u16::from_ne_bytes(take(rest)?);
        let [tag] = take(rest)?;
        let value = match tag {
            tag::I64 => FieldValue::I64(i64::from_ne_bytes(take(rest)?)),
            tag::U64 => FieldValue::U64(u64::from_ne_bytes(take(rest)?)),
            tag::I128 => FieldValue::I128(i128::from_ne_bytes(take(rest)?)),
            tag::U128 => FieldValue::U128(u128::from_ne_bytes(take(rest)?)),
            tag::F64 => FieldValue::F64(f64::from_ne_bytes(take(rest)?)),
            tag::FALSE => FieldValue::Bool(false),
            tag::TRUE => FieldValue::Bool(true),
            tag::STR => FieldValue::Str(take_text(rest)?),
            tag::FORMATTED => FieldValue::Formatted(take_text(rest)?),
            tag::BYTES => FieldValue::Bytes(take_bytes(rest)?),
            tag::ERROR => {
                let mut texts = take_bytes(rest)?;
                let message = take_text(&mut texts).unwrap_or_default();
                let sources = Texts(texts);
                return Some((index, RawField::Error { message, sources }));
            }
            _ => return None,
        };
        Some((index, RawField::Plain(value)))
    }
}

impl RawFields<'_> {
    /// Whether a field with such an index is still to come.
    pub(crate) fn any_later(self, mut is_such: impl FnMut(u16) -> bool) -> bool {
        self.into_iter().any(|(index, _)| is_such(index))
    }
}

#[inline]
fn take<const BYTES: usize>(rest: &mut &[u8]) -> Option<[u8; BYTES]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[inline]
fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_ne_bytes(take(rest)?) as usize;
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

#[inline]
fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(rest)?).ok()
}
