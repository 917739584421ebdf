//! Inflating a message, with the limit enforced on the way.

use std::io::{self, Read};
use std::str::FromStr;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// The largest window that a zstd frame may ask for, as a power of two: 8 MiB, what RFC 8878 (§3.1.1.1.2) bids
/// decoders to support. A larger limit on the message allows a window as large as the message.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How much is inflated at a time.
const BLOCK: usize = 64 * 1024;

/// How a message is compressed: HTTP's `Content-Encoding`, gRPC's `grpc-encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// RFC 1952, in one member or several.
    Gzip,
    /// RFC 8878, in one frame or several.
    Zstd,
    /// RFC 1950: called `deflate` by HTTP (RFC 9110, §8.4.1.2) and gRPC.
    Zlib,
}

/// Why a message could not be inflated.
#[derive(Debug, thiserror::Error)]
pub enum InflateError {
    /// The encoding is none that is known.
    #[error("encoding {0:?} is not supported; send identity, gzip, zstd or deflate")]
    UnknownEncoding(String),
    /// There is more than the limit allows.
    #[error(
        "the message has more than {limit} bytes after inflating; send smaller batches or raise the limit"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The bytes are not what the encoding says.
    #[error("the message is not {encoding}: {source}")]
    Malformed {
        /// What it was said to be.
        encoding: &'static str,
        /// What the decoder says.
        source: io::Error,
    },
}

impl Encoding {
    /// The name in HTTP and gRPC.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zlib => "deflate",
        }
    }
}

impl FromStr for Encoding {
    type Err = InflateError;

    /// Reads a header's value, in any case; an empty one means [`Encoding::Identity`].
    fn from_str(name: &str) -> Result<Self, InflateError> {
        let known = [
            ("", Self::Identity),
            ("identity", Self::Identity),
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("zstd", Self::Zstd),
            ("deflate", Self::Zlib),
            ("zlib", Self::Zlib),
        ];
        let found = known
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
        found
            .map(|(_, encoding)| *encoding)
            .ok_or_else(|| InflateError::UnknownEncoding(name.to_owned()))
    }
}

/// The message as it was before it was compressed; what is not compressed is handed back without a copy.
///
/// `limit` is the most bytes that the result may have. No more than it and a block are ever taken, besides the
/// decoder's own window.
///
/// # Errors
/// If the message is larger than `limit`, or is not what `encoding` says.
pub fn inflate(encoding: Encoding, message: Bytes, limit: usize) -> Result<Bytes, InflateError> {
    let malformed = |source| InflateError::Malformed {
        encoding: encoding.name(),
        source,
    };
    let read = |decoder: &mut dyn Read| match read_to_limit(decoder, message.len(), limit) {
        Ok(Some(inflated)) => Ok(Bytes::from(inflated)),
        Ok(None) => Err(InflateError::TooLarge { limit }),
        Err(source) => Err(malformed(source)),
    };
    match encoding {
        Encoding::Identity if message.len() > limit => Err(InflateError::TooLarge { limit }),
        Encoding::Identity => Ok(message),
        Encoding::Gzip => read(&mut MultiGzDecoder::new(&message[..])),
        Encoding::Zlib => read(&mut ZlibDecoder::new(&message[..])),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&message[..]).map_err(malformed)?;
            let limit_log = limit
                .checked_next_power_of_two()
                .map_or(usize::BITS, usize::trailing_zeros);
            decoder
                .window_log_max(limit_log.clamp(ZSTD_WINDOW_LOG, 27))
                .map_err(malformed)?;
            read(&mut decoder)
        }
    }
}

/// Reads all there is, or `None` if that is more than `limit` bytes.
fn read_to_limit(decoder: &mut dyn Read, compressed: usize, limit: usize) -> io::Result<Option<Vec<u8>>> {
    // Traces shrink to a fourth or less, so this is mostly the last allocation but one.
    let mut inflated = Vec::with_capacity(compressed.saturating_mul(4).min(limit));
    let mut block = vec![0; BLOCK];
    loop {
        match decoder.read(&mut block) {
            Ok(0) => return Ok(Some(inflated)),
            Ok(len) if inflated.len() + len > limit => return Ok(None),
            Ok(len) => {
                if inflated.capacity() - inflated.len() < len {
                    let doubled = inflated
                        .len()
                        .saturating_mul(2)
                        .clamp(inflated.len() + len, limit);
                    inflated.reserve_exact(doubled - inflated.len());
                }
                inflated.extend_from_slice(&block[..len]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn deflate(encoding: Encoding, message: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Identity => message.to_vec(),
            Encoding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(message).unwrap();
                encoder.finish().unwrap()
            }
            Encoding::Zlib => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(message).unwrap();
                encoder.finish().unwrap()
            }
            Encoding::Zstd => zstd::stream::encode_all(message, 1).unwrap(),
        }
    }

    const ALL: [Encoding; 4] = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd, Encoding::Zlib];

    #[test]
    fn a_message_comes_back_up_to_the_limit_and_not_beyond() {
        for len in [0, 1, BLOCK, 3 * BLOCK + 7] {
            let message: Vec<u8> = (0..len).map(|i| (i / 7) as u8).collect();
            for encoding in ALL {
                let deflated = Bytes::from(deflate(encoding, &message));
                assert_eq!(
                    inflate(encoding, deflated.clone(), len).unwrap(),
                    message,
                    "{encoding:?} {len}"
                );
                if let Some(limit) = len.checked_sub(1) {
                    let error = inflate(encoding, deflated, limit).unwrap_err();
                    let text = format!("the message has more than {limit} bytes after inflating");
                    assert!(error.to_string().starts_with(&text), "{encoding:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Zlib] {
            let bomb = Bytes::from(deflate(encoding, &vec![0; 50_000_000]));
            assert!(bomb.len() < 100_000);
            let error = inflate(encoding, bomb, 1_000_000).unwrap_err();
            assert!(
                matches!(error, InflateError::TooLarge { limit: 1_000_000 }),
                "{error}"
            );
        }
    }

    #[test]
    fn several_members_or_frames_are_one_message() {
        for encoding in [Encoding::Gzip, Encoding::Zstd] {
            let joined = [deflate(encoding, b"one "), deflate(encoding, b"two")].concat();
            assert_eq!(
                inflate(encoding, joined.into(), 7).unwrap(),
                "one two",
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn what_is_cut_or_no_such_thing_is_malformed() {
        for encoding in [Encoding::Gzip, Encoding::Zstd, Encoding::Zlib] {
            let whole = deflate(encoding, b"some message that is long enough");
            for bytes in [&whole[..whole.len() - 5], b"{\"resourceSpans\":[]}"] {
                let error = inflate(encoding, Bytes::copy_from_slice(bytes), 1000).unwrap_err();
                assert!(
                    error.to_string().starts_with("the message is not "),
                    "{encoding:?}: {error}"
                );
            }
        }
    }

    #[test]
    fn names_are_read_in_any_case() {
        for (name, encoding) in [
            ("", ALL[0]),
            ("GZIP", ALL[1]),
            (" zstd ", ALL[2]),
            ("Deflate", ALL[3]),
        ] {
            assert_eq!(name.parse::<Encoding>().unwrap(), encoding, "{name}");
        }
        let error = "br".parse::<Encoding>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "encoding \"br\" is not supported; send identity, gzip, zstd or deflate"
        );
    }
}
