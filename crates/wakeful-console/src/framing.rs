//! gRPC's framing ("gRPC over HTTP/2"): a flag and a length before each message.

#[cfg(feature = "client")]
use bytes::Buf as _;
use bytes::{BufMut as _, Bytes, BytesMut};

/// Flag and length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// Puts a message behind its prefix.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    bytes.put_u8(0);
    bytes.put_u32(message.len() as u32);
    bytes.extend_from_slice(message);
    bytes.freeze()
}

/// Why bytes are no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// Nobody asked for that.
    #[error("a message is compressed, which was not asked for")]
    Compressed,
    /// It would take too much memory.
    #[error("a message has {bytes} bytes, more than {max} are not read")]
    TooLong {
        /// What its prefix says.
        bytes: usize,
        /// What is read.
        max: usize,
    },
}

/// Takes the first message from what has arrived; `None` if it is not all there yet. Not for servers, which get one short message alone.
#[cfg(feature = "client")]
pub(crate) fn take(arrived: &mut BytesMut, max: usize) -> Result<Option<Bytes>, FramingError> {
    let Some(&[flag, a, b, c, d]) = arrived.first_chunk::<PREFIX_BYTES>() else {
        return Ok(None);
    };
    let bytes = u32::from_be_bytes([a, b, c, d]) as usize;
    if flag != 0 {
        return Err(FramingError::Compressed);
    }
    if bytes > max {
        return Err(FramingError::TooLong { bytes, max });
    }
    if arrived.len() < PREFIX_BYTES + bytes {
        return Ok(None);
    }
    arrived.advance(PREFIX_BYTES);
    Ok(Some(arrived.split_to(bytes).freeze()))
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_were_cut() {
        let mut sent = framed(b"one").to_vec();
        sent.extend(framed(b""));
        sent.extend(framed(b"three"));
        for size in 1..sent.len() {
            let mut arrived = BytesMut::new();
            let mut messages = Vec::new();
            for piece in sent.chunks(size) {
                arrived.extend_from_slice(piece);
                while let Some(message) = take(&mut arrived, 5).unwrap() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [&b"one"[..], b"", b"three"], "in pieces of {size}");
        }
    }

    #[test]
    fn a_length_is_not_believed() {
        let mut arrived = BytesMut::from(&[0, 0xff, 0xff, 0xff, 0xff][..]);
        let error = take(&mut arrived, 1000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a message has 4294967295 bytes, more than 1000 are not read"
        );
        let mut arrived = BytesMut::from(&[1, 0, 0, 0, 0][..]);
        assert_eq!(take(&mut arrived, 1000), Err(FramingError::Compressed));
    }
}
