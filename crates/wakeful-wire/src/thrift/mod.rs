//! Apache Thrift's two protocols, read from a slice that holds the whole message.
//!
//! The [`Reader`] trait is what both protocols can do; a decoder of structs is written once against it.
//! Text and bytes are borrowed from the input, so reading allocates nothing.
//!
//! Sources: Thrift's own `thrift-binary-protocol.md` and `thrift-compact-protocol.md`.

mod binary;
mod compact;
mod cursor;

pub(crate) use binary::BinaryReader;
pub(crate) use compact::CompactReader;

/// How deep structs and containers may nest in a field that is skipped.
const NESTING_MAX: usize = 64;

/// Why bytes are not what Thrift's rules, or the struct's definition, ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed Thrift: {what} at byte {offset}")]
pub struct ThriftError {
    /// What was wrong.
    pub what: &'static str,
    /// Where, from the start of the message.
    pub offset: usize,
}

/// The type of a field or element, common to both protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Double,
    Bytes,
    Struct,
    Map,
    Set,
    List,
    Uuid,
}

/// The start of a field within a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) id: i16,
    pub(crate) kind: Kind,
}

/// The start of a list or set: so many elements of that type. Their least size is known to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) kind: Kind,
    pub(crate) len: usize,
}

/// The start of a map; `kinds` is `None` for an empty map of the compact protocol, which does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) kinds: Option<(Kind, Kind)>,
    pub(crate) len: usize,
}

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Call,
    Reply,
    Exception,
    Oneway,
}

impl MessageKind {
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Call,
            2 => Self::Reply,
            3 => Self::Exception,
            4 => Self::Oneway,
            _ => return None,
        })
    }
}

/// The envelope around a method's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) kind: MessageKind,
}

/// A protocol: reads one value after another.
pub(crate) trait Reader<'a> {
    /// Where the next read begins.
    fn offset(&self) -> usize;
    /// How many bytes are left.
    fn remaining(&self) -> usize;

    fn message(&mut self) -> Result<Message<'a>, ThriftError>;
    /// The next field of a struct, or `None` at its end. `last_id` begins as 0 for each struct and is kept
    /// by the caller between calls, because the compact protocol writes differences.
    fn field(&mut self, last_id: &mut i16) -> Result<Option<Field>, ThriftError>;
    fn list(&mut self) -> Result<List, ThriftError>;
    fn map(&mut self) -> Result<Map, ThriftError>;

    /// A bool that is a field's value (the compact protocol keeps it in the field's head).
    fn bool_field(&mut self) -> Result<bool, ThriftError>;
    fn i32(&mut self) -> Result<i32, ThriftError>;
    fn i64(&mut self) -> Result<i64, ThriftError>;
    fn double(&mut self) -> Result<f64, ThriftError>;
    /// A string or binary, which look the same.
    fn bytes(&mut self) -> Result<&'a [u8], ThriftError>;
    /// Passes over a value that is neither a struct nor a container.
    fn skip_scalar(&mut self, kind: Kind, place: Place) -> Result<(), ThriftError>;

    /// An error at the present offset.
    fn error(&self, what: &'static str) -> ThriftError {
        ThriftError {
            what,
            offset: self.offset(),
        }
    }

    /// Passes over the value of a field that the decoder does not know.
    fn skip_field(&mut self, kind: Kind) -> Result<(), ThriftError>
    where
        Self: Sized,
    {
        skip(self, kind, Place::Field, NESTING_MAX)
    }
}

/// Where a value stands: the compact protocol writes a bool differently in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Field,
    Element,
}

fn skip<'a>(
    reader: &mut impl Reader<'a>,
    kind: Kind,
    place: Place,
    levels_left: usize,
) -> Result<(), ThriftError> {
    let deeper = levels_left.checked_sub(1);
    let too_deep = reader.error("nested deeper than 64 levels");
    match kind {
        Kind::Struct => {
            let levels_left = deeper.ok_or(too_deep)?;
            let mut last_id = 0;
            while let Some(field) = reader.field(&mut last_id)? {
                skip(reader, field.kind, Place::Field, levels_left)?;
            }
        }
        Kind::List | Kind::Set => {
            let levels_left = deeper.ok_or(too_deep)?;
            let list = reader.list()?;
            for _ in 0..list.len {
                skip(reader, list.kind, Place::Element, levels_left)?;
            }
        }
        Kind::Map => {
            let levels_left = deeper.ok_or(too_deep)?;
            let map = reader.map()?;
            for (key, value) in map.kinds.into_iter().cycle().take(map.len) {
                skip(reader, key, Place::Element, levels_left)?;
                skip(reader, value, Place::Element, levels_left)?;
            }
        }
        scalar => reader.skip_scalar(scalar, place)?,
    }
    Ok(())
}
