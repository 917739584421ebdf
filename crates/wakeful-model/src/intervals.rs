//! The active intervals of a span, packed into one attribute.
//!
//! A `tracing` span is entered and left many times, once for each poll of an async task. Those `[start, end)`
//! stretches ride on an ordinary OTLP span as a `bytes` attribute, [`KEY`], so that they survive any collector on
//! the way. The form: for each interval two LEB128 numbers, the nanoseconds since the end of the one before
//! (for the first: since the span's start), and its length. Intervals are ordered and do not overlap; at most
//! [`BYTES_MAX`] bytes are sent, past that neighbours are joined and [`JOINED_KEY`] says how many stretches were
//! joined into others.

/// The attribute (`bytes`) that carries the packed intervals.
pub const KEY: &str = "wakeful.intervals";
/// The attribute (`int`) that says how many intervals were joined with a neighbour; absent for none.
pub const JOINED_KEY: &str = "wakeful.intervals.joined";
/// The attribute (`int`, nanoseconds) with the length of the union of all active intervals.
pub const BUSY_KEY: &str = "busy_ns";
/// The attribute (`int`, nanoseconds) with the rest of the span's lifetime.
pub const IDLE_KEY: &str = "idle_ns";
/// The longest packed form that a recorder sends.
pub const BYTES_MAX: usize = 4096;

/// A stretch in which a span was entered: `[start, end)` in nanoseconds since the span's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Nanoseconds from the start of the span to the start of the interval.
    pub start: u64,
    /// Nanoseconds from the start of the span to the end of the interval; never before `start`.
    pub end: u64,
}

/// Appends the packed form of ordered intervals that do not overlap.
pub fn pack(intervals: &[Interval], out: &mut Vec<u8>) {
    let mut cursor = 0;
    for interval in intervals {
        write_varint(interval.start.saturating_sub(cursor), out);
        write_varint(interval.end.saturating_sub(interval.start), out);
        cursor = interval.end;
    }
}

/// Reads the packed form, one interval after the other; stops at the first byte that is not of that form.
pub fn unpack(packed: &[u8]) -> impl Iterator<Item = Interval> + '_ {
    let mut rest = packed;
    let mut cursor = 0_u64;
    std::iter::from_fn(move || {
        let start = cursor.checked_add(read_varint(&mut rest)?)?;
        let end = start.checked_add(read_varint(&mut rest)?)?;
        cursor = end;
        Some(Interval { start, end })
    })
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: u64, end: u64) -> Interval {
        Interval { start, end }
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        for intervals in [
            vec![],
            vec![interval(0, 0)],
            vec![interval(0, 127), interval(128, 300)],
            vec![
                interval(5, 5),
                interval(5, 1_000_000_000),
                interval(u64::MAX - 1, u64::MAX),
            ],
        ] {
            let mut packed = Vec::new();
            pack(&intervals, &mut packed);
            assert_eq!(unpack(&packed).collect::<Vec<_>>(), intervals);
        }
    }

    #[test]
    fn two_polls_of_a_millisecond_take_few_bytes() {
        let mut packed = Vec::new();
        pack(
            &[interval(0, 61_000), interval(100_300_000, 100_361_000)],
            &mut packed,
        );
        assert_eq!(packed.len(), 11);
    }

    #[test]
    fn a_stranger_s_bytes_end_the_list() {
        assert_eq!(unpack(&[1]).count(), 0);
        assert_eq!(unpack(&[1, 2, 0x80]).collect::<Vec<_>>(), [interval(1, 3)]);
        assert_eq!(unpack(&[0xff; 64]).count(), 0);
        let mut past_the_end = Vec::new();
        write_varint(u64::MAX, &mut past_the_end);
        write_varint(1, &mut past_the_end);
        assert_eq!(unpack(&past_the_end).count(), 0);
    }
}
