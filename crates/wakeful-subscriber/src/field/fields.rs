//! Fields with their names, as attributes.

use super::{FieldValue, RawField, RawFields, Special, Texts};
use crate::callsite::{Role, Schema};

/// The fields of a span or event as attributes, in the order of recording.
///
/// A later value of a name replaces an earlier one. An error is two attributes: its message under the field's name, its
/// sources as a list under `<name>.chain`. Fields with a meaning of their own (`otel.name` and the like, an event's
/// `message`) are not among them.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    raw: RawFields<'a>,
    schema: &'static Schema,
    /// Some name may come twice.
    repeated: bool,
    /// The sources of the error whose message was handed out last.
    chain: Option<(&'static str, Texts<'a>)>,
    /// The event has no message, so its text field `error` is its exception.
    error_is_exception: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8], schema: &'static Schema, repeated: bool) -> Self {
        Self {
            raw: RawFields(bytes),
            schema,
            repeated: repeated || schema.has_duplicates,
            chain: None,
            error_is_exception: false,
        }
    }

    pub(crate) fn without_exception(self, error_is_exception: bool) -> Self {
        Self {
            error_is_exception,
            ..self
        }
    }

    fn is_replaced(&self, canonical: u16) -> bool {
        let same = |index: u16| {
            let field = self.schema.fields.get(usize::from(index));
            field.is_some_and(|field| field.canonical == canonical)
        };
        self.repeated && self.raw.any_later(same)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, FieldValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some((name, sources)) = self.chain.take() {
            return Some((name, FieldValue::List(sources)));
        }
        loop {
            let (index, value) = self.raw.next()?;
            // Whatever is past the schema is one of `Special`.
            let Some(field) = self.schema.fields.get(usize::from(index)) else {
                continue;
            };
            match field.role {
                Role::Attribute => {}
                Role::Error if !self.error_is_exception || matches!(value, RawField::Error { .. }) => {}
                _ => continue,
            }
            if self.is_replaced(field.canonical) {
                continue;
            }
            return Some(match value {
                RawField::Plain(value) => (field.name, value),
                RawField::Error { message, sources } => {
                    self.chain = Some((&field.chain_name, sources));
                    (field.name, FieldValue::Formatted(message))
                }
            });
        }
    }
}

/// The last value among `bytes` of a special index.
pub(crate) fn last_special(bytes: &[u8], special: Special) -> Option<&[u8]> {
    RawFields(bytes)
        .filter_map(|(index, value)| match value {
            RawField::Plain(FieldValue::Bytes(bytes)) if index == special as u16 => Some(bytes),
            _ => None,
        })
        .last()
}
