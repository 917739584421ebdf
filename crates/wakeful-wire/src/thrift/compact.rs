//! The compact protocol: variable-length numbers, field ids as differences, bools inside the field's head.

use super::cursor::Cursor;
use super::{Field, Kind, List, Map, Message, MessageKind, Place, Reader, ThriftError};

const PROTOCOL_ID: u8 = 0x82;
const VERSION: u8 = 1;

/// Reads the compact protocol.
#[derive(Debug)]
pub(crate) struct CompactReader<'a> {
    cursor: Cursor<'a>,
    /// The bool that the head of the field just begun has told.
    bool_in_head: bool,
}

impl<'a> CompactReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(bytes),
            bool_in_head: false,
        }
    }

    fn kind(&self, number: u8) -> Result<Kind, ThriftError> {
        Ok(match number {
            1 | 2 => Kind::Bool,
            3 => Kind::I8,
            4 => Kind::I16,
            5 => Kind::I32,
            6 => Kind::I64,
            7 => Kind::Double,
            8 => Kind::Bytes,
            9 => Kind::List,
            10 => Kind::Set,
            11 => Kind::Map,
            12 => Kind::Struct,
            13 => Kind::Uuid,
            _ => return Err(self.cursor.error("unknown type")),
        })
    }

    fn zigzag(&mut self) -> Result<i64, ThriftError> {
        let number = self.cursor.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

/// The fewest bytes that a value takes as an element.
fn size_min(kind: Kind) -> usize {
    match kind {
        Kind::Double => 8,
        Kind::Uuid => 16,
        _ => 1,
    }
}

impl<'a> Reader<'a> for CompactReader<'a> {
    fn offset(&self) -> usize {
        self.cursor.offset()
    }

    fn remaining(&self) -> usize {
        self.cursor.remaining()
    }

    fn message(&mut self) -> Result<Message<'a>, ThriftError> {
        match self.cursor.byte()? {
            PROTOCOL_ID => {}
            0x80 | 0 => {
                let what = "a binary message where a compact one belongs; send it to the binary port";
                return Err(ThriftError { what, offset: 0 });
            }
            _ => {
                return Err(ThriftError {
                    what: "not a message of the compact protocol",
                    offset: 0,
                });
            }
        }
        let byte = self.cursor.byte()?;
        if byte & 0x1f != VERSION {
            return Err(self.error("unknown version of the compact protocol"));
        }
        let kind = MessageKind::from_number(byte >> 5).ok_or_else(|| self.error("unknown message type"))?;
        self.cursor.varint()?; // the sequence number answers to nothing here
        Ok(Message {
            method: self.bytes()?,
            kind,
        })
    }

    fn field(&mut self, last_id: &mut i16) -> Result<Option<Field>, ThriftError> {
        let head = self.cursor.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let kind = self.kind(head & 0x0f)?;
        self.bool_in_head = head & 0x0f == 1;
        let id = match head >> 4 {
            0 => self.zigzag()? as i16,
            difference => last_id.wrapping_add(i16::from(difference)),
        };
        *last_id = id;
        Ok(Some(Field { id, kind }))
    }

    fn list(&mut self) -> Result<List, ThriftError> {
        let head = self.cursor.byte()?;
        let len = match head >> 4 {
            15 => self.cursor.varint()?,
            short => u64::from(short),
        };
        // Some writers leave the type of an empty list at zero.
        let kind = if len == 0 && head == 0 {
            Kind::Struct
        } else {
            self.kind(head & 0x0f)?
        };
        Ok(List {
            kind,
            len: self.cursor.container(len, size_min(kind))?,
        })
    }

    fn map(&mut self) -> Result<Map, ThriftError> {
        let len = self.cursor.varint()?;
        if len == 0 {
            return Ok(Map { kinds: None, len: 0 });
        }
        let kinds = self.cursor.byte()?;
        let (key, value) = (self.kind(kinds >> 4)?, self.kind(kinds & 0x0f)?);
        let len = self.cursor.container(len, size_min(key) + size_min(value))?;
        Ok(Map {
            kinds: Some((key, value)),
            len,
        })
    }

    fn bool_field(&mut self) -> Result<bool, ThriftError> {
        Ok(self.bool_in_head)
    }

    fn i32(&mut self) -> Result<i32, ThriftError> {
        Ok(self.zigzag()? as i32)
    }

    fn i64(&mut self) -> Result<i64, ThriftError> {
        self.zigzag()
    }

    fn double(&mut self) -> Result<f64, ThriftError> {
        // The specification once said big-endian; every implementation writes little-endian.
        Ok(f64::from_le_bytes(self.cursor.array()?))
    }

    fn bytes(&mut self) -> Result<&'a [u8], ThriftError> {
        let len = self.cursor.varint()?;
        self.cursor.string(len)
    }

    fn skip_scalar(&mut self, kind: Kind, place: Place) -> Result<(), ThriftError> {
        match (kind, place) {
            (Kind::Bool, Place::Field) => Ok(()),
            (Kind::Bool, Place::Element) | (Kind::I8, _) => self.cursor.byte().map(drop),
            (Kind::Bytes, _) => self.bytes().map(drop),
            (Kind::Double | Kind::Uuid, _) => {
                self.cursor.take(size_min(kind), "a value is cut off").map(drop)
            }
            _ => self.cursor.varint().map(drop),
        }
    }
}
