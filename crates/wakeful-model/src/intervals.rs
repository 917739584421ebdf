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

/// Bytes that [`pack`] appends for these intervals.
pub fn packed_bytes(intervals: &[Interval]) -> usize {
    let mut cursor = 0;
    let mut bytes = 0;
    for interval in intervals {
        bytes += varint_bytes(interval.start.saturating_sub(cursor));
        bytes += varint_bytes(interval.end.saturating_sub(interval.start));
        cursor = interval.end;
    }
    bytes
}

fn varint_bytes(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// Joins neighbours until the packed form takes at most [`BYTES_MAX`] bytes; returns how many were joined into others. What is
/// nearest to its neighbour is joined first, so that the picture changes least.
pub fn join_to_fit(intervals: &mut Vec<Interval>) -> u64 {
    let before = intervals.len();
    while packed_bytes(intervals) > BYTES_MAX {
        // Each pass joins about the nearer half, so there are few.
        let mut gaps: Vec<u64> = intervals
            .windows(2)
            .map(|pair| pair[1].start.saturating_sub(pair[0].end))
            .collect();
        let middle = gaps.len() / 2;
        let (_, limit, _) = gaps.select_nth_unstable(middle);
        let limit = *limit;
        let mut joined_last = false;
        intervals.dedup_by(|next, kept| {
            let gap = next.start.saturating_sub(kept.end);
            // Of equal gaps every other one goes, or a regular row would become one long stretch.
            joined_last = gap < limit || gap == limit && !joined_last;
            if joined_last {
                kept.end = kept.end.max(next.end);
            }
            joined_last
        });
    }
    (before - intervals.len()) as u64
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
            assert_eq!(packed.len(), packed_bytes(&intervals));
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
    fn a_million_polls_are_joined_into_four_kilobytes() {
        for gap in [1, 7, 1000] {
            let mut intervals: Vec<Interval> = (0..1_000_000)
                .map(|at| interval(at * 2000, at * 2000 + 2000 - gap - at % 2 * 100))
                .collect();
            let end = intervals[999_999].end;
            let joined = join_to_fit(&mut intervals);
            assert_eq!(joined + intervals.len() as u64, 1_000_000);
            assert!(packed_bytes(&intervals) <= BYTES_MAX);
            assert!(packed_bytes(&intervals) > BYTES_MAX / 4, "{}", intervals.len());
            assert_eq!((intervals[0].start, intervals.last().unwrap().end), (0, end));
        }
        let mut few = vec![interval(0, 1), interval(2, 3)];
        assert_eq!(join_to_fit(&mut few), 0);
        assert_eq!(few.len(), 2);
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
