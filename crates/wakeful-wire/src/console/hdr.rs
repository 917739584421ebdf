//! HdrHistogram's V2 form, of whole nanoseconds.
//!
//! Source: HdrHistogram's `encode.rst` and the index arithmetic of its Java reference; forty bytes of header, then counts as
//! zigzag numbers of base 128, of which a negative one is a run of empty buckets.

/// Behind it come the counts.
const HEADER_BYTES: usize = 40;
/// Of the second version, without compression.
const COOKIE: u32 = 0x1c84_9313;
/// What we write: as console-subscriber, two significant digits.
const DIGITS: u32 = 2;
/// More buckets than any histogram of `u64` with five digits has.
const BUCKETS_MAX: usize = 1 << 24;

/// Why bytes are no histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a histogram in HdrHistogram's V2 form")]
pub struct HdrError;

/// Where values lie among the buckets.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// The base-2 logarithm of the smallest value that is told from zero.
    unit: u32,
    /// The base-2 logarithm of half the buckets between two powers of two.
    half: u32,
}

impl Scale {
    fn new(digits: u32, lowest: u64) -> Self {
        let exact = 2 * 10_u64.pow(digits);
        let magnitude = exact.next_power_of_two().trailing_zeros();
        Self {
            unit: lowest.max(1).ilog2(),
            half: magnitude.max(1) - 1,
        }
    }

    fn index(self, value: u64) -> usize {
        let mask = ((2_u64 << self.half) - 1) << self.unit;
        let bucket = (value | mask).ilog2() - self.unit - self.half;
        let sub = value >> (bucket + self.unit);
        ((u64::from(bucket + 1) << self.half) + sub - (1 << self.half)) as usize
    }

    /// The middle of the values that are counted in a bucket.
    fn value(self, index: usize) -> u64 {
        let half = 1_u64 << self.half;
        let bucket = (index >> self.half) as u32;
        let sub = (index as u64 & (half - 1)) + if bucket == 0 { 0 } else { half };
        let shift = bucket.saturating_sub(1) + self.unit;
        let low = sub.checked_shl(shift).unwrap_or(u64::MAX);
        low.saturating_add((1_u64.checked_shl(shift).unwrap_or(u64::MAX)) / 2)
    }
}

/// Reads a histogram: values, rising, and how often each was counted.
///
/// # Errors
///
/// The bytes are not of this form.
pub fn decode(bytes: &[u8]) -> Result<Vec<(u64, u64)>, HdrError> {
    let (header, counts) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(HdrError)?;
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let digits = number(12);
    let lowest = u64::from(number(16)) << 32 | u64::from(number(20));
    if number(0) != COOKIE || digits > 5 {
        return Err(HdrError);
    }
    let counts = counts.get(..number(4) as usize).ok_or(HdrError)?;
    let scale = Scale::new(digits, lowest);
    let mut counted = Vec::new();
    let (mut at, mut index) = (0, 0_usize);
    while at < counts.len() {
        let count = zigzag(read(counts, &mut at)?);
        if count < 0 {
            let run = usize::try_from(count.unsigned_abs()).map_err(|_| HdrError)?;
            index = index.saturating_add(run);
        } else {
            if count > 0 {
                counted.push((scale.value(index), count.unsigned_abs()));
            }
            index += 1;
        }
        if index > BUCKETS_MAX {
            return Err(HdrError);
        }
    }
    Ok(counted)
}

/// Writes a histogram of values (nanoseconds) and how often each was counted; values above `max` count as `max`.
pub fn encode(counted: &[(u64, u64)], max: u64) -> Vec<u8> {
    let scale = Scale::new(DIGITS, 1);
    let mut buckets = vec![0_u64; scale.index(max) + 1];
    for (value, count) in counted {
        if let Some(bucket) = buckets.get_mut(scale.index((*value).min(max))) {
            *bucket = bucket.saturating_add(*count);
        }
    }
    let mut counts = Vec::new();
    let mut empty = 0_i64;
    for count in buckets {
        if count == 0 {
            empty += 1;
            continue;
        }
        if empty > 0 {
            write(&mut counts, -empty);
            empty = 0;
        }
        write(&mut counts, i64::try_from(count).unwrap_or(i64::MAX));
    }
    let mut bytes = Vec::with_capacity(HEADER_BYTES + counts.len());
    bytes.extend(COOKIE.to_be_bytes());
    bytes.extend((counts.len() as u32).to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend(DIGITS.to_be_bytes());
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(max.to_be_bytes());
    bytes.extend(1_f64.to_be_bytes());
    bytes.extend(counts);
    bytes
}

fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Nine bytes at most, and the ninth has eight bits.
fn read(bytes: &[u8], at: &mut usize) -> Result<u64, HdrError> {
    let mut value = 0_u64;
    for place in 0..9 {
        let byte = *bytes.get(*at).ok_or(HdrError)?;
        *at += 1;
        if place == 8 {
            return Ok(value | u64::from(byte) << 56);
        }
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            break;
        }
    }
    Ok(value)
}

fn write(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63) as u64;
    for _ in 0..8 {
        if rest < 0x80 {
            bytes.push(rest as u8);
            return;
        }
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}
