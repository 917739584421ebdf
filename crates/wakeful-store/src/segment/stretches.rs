//! Stretches of rows: first and count, ascending, apart.

/// Rows that are read along with those that are wanted, where that costs less than to leave them out.
const GAP_ROWS: u32 = 8;

/// The stretches that rows make up, with small gaps filled.
pub(super) fn close_by(rows: &[u32]) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for row in rows {
        match stretches.last_mut() {
            Some((first, count)) if *row <= *first + *count + GAP_ROWS => *count = row + 1 - *first,
            _ => stretches.push((*row, 1)),
        }
    }
    stretches
}

/// A found row is read with so many before and behind it, so that its trace is seen whole: more than most traces have.
const NEAR_ROWS: u32 = 128;

/// The rows of a stretch that are near one of the rows.
pub(super) fn around(rows: &[u32], (first, count): (u32, u32)) -> Vec<(u32, u32)> {
    let mut near: Vec<(u32, u32)> = Vec::new();
    for row in rows {
        let start = row.saturating_sub(NEAR_ROWS).max(first);
        let end = (row + NEAR_ROWS).min(first + count);
        match near.last_mut() {
            Some((last, count)) if *last + *count >= start => *count = end - *last,
            _ => near.push((start, end - start)),
        }
    }
    near
}

/// Whether a row is in one of the stretches.
pub(super) fn has(stretches: &[(u32, u32)], row: u32) -> bool {
    let begun = stretches.partition_point(|(first, _)| *first <= row);
    stretches[..begun]
        .last()
        .is_some_and(|(first, count)| row - first < *count)
}

/// What two lists of stretches have in common.
pub(super) fn overlap(left: &[(u32, u32)], right: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut both = Vec::new();
    while let (Some((a, a_count)), Some((b, b_count))) = (left.peek(), right.peek()) {
        let (a_end, b_end) = (a + a_count, b + b_count);
        let (start, end) = (*a.max(b), a_end.min(b_end));
        if start < end {
            both.push((start, end - start));
        }
        if a_end < b_end {
            left.next();
        } else {
            right.next();
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_joined_widened_and_cut() {
        assert_eq!(close_by(&[]), []);
        assert_eq!(close_by(&[3, 4, 12, 22, 100]), [(3, 10), (22, 1), (100, 1)]);
        assert_eq!(around(&[5, 7], (0, 1_000)), [(0, 135)]);
        assert_eq!(
            around(&[200, 500, 990], (100, 900)),
            [(100, 228), (372, 256), (862, 138)]
        );
        assert_eq!(
            overlap(&[(0, 10), (20, 10)], &[(5, 20), (29, 5)]),
            [(5, 5), (20, 5), (29, 1)]
        );
        assert_eq!(overlap(&[(0, 10)], &[(10, 5)]), []);
        let within = [2, 3, 5, 6, 9, 10, 11].map(|row| has(&[(3, 3), (10, 1)], row));
        assert_eq!(within, [false, true, true, false, false, true, false]);
    }
}
