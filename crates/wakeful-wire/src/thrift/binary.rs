//! The binary protocol: fixed-size big-endian numbers.

use super::cursor::Cursor;
use super::{Field, Kind, List, Map, Message, MessageKind, Place, Reader, ThriftError};

/// The upper half of a strict message's first word (`VERSION_1`).
const STRICT_VERSION: u32 = 0x8001;

/// Reads the binary protocol.
#[derive(Debug)]
pub(crate) struct BinaryReader<'a> {
    cursor: Cursor<'a>,
}

impl<'a> BinaryReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(bytes),
        }
    }

    fn kind(&self, number: u8) -> Result<Kind, ThriftError> {
        Ok(match number {
            2 => Kind::Bool,
            3 => Kind::I8,
            4 => Kind::Double,
            6 => Kind::I16,
            8 => Kind::I32,
            10 => Kind::I64,
            11 => Kind::Bytes,
            12 => Kind::Struct,
            13 => Kind::Map,
            14 => Kind::Set,
            15 => Kind::List,
            16 => Kind::Uuid,
            _ => return Err(self.cursor.error("unknown type")),
        })
    }

    fn size(&mut self) -> Result<u64, ThriftError> {
        let start = self.cursor.clone();
        u64::try_from(self.i32()?).map_err(|_| start.error("negative size"))
    }

    fn message_kind(&self, number: u8) -> Result<MessageKind, ThriftError> {
        MessageKind::from_number(number).ok_or_else(|| self.cursor.error("unknown message type"))
    }
}

/// The fewest bytes that a value takes.
fn size_min(kind: Kind) -> usize {
    match kind {
        Kind::Bool | Kind::I8 | Kind::Struct => 1,
        Kind::I16 => 2,
        Kind::I32 | Kind::Bytes => 4,
        Kind::List | Kind::Set => 5,
        Kind::Map => 6,
        Kind::I64 | Kind::Double => 8,
        Kind::Uuid => 16,
    }
}

impl<'a> Reader<'a> for BinaryReader<'a> {
    fn offset(&self) -> usize {
        self.cursor.offset()
    }

    fn remaining(&self) -> usize {
        self.cursor.remaining()
    }

    fn message(&mut self) -> Result<Message<'a>, ThriftError> {
        if self.cursor.peek() == Some(0x82) {
            return Err(
                self.error("a compact message where a binary one belongs; send it to the compact port")
            );
        }
        let word = u32::from_be_bytes(self.cursor.array()?);
        let message = if word >> 31 == 0 {
            // Not strict: the word is the length of the method's name.
            let method = self.cursor.string(u64::from(word))?;
            let kind = self.cursor.byte()?;
            Message {
                method,
                kind: self.message_kind(kind)?,
            }
        } else if word >> 16 == STRICT_VERSION {
            let kind = self.message_kind(word as u8)?;
            Message {
                method: self.bytes()?,
                kind,
            }
        } else {
            return Err(self.error("unknown version of the binary protocol"));
        };
        self.i32()?; // the sequence number answers to nothing here
        Ok(message)
    }

    fn field(&mut self, _last_id: &mut i16) -> Result<Option<Field>, ThriftError> {
        match self.cursor.byte()? {
            0 => Ok(None),
            kind => {
                let kind = self.kind(kind)?;
                Ok(Some(Field {
                    id: i16::from_be_bytes(self.cursor.array()?),
                    kind,
                }))
            }
        }
    }

    fn list(&mut self) -> Result<List, ThriftError> {
        let number = self.cursor.byte()?;
        let len = self.size()?;
        // Some writers leave the type of an empty list at zero.
        let kind = if len == 0 && number == 0 {
            Kind::Struct
        } else {
            self.kind(number)?
        };
        Ok(List {
            kind,
            len: self.cursor.container(len, size_min(kind))?,
        })
    }

    fn map(&mut self) -> Result<Map, ThriftError> {
        let [key, value] = self.cursor.array()?;
        let len = self.size()?;
        if len == 0 {
            return Ok(Map { kinds: None, len: 0 });
        }
        let (key, value) = (self.kind(key)?, self.kind(value)?);
        let len = self.cursor.container(len, size_min(key) + size_min(value))?;
        Ok(Map {
            kinds: Some((key, value)),
            len,
        })
    }

    fn bool_field(&mut self) -> Result<bool, ThriftError> {
        Ok(self.cursor.byte()? != 0)
    }

    fn i32(&mut self) -> Result<i32, ThriftError> {
        Ok(i32::from_be_bytes(self.cursor.array()?))
    }

    fn i64(&mut self) -> Result<i64, ThriftError> {
        Ok(i64::from_be_bytes(self.cursor.array()?))
    }

    fn double(&mut self) -> Result<f64, ThriftError> {
        Ok(f64::from_be_bytes(self.cursor.array()?))
    }

    fn bytes(&mut self) -> Result<&'a [u8], ThriftError> {
        let len = self.size()?;
        self.cursor.string(len)
    }

    fn skip_scalar(&mut self, kind: Kind, _place: Place) -> Result<(), ThriftError> {
        match kind {
            Kind::Bytes => self.bytes().map(drop),
            // Fixed sizes: the least is the only one.
            fixed => self.cursor.take(size_min(fixed), "a value is cut off").map(drop),
        }
    }
}
