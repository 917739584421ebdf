//! Writing protobuf messages, and knowing where in them a value stands.

/// A message under construction.
#[derive(Debug, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    /// An unsigned integer.
    pub(crate) fn varint(&mut self, field: u32, value: u64) {
        put_varint(&mut self.0, u64::from(field << 3));
        put_varint(&mut self.0, value);
    }

    /// Eight bytes, little-endian; the answer is where they stand.
    pub(crate) fn fixed64(&mut self, field: u32, value: u64) -> usize {
        put_varint(&mut self.0, u64::from(field << 3 | 1));
        self.0.extend_from_slice(&value.to_le_bytes());
        self.0.len() - 8
    }

    /// Four bytes, little-endian.
    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        put_varint(&mut self.0, u64::from(field << 3 | 5));
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes, text or a finished message; the answer is where its content begins.
    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) -> usize {
        put_varint(&mut self.0, u64::from(field << 3 | 2));
        put_varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
        self.0.len() - value.len()
    }

    /// An OTLP `KeyValue`; the answer is where the value's own bytes begin.
    pub(crate) fn attribute(&mut self, field: u32, key: &str, value: &Value<'_>) -> usize {
        let mut any = Self::default();
        let at = match *value {
            Value::Text(text) => any.bytes(1, text.as_bytes()),
            Value::Bool(truth) => {
                any.varint(2, truth.into());
                1
            }
            Value::Int(number) => {
                any.varint(3, number);
                1
            }
            Value::Bytes(bytes) => any.bytes(7, bytes),
        };
        let mut pair = Self::default();
        pair.bytes(1, key.as_bytes());
        let any_at = pair.bytes(2, &any.0);
        self.bytes(field, &pair.0) + any_at + at
    }
}

/// An attribute's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Bool(bool),
    Int(u64),
    Bytes(&'a [u8]),
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes 21 bits as a varint of exactly three bytes, so that one can stand for another in place.
pub(crate) fn put_varint3(place: &mut [u8], value: u32) {
    place[0] = value as u8 | 0x80;
    place[1] = (value >> 7) as u8 | 0x80;
    place[2] = (value >> 14) as u8 & 0x7f;
}
