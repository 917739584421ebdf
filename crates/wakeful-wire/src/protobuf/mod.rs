//! Protobuf's wire form, for all formats that are built on it.

mod read;
mod write;

pub use read::DecodeError;
pub(crate) use read::{Field, Fields};
pub(crate) use write::{Writer, varint_bytes};
