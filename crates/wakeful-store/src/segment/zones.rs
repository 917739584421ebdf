//! Where in a row group long spans are.
//!
//! For each stretch of rows, called a zone, the longest duration stands behind the row groups: who looks for slow
//! spans, of which there are few, need not read the others' durations.

use super::SegmentError;

/// Rows of a zone.
pub(super) const ZONE_ROWS: u32 = 256;

/// A longest duration is kept in units of 1,024 ns, rounded up, in so many bytes; the greatest number stands for
/// all from 73 minutes on.
const ENTRY_BYTES: usize = 4;

/// The zones of rows with the given durations, in nanoseconds.
pub(super) fn encode(durations: impl Iterator<Item = u64>) -> Vec<u8> {
    let mut longest: Vec<u64> = Vec::new();
    for (row, duration) in durations.enumerate() {
        match longest.last_mut() {
            Some(last) if !row.is_multiple_of(ZONE_ROWS as usize) => *last = duration.max(*last),
            _ => longest.push(duration),
        }
    }
    let entries = longest.into_iter().map(|nanos| unit(nanos.div_ceil(1024)));
    entries.flat_map(u32::to_le_bytes).collect()
}

/// Stretches of `rows` rows (first and count, ascending, apart) outside which no span takes `least_nanos`.
pub(super) fn stretches(bytes: &[u8], rows: u32, least_nanos: u64) -> Result<Vec<(u32, u32)>, SegmentError> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() || entries.len() != rows.div_ceil(ZONE_ROWS) as usize {
        return Err(SegmentError::Format("its zones do not fit its rows"));
    }
    let least = unit(least_nanos / 1024);
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for (first, longest) in (0..).step_by(ZONE_ROWS as usize).zip(entries) {
        if u32::from_le_bytes(*longest) < least {
            continue;
        }
        let end = (first + ZONE_ROWS).min(rows);
        match stretches.last_mut() {
            Some((start, count)) if *start + *count == first => *count = end - *start,
            _ => stretches.push((first, end - first)),
        }
    }
    Ok(stretches)
}

fn unit(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zones_with_a_long_span_are_left() {
        let mut durations = vec![1_000; 1_000];
        durations[300] = 5_000_000;
        durations[511] = u64::MAX;
        durations[999] = 5_000_001;
        let zones = encode(durations.iter().copied());
        let stretches = |least| stretches(&zones, 1_000, least).unwrap();
        assert_eq!(stretches(0), [(0, 1_000)]);
        assert_eq!(stretches(1_000), [(0, 1_000)]);
        assert_eq!(stretches(5_000_000), [(256, 256), (768, 232)]);
        assert_eq!(stretches(60_000_000), [(256, 256)]);
        assert_eq!(stretches(u64::MAX), [(256, 256)]);
        assert!(super::stretches(&zones[1..], 1_000, 0).is_err());
        assert!(super::stretches(&zones, 1_025, 0).is_err());
    }
}
