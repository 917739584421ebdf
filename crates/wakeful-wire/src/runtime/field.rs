//! How each type of the model stands in a message. Which field has which number is said in `messages.rs` alone.

use wakeful_model::runtime::{AsyncOpId, LocationIndex, ResourceId, RuntimeId, TaskId, ThreadId};

use crate::protobuf::Writer;
#[cfg(feature = "decode")]
use crate::protobuf::{DecodeError, Field, Fields};

/// A type that is a message.
pub(super) trait Message: Default + PartialEq {
    fn write_fields(&self, out: &mut Writer);

    #[cfg(feature = "decode")]
    fn read_fields(&mut self, fields: Fields<'_>, room: &mut Room<'_>) -> Result<(), DecodeError>;
}

/// A type that is a field of a message.
pub(super) trait Value: Default {
    /// Writes the field even if it has its default value.
    fn write_present(&self, number: u32, out: &mut Writer);

    /// Writes the field, unless it has its default value.
    fn write(&self, number: u32, out: &mut Writer);

    /// Reads the field; one of another type is skipped, as an unknown one would be.
    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError>;

    /// The type, as the schema has it.
    #[cfg(test)]
    fn schema() -> String;
}

/// How much memory the rest of a message may still take, so that few bytes cannot become many items, and who is asked for it.
#[cfg(feature = "decode")]
pub(super) struct Room<'a> {
    /// What a message of its length may take at all.
    bytes: usize,
    /// What was granted and not taken yet.
    granted: usize,
    grant: &'a mut dyn FnMut(usize) -> bool,
    is_refused: bool,
}

/// Memory is asked for in steps of this many bytes.
#[cfg(feature = "decode")]
const STEP_BYTES: usize = 64 << 10;

#[cfg(feature = "decode")]
impl<'a> Room<'a> {
    pub(super) fn for_message(message: &[u8], grant: &'a mut dyn FnMut(usize) -> bool) -> Self {
        // What recorders send takes two to ten times its bytes.
        Self {
            bytes: message.len().saturating_mul(32).saturating_add(1024),
            granted: 0,
            grant,
            is_refused: false,
        }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<(), DecodeError> {
        let error = |what| DecodeError { what, offset: 0 };
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or(error("more items than its length allows"))?;
        if bytes > self.granted {
            let step = bytes.max(STEP_BYTES).min(bytes.saturating_add(self.bytes));
            if !(self.grant)(step) {
                self.is_refused = true;
                return Err(error("more memory than there is"));
            }
            self.granted = self.granted.saturating_add(step);
        }
        self.granted -= bytes;
        Ok(())
    }

    /// Whether memory was asked for and not granted.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused
    }
}

/// Numbers, and types that are numbers.
macro_rules! numbers {
    ($($type:ty, $schema:expr, |$value:ident| $to:expr, |$number:ident| $from:expr;)*) => {$(
        impl Value for $type {
            fn write_present(&self, number: u32, out: &mut Writer) {
                let $value = *self;
                out.varint_field(number, $to);
            }

            fn write(&self, number: u32, out: &mut Writer) {
                let $value = *self;
                out.number(number, $to);
            }

            #[cfg(feature = "decode")]
            fn read(&mut self, field: Field<'_>, _: &mut Room<'_>) -> Result<(), DecodeError> {
                if let Field::Varint($number) = field {
                    *self = $from;
                }
                Ok(())
            }

            #[cfg(test)]
            fn schema() -> String {
                $schema.to_owned()
            }
        }
    )*};
}
pub(super) use numbers;

numbers! {
    u64, "uint64", |value| value, |number| number;
    u32, "uint32", |value| u64::from(value), |number| u32::try_from(number).unwrap_or(u32::MAX);
    bool, "bool", |value| u64::from(value), |number| number != 0;
    TaskId, "uint64", |id| id.0, |number| Self(number);
    ThreadId, "uint64", |id| id.0, |number| Self(number);
    RuntimeId, "uint64", |id| id.0, |number| Self(number);
    ResourceId, "uint64", |id| id.0, |number| Self(number);
    AsyncOpId, "uint64", |id| id.0, |number| Self(number);
    LocationIndex, "uint32", |index| u64::from(index.0), |number| Self(u32::try_from(number).unwrap_or(u32::MAX));
}

/// Names and places are shorter; of a text that is not, the rest is left out, because whoever reads keeps many of them.
#[cfg(feature = "decode")]
const TEXT_BYTES_MAX: usize = 1024;

impl Value for String {
    fn write_present(&self, number: u32, out: &mut Writer) {
        out.bytes(number, self.as_bytes());
    }

    fn write(&self, number: u32, out: &mut Writer) {
        out.text(number, self);
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        if let Field::Bytes(bytes, _) = field {
            // What is behind the end may cut a character: that becomes a replacement character.
            let end = bytes.len().min(TEXT_BYTES_MAX);
            room.take(end)?;
            *self = String::from_utf8_lossy(&bytes[..end]).into_owned();
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        "string".to_owned()
    }
}

impl<T: Value> Value for Option<T> {
    fn write_present(&self, number: u32, out: &mut Writer) {
        self.write(number, out);
    }

    fn write(&self, number: u32, out: &mut Writer) {
        if let Some(value) = self {
            value.write_present(number, out);
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        self.get_or_insert_default().read(field, room)
    }

    #[cfg(test)]
    fn schema() -> String {
        format!("optional {}", T::schema())
    }
}

impl<T: Message + Value> Value for Vec<T> {
    fn write_present(&self, number: u32, out: &mut Writer) {
        self.write(number, out);
    }

    fn write(&self, number: u32, out: &mut Writer) {
        for item in self {
            item.write_present(number, out);
        }
    }

    #[cfg(feature = "decode")]
    fn read(&mut self, field: Field<'_>, room: &mut Room<'_>) -> Result<(), DecodeError> {
        if let Field::Bytes(..) = field {
            room.take(size_of::<T>())?;
            let mut item = T::default();
            item.read(field, room)?;
            self.push(item);
        }
        Ok(())
    }

    #[cfg(test)]
    fn schema() -> String {
        format!("repeated {}", T::schema())
    }
}
