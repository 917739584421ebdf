//! What a program saw of its runtimes, in wakeful's own protobuf: `proto/wakeful/runtime/v1/runtime.proto`.
//!
//! [`encode`] and [`decode`] are of whole [`RuntimeBatch`]es, the payload of a frame of kind
//! [`crate::frame::Kind::RuntimeBatch`]. Unknown fields are skipped, so that either end may be older.

mod field;
mod messages;
mod special;

use wakeful_model::runtime::RuntimeBatch;

use crate::protobuf::Writer;
#[cfg(feature = "decode")]
use crate::protobuf::{DecodeError, Fields};
use field::Message;
#[cfg(feature = "decode")]
use field::Room;

/// Appends the encoded batch to `out`.
pub fn encode(batch: &RuntimeBatch, out: &mut Vec<u8>) {
    let mut writer = Writer::behind(std::mem::take(out));
    batch.write_fields(&mut writer);
    *out = writer.into_bytes();
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// If the bytes are not of protobuf's form, or would take more than 32 times their length as plain data.
#[cfg(feature = "decode")]
pub fn decode(bytes: &[u8]) -> Result<RuntimeBatch, DecodeError> {
    let mut batch = RuntimeBatch::default();
    let mut grant = |_| true;
    batch.read_fields(Fields::new(bytes, 0), &mut Room::for_message(bytes, &mut grant))?;
    Ok(batch)
}

/// Why a batch is not read.
#[cfg(feature = "decode")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is malformed, as with [`decode`].
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Memory for it was not granted; with more of it, it may be read.
    #[error("there is no memory for it now")]
    NoRoom,
}

/// [`decode`] for who bounds what many messages take together: before the batch grows, `grant` is asked for so many bytes, and says
/// whether they may be taken.
///
/// # Errors
/// As [`decode`], and [`Unread::NoRoom`] once something is not granted.
#[cfg(feature = "decode")]
pub fn decode_within(bytes: &[u8], mut grant: impl FnMut(usize) -> bool) -> Result<RuntimeBatch, Unread> {
    let mut batch = RuntimeBatch::default();
    let mut room = Room::for_message(bytes, &mut grant);
    match batch.read_fields(Fields::new(bytes, 0), &mut room) {
        Ok(()) => Ok(batch),
        Err(_) if room.is_refused() => Err(Unread::NoRoom),
        Err(error) => Err(error.into()),
    }
}

#[cfg(all(test, feature = "decode"))]
mod tests;
