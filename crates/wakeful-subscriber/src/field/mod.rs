//! The fields of a span or event, as bytes: written by a visitor, read by a lazy iterator.
//!
//! One field is its index in the callsite (`u16`), a tag ([`tag`]) and the value; numbers are in the machine's byte order,
//! since these bytes never leave the process. A text is its length (`u32`) and UTF-8.

mod decode;
mod direct;
mod encode;
mod fields;

pub use decode::{FieldValue, Texts};
pub use fields::Fields;
pub(crate) use fields::last_special;

pub(crate) use decode::{RawField, RawFields};
pub(crate) use direct::DirectEncoder;
pub(crate) use encode::{Encoder, Special};

/// Index and tag.
const HEADER_BYTES: usize = 3;

/// What follows a field's index.
pub(crate) mod tag {
    pub(crate) const I64: u8 = 0;
    pub(crate) const U64: u8 = 1;
    pub(crate) const I128: u8 = 2;
    pub(crate) const U128: u8 = 3;
    pub(crate) const F64: u8 = 4;
    pub(crate) const FALSE: u8 = 5;
    pub(crate) const TRUE: u8 = 6;
    /// A text that was recorded as one.
    pub(crate) const STR: u8 = 7;
    /// What `Debug` or `Display` wrote.
    pub(crate) const FORMATTED: u8 = 8;
    pub(crate) const BYTES: u8 = 9;
    /// An error: the length of all that follows, its message, then the message of each source.
    pub(crate) const ERROR: u8 = 10;
}
