//! Frames: the unit of everything that moves or rests (docs/storage.md).
//!
//! ```text
//!  0  magic "WKF1"        8  payload length, u32     16  sequence, u64
//!  4  kind, u8           12  CRC32C of the payload   24  zero, u32
//!  5  flags, u8                                      28  CRC32C of bytes 0 to 27 and key
//!  6  zero, u16          32  payload, then zeros up to a multiple of 8
//! ```
//! Numbers are little-endian. The header has a checksum of its own, so that a reader can trust a length, and find
//! the next frame behind a damaged one. The header's checksum goes on over a key of eight bytes: where payloads are
//! other people's, the key is a secret of the folder, so that no payload can pass for a frame.

/// Bytes of a header.
pub const HEADER_BYTES: usize = 32;

const MAGIC: [u8; 4] = *b"WKF1";
const ALIGNMENT: usize = 8;

/// The key of files in which no stranger's bytes are.
pub const NO_KEY: u64 = 0;

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// An OTLP `ExportTraceServiceRequest` in protobuf.
    OtlpTraces = 1,
    /// An OTLP `ExportLogsServiceRequest` in protobuf.
    OtlpLogs = 2,
    /// What a program saw of its runtimes: a `RuntimeBatch` of `proto/wakeful/runtime/v1/runtime.proto`.
    RuntimeBatch = 3,
    /// An edit of a store's manifest, in JSON.
    ManifestEdit = 64,
    /// The state of a program where a store's file of runtime data begins, as a `RuntimeBatch`.
    RuntimeCheckpoint = 65,
    /// What stands where in a store's file of runtime data.
    RuntimeIndex = 66,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        [
            Self::OtlpTraces,
            Self::OtlpLogs,
            Self::RuntimeBatch,
            Self::ManifestEdit,
            Self::RuntimeCheckpoint,
            Self::RuntimeIndex,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == number)
    }
}

/// A whole frame within a larger buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What the payload is.
    pub kind: Kind,
    /// Which log or recording it belongs to: a frame of an older life of its file has a smaller number.
    pub sequence: u64,
    /// The message.
    pub payload: &'a [u8],
    /// Where the frame ends in the buffer.
    pub end: usize,
}

/// Bytes that a payload takes as a frame.
pub fn framed_bytes(payload: usize) -> usize {
    HEADER_BYTES + payload.next_multiple_of(ALIGNMENT)
}

/// The longest payload: a frame has fewer than 4 GiB as a whole.
pub const PAYLOAD_BYTES_MAX: usize = u32::MAX as usize - HEADER_BYTES - ALIGNMENT;

/// A payload that no frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes do not fit into a frame, which has fewer than 4 GiB; divide them")]
pub struct TooLarge {
    /// Its length.
    pub bytes: usize,
}

impl From<TooLarge> for std::io::Error {
    fn from(error: TooLarge) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
    }
}

/// Appends a frame to `out`; its payload then stands at the returned range.
///
/// # Errors
/// If the payload is longer than [`PAYLOAD_BYTES_MAX`]; nothing is appended then.
pub fn write(
    out: &mut Vec<u8>,
    kind: Kind,
    sequence: u64,
    key: u64,
    payload: &[u8],
) -> Result<std::ops::Range<usize>, TooLarge> {
    let bytes = payload.len();
    let length = u32::try_from(bytes).map_err(|_| TooLarge { bytes })?;
    if bytes > PAYLOAD_BYTES_MAX {
        return Err(TooLarge { bytes });
    }
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[kind as u8, 0, 0, 0]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let header_crc = header_crc(&out[start..], key);
    out.extend_from_slice(&header_crc.to_le_bytes());
    out.extend_from_slice(payload);
    let end = out.len();
    out.resize(start + framed_bytes(payload.len()), 0);
    Ok(start + HEADER_BYTES..end)
}

fn header_crc(header: &[u8], key: u64) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header), &key.to_le_bytes())
}

/// What stands at a place of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// A frame whose header is sound, but whose payload is not, or of a kind this version does not know.
    Damaged {
        /// The sequence of its header.
        sequence: u64,
        /// Why.
        why: &'static str,
        /// Where it ends, if it is all there.
        end: usize,
    },
    /// No header: zeros, the end, or bytes that were damaged.
    Nothing,
}

