//! The two ids of a span, and how they are written.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// Identifies a trace: 128 bits, never zero (W3C Trace Context, level 2, §3.2.2.3).
///
/// Sixty-four-bit ids of older clients are kept in the low half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// Identifies a span within its trace: 64 bits, never zero (W3C Trace Context, level 2, §3.2.2.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseIdError {
    /// There is no digit, or there are more than the id has room for.
    Length {
        /// How many characters there were.
        found: usize,
        /// How many hex digits an id has at most.
        max: usize,
    },
    /// A character is not a hex digit.
    NotHex,
    /// Every digit is zero.
    Zero,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, max } => write!(f, "an id has 1 to {max} hex digits, not {found}"),
            Self::NotHex => f.write_str("an id is written in hex digits alone"),
            Self::Zero => f.write_str("an id is never zero"),
        }
    }
}

impl std::error::Error for ParseIdError {}

impl TraceId {
    /// `None` if `id` is zero.
    pub const fn new(id: u128) -> Option<Self> {
        match NonZeroU128::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// `None` unless `bytes` are sixteen, big-endian, and not all zero: the form on OTLP's wire.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(u128::from_be_bytes(bytes.try_into().ok()?))
    }

    /// The id as a number.
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// Sixteen bytes, big-endian.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// Reads one to thirty-two hex digits of either case; missing leading zeros are allowed.
    ///
    /// # Errors
    /// If there are too few or too many digits, one of them is not hex, or all of them are zero.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        Self::new(parse_hex(text, 32)?).ok_or(ParseIdError::Zero)
    }
}

impl SpanId {
    /// `None` if `id` is zero.
    pub const fn new(id: u64) -> Option<Self> {
        match NonZeroU64::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// `None` unless `bytes` are eight, big-endian, and not all zero: the form on OTLP's wire.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// The id as a number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Eight bytes, big-endian.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// Reads one to sixteen hex digits of either case; missing leading zeros are allowed.
    ///
    /// # Errors
    /// If there are too few or too many digits, one of them is not hex, or all of them are zero.
    pub fn parse(text: &str) -> Result<Self, ParseIdError> {
        // Sixteen hex digits fill a u64 exactly, so the cast loses nothing.
        Self::new(parse_hex(text, 16)? as u64).ok_or(ParseIdError::Zero)
    }
}

fn parse_hex(text: &str, max: usize) -> Result<u128, ParseIdError> {
    if text.is_empty() || text.len() > max {
        return Err(ParseIdError::Length {
            found: text.len(),
            max,
        });
    }
    text.bytes().try_fold(0_u128, |id, digit| {
        let digit = (digit as char).to_digit(16).ok_or(ParseIdError::NotHex)?;
        Ok(id << 4 | u128::from(digit))
    })
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

impl FromStr for TraceId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Self::parse(text)
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_id_is_read_in_any_case_and_without_its_zeros() {
        for text in [
            "ABCDEF",
            "abcdef",
            "0000000000abcdef",
            "00000000000000000000000000abcdef",
        ] {
            assert_eq!(TraceId::parse(text).unwrap().get(), 0xabcdef, "{text}");
        }
        assert_eq!(SpanId::parse("fFfFfFfFfFfFfFfF").unwrap().get(), u64::MAX);
    }

    #[test]
    fn what_is_no_id_says_why() {
        assert_eq!(
            TraceId::parse(""),
            Err(ParseIdError::Length { found: 0, max: 32 })
        );
        assert_eq!(
            TraceId::parse(&"1".repeat(33)),
            Err(ParseIdError::Length { found: 33, max: 32 })
        );
        assert_eq!(TraceId::parse("xyz"), Err(ParseIdError::NotHex));
        assert_eq!(TraceId::parse("+1"), Err(ParseIdError::NotHex));
        assert_eq!(SpanId::parse("0000"), Err(ParseIdError::Zero));
        assert_eq!(SpanId::parse("é"), Err(ParseIdError::NotHex));
    }

    #[test]
    fn bytes_and_text_round_trip() {
        let id = TraceId::parse("0af7651916cd43dd8448eb211c8031aa").unwrap();
        assert_eq!(TraceId::from_bytes(&id.to_bytes()), Some(id));
        assert_eq!(TraceId::parse(&id.to_string()), Ok(id));
        assert_eq!(TraceId::from_bytes(&[0; 16]), None);
        assert_eq!(TraceId::from_bytes(&[1; 15]), None);
        assert_eq!(
            SpanId::from_bytes(&[0, 0, 0, 0, 0, 0, 0, 7]).unwrap().to_string(),
            "0000000000000007"
        );
    }
}
