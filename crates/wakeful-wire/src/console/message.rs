//! Messages that read and write themselves.

use crate::protobuf::{DecodeError, Field, Fields, Writer};

/// A message of the protocol.
pub trait Message: Sized {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// The bytes are not protobuf's wire form.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Writes a message.
    fn encode(&self) -> Vec<u8>;
}

impl<M: Fielded> Message for M {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_at(bytes, 0)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.put(&mut out);
        out.into_bytes()
    }
}

/// A message, field by field.
pub(super) trait Fielded: Default {
    /// Takes one field; an unknown one is ignored.
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError>;

    /// Writes all fields.
    fn put(&self, out: &mut Writer);
}

fn decode_at<M: Fielded>(bytes: &[u8], base: usize) -> Result<M, DecodeError> {
    let mut fields = Fields::new(bytes, base);
    let mut message = M::default();
    while let Some((number, field)) = fields.next()? {
        message.take(number, field)?;
    }
    Ok(message)
}

/// Reads a nested message; a field of another type is an empty one.
pub(super) fn nested<M: Fielded>(field: Field<'_>) -> Result<M, DecodeError> {
    match field {
        Field::Bytes(bytes, base) => decode_at(bytes, base),
        _ => Ok(M::default()),
    }
}

/// Writes a nested message.
pub(super) fn put<M: Fielded>(out: &mut Writer, number: u32, message: &M) {
    out.message(number, |out| message.put(out));
}

/// Writes a list of them.
pub(super) fn put_all<M: Fielded>(out: &mut Writer, number: u32, messages: &[M]) {
    for message in messages {
        put(out, number, message);
    }
}

/// `Timestamp` and `Duration` have the same form; negative ones come to 0.
#[derive(Debug, Default)]
struct Nanos(u64);

impl Fielded for Nanos {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        let value = u64::try_from(field.number() as i64).unwrap_or(0);
        match number {
            1 => self.0 = self.0.saturating_add(value.saturating_mul(1_000_000_000)),
            2 => self.0 = self.0.saturating_add(value),
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.number(1, self.0 / 1_000_000_000);
        out.number(2, self.0 % 1_000_000_000);
    }
}

/// Reads a time or a duration, in nanoseconds.
pub(super) fn nanos(field: Field<'_>) -> Result<u64, DecodeError> {
    Ok(nested::<Nanos>(field)?.0)
}

/// Writes a time or a duration.
pub(super) fn put_nanos(out: &mut Writer, number: u32, nanos: u64) {
    put(out, number, &Nanos(nanos));
}

/// Writes a time that may be unknown.
pub(super) fn put_time(out: &mut Writer, number: u32, unix_nanos: Option<u64>) {
    if let Some(nanos) = unix_nanos {
        put_nanos(out, number, nanos);
    }
}

/// Ids are messages of one number.
#[derive(Debug, Default)]
struct Id(u64);

impl Fielded for Id {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        if number == 1 {
            self.0 = field.number();
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.number(1, self.0);
    }
}

/// Reads an id.
pub(super) fn id(field: Field<'_>) -> Result<u64, DecodeError> {
    Ok(nested::<Id>(field)?.0)
}

/// Writes an id.
pub(super) fn put_id(out: &mut Writer, number: u32, id: u64) {
    put(out, number, &Id(id));
}

/// One entry of a map from ids to messages.
#[derive(Debug, Default)]
pub(super) struct Entry<M> {
    pub(super) key: u64,
    pub(super) value: M,
}

impl<M: Fielded> Fielded for Entry<M> {
    fn take(&mut self, number: u32, field: Field<'_>) -> Result<(), DecodeError> {
        match number {
            1 => self.key = field.number(),
            2 => self.value = nested(field)?,
            _ => {}
        }
        Ok(())
    }

    fn put(&self, out: &mut Writer) {
        out.number(1, self.key);
        put(out, 2, &self.value);
    }
}

/// Reads an entry of a map.
pub(super) fn entry<M: Fielded>(field: Field<'_>) -> Result<(u64, M), DecodeError> {
    let Entry { key, value } = nested(field)?;
    Ok((key, value))
}

/// Writes a map.
pub(super) fn put_map<M: Fielded>(out: &mut Writer, number: u32, map: &[(u64, M)]) {
    for (key, value) in map {
        out.message(number, |out| {
            out.number(1, *key);
            put(out, 2, value);
        });
    }
}