/// Looks at one place of a buffer.
pub fn read_at(bytes: &[u8], at: usize, key: u64) -> Item<'_> {
    let Some(header) = bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<HEADER_BYTES>())
    else {
        return Item::Nothing;
    };
    let number = |range: std::ops::Range<usize>| {
        header[range]
            .iter()
            .rev()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    if header[..4] != MAGIC || number(28..32) != u64::from(header_crc(&header[..28], key)) {
        return Item::Nothing;
    }
    let (length, crc, sequence) = (number(8..12) as usize, number(12..16) as u32, number(16..24));
    let start = at + HEADER_BYTES;
    let end = (start + length.next_multiple_of(ALIGNMENT)).min(bytes.len());
    match (bytes.get(start..start + length), Kind::from_number(header[4])) {
        (None, _) => Item::Damaged {
            sequence,
            why: "cut off",
            end,
        },
        (Some(payload), _) if crc32c::crc32c(payload) != crc => Item::Damaged {
            sequence,
            why: "checksum mismatch",
            end,
        },
        (Some(_), None) => Item::Damaged {
            sequence,
            why: "unknown kind",
            end,
        },
        (Some(payload), Some(kind)) => Item::Frame(Frame {
            kind,
            sequence,
            payload,
            end,
        }),
    }
}

/// The next place at or after `at` where a sound header stands.
#[cfg(feature = "decode")]
pub fn find(bytes: &[u8], at: usize, key: u64) -> Option<usize> {
    let start = at.next_multiple_of(ALIGNMENT);
    let rest = bytes.get(start..)?;
    memchr::memmem::find_iter(rest, &MAGIC)
        .map(|offset| start + offset)
        .find(|at| at % ALIGNMENT == 0 && read_at(bytes, *at, key) != Item::Nothing)
}

#[cfg(all(test, feature = "decode"))]
mod tests {
    use super::*;

    const KEY: u64 = 0x1234_5678_9abc_def0;

    fn two_frames() -> Vec<u8> {
        let mut bytes = Vec::new();
        assert_eq!(write(&mut bytes, Kind::OtlpTraces, 7, KEY, b"first"), Ok(32..37));
        assert!(write(&mut bytes, Kind::ManifestEdit, 8, KEY, b"second one").is_ok());
        bytes
    }

    #[test]
    fn frames_follow_each_other() {
        let bytes = two_frames();
        let Item::Frame(first) = read_at(&bytes, 0, KEY) else {
            panic!()
        };
        assert_eq!(
            (first.kind, first.sequence, first.payload),
            (Kind::OtlpTraces, 7, &b"first"[..])
        );
        assert_eq!(first.end, framed_bytes(5));
        let Item::Frame(second) = read_at(&bytes, first.end, KEY) else {
            panic!()
        };
        assert_eq!((second.payload, second.end), (&b"second one"[..], bytes.len()));
        assert_eq!(read_at(&bytes, second.end, KEY), Item::Nothing);
    }

    #[test]
    fn a_torn_frame_is_never_taken_for_a_whole_one() {
        let bytes = two_frames();
        let first = framed_bytes(5);
        for length in first..first + HEADER_BYTES + 10 {
            assert!(
                !matches!(read_at(&bytes[..length], first, KEY), Item::Frame(_)),
                "at {length}"
            );
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_the_next_frame_found() {
        let bytes = two_frames();
        // Padding carries nothing, so it is not checked.
        for bit in 0..(HEADER_BYTES + 5) * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(read_at(&bytes, 0, KEY), Item::Frame(_)), "bit {bit}");
            let next = find(&bytes, 8, KEY).unwrap();
            assert!(
                matches!(read_at(&bytes, next, KEY), Item::Frame(frame) if frame.payload == b"second one")
            );
        }
    }

    #[test]
    fn a_frame_of_another_key_is_no_frame() {
        let mut forged = Vec::new();
        write(&mut forged, Kind::OtlpTraces, 7, NO_KEY, b"forged").unwrap();
        assert_eq!(read_at(&forged, 0, KEY), Item::Nothing);
        assert_eq!(find(&forged, 0, KEY), None);
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_payload_whose_length_has_no_room_in_the_header_is_refused() {
        // Zeros that nobody looks at take no memory.
        for bytes in [PAYLOAD_BYTES_MAX + 1, 1 << 32] {
            let mut out = Vec::new();
            let written = write(&mut out, Kind::RuntimeCheckpoint, 0, KEY, &vec![0; bytes]);
            assert_eq!((written, out), (Err(TooLarge { bytes }), Vec::new()));
        }
    }
}
