//! The longest spans of a row group, found once and kept.
//!
//! Slow spans are few and far apart: zones (`zones.rs`) say where there are some, but nearly every page of durations and
//! services has one. Who asks for them again, or for those of another service, reads neither.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::{ArrayAccessor, StringArray, UInt64Array};

use super::rows::{column, shared_column};
use super::stretches::close_by;
use super::{Segment, SegmentError, columns};
use crate::cache::{Cached, Part};

/// So many spans of a row group are known.
const SPANS_MAX: usize = 1024;

/// The longest spans of a row group.
#[derive(Debug)]
pub(crate) struct Longest {
    /// All spans that took as long as this are known.
    floor_nanos: u64,
    /// By row.
    spans: Vec<LongSpan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LongSpan {
    /// Its number within the segment.
    row: u32,
    /// Its place among the segment's services.
    service: u32,
    duration_nanos: u64,
}

impl Longest {
    pub(crate) fn size_bytes(&self) -> usize {
        self.spans.len() * size_of::<LongSpan>()
    }

    /// The rows of spans of a service (by its place among the segment's; of all, if `None`) whose durations are in a range, ascending; `None`
    /// if not all of them are known.
    pub(super) fn rows<'a>(
        &'a self,
        nanos: &'a RangeInclusive<u64>,
        service: Option<u32>,
    ) -> Option<impl Iterator<Item = u32> + 'a> {
        let spans = (*nanos.start() >= self.floor_nanos).then_some(&self.spans)?;
        let is_wanted = move |span: &&LongSpan| {
            nanos.contains(&span.duration_nanos) && service.is_none_or(|service| service == span.service)
        };
        Some(spans.iter().filter(is_wanted).map(|span| span.row))
    }
}

impl Segment {
    /// The longest spans of a row group.
    pub(super) fn longest(&self, row_group: usize) -> Result<Arc<Longest>, SegmentError> {
        let part = Part::Longest(row_group);
        if let Some(Cached::Longest(longest)) = self.cached(part) {
            return Ok(longest);
        }
        let longest = Arc::new(self.find_longest(row_group)?);
        self.keep(part, Cached::Longest(Arc::clone(&longest)));
        Ok(longest)
    }

    fn find_longest(&self, row_group: usize) -> Result<Longest, SegmentError> {
        let rows = [(self.first_row(row_group), self.row_groups()[row_group].rows)];
        let mut durations = LongestRows::default();
        self.read_numbered(&rows, &[columns::DURATION], |batch, numbers| {
            let nanos: &UInt64Array = column(batch, columns::DURATION)?;
            for (index, nanos) in nanos.values().iter().enumerate() {
                durations.push(*nanos, numbers.row(index));
            }
            Ok(())
        })?;
        let (floor_nanos, durations) = durations.finish();
        let contents = self.contents()?;
        let services = &contents.catalog().services;
        let mut wanted = durations.iter().copied().peekable();
        let mut spans = Vec::with_capacity(durations.len());
        let rows: Vec<u32> = durations.iter().map(|(row, _)| *row).collect();
        self.read_numbered(&close_by(&rows), &[columns::SERVICE], |batch, numbers| {
            let names = shared_column::<StringArray>(batch, columns::SERVICE)?;
            for index in 0..batch.num_rows() {
                let number = numbers.row(index);
                let Some((row, duration_nanos)) = wanted.next_if(|(row, _)| *row == number) else {
                    continue;
                };
                let name = names.value(index);
                let service = services.iter().position(|service| service.name == name);
                let service =
                    service.ok_or(SegmentError::Format("a span's service is not among its services"))?;
                spans.push(LongSpan {
                    row,
                    service: service as u32,
                    duration_nanos,
                });
            }
            Ok(())
        })?;
        Ok(Longest { floor_nanos, spans })
    }
}

/// Keeps the rows of the longest durations.
#[derive(Default)]
struct LongestRows {
    /// The shortest first; one more than are wanted, for the floor.
    kept: BinaryHeap<Reverse<(u64, u32)>>,
}

impl LongestRows {
    fn push(&mut self, nanos: u64, row: u32) {
        if self.kept.len() <= SPANS_MAX {
            self.kept.push(Reverse((nanos, row)));
        } else if let Some(mut shortest) = self.kept.peek_mut()
            && nanos > shortest.0.0
        {
            *shortest = Reverse((nanos, row));
        }
    }

    /// From which duration on all are there, and they, by row.
    fn finish(mut self) -> (u64, Vec<(u32, u64)>) {
        let cut = if self.kept.len() > SPANS_MAX {
            self.kept.pop()
        } else {
            None
        };
        // Of those that took as long as the one that was cut off, others may have gone before it.
        let floor = cut.map_or(0, |Reverse((nanos, _))| nanos.saturating_add(1));
        let kept = self.kept.into_iter().map(|Reverse((nanos, row))| (row, nanos));
        let mut rows: Vec<_> = kept.filter(|(_, nanos)| *nanos >= floor).collect();
        rows.sort_unstable();
        (floor, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spans_from_the_floor_on_are_kept() {
        let check = |durations: &[u64], floor: u64| {
            let mut longest = LongestRows::default();
            durations
                .iter()
                .zip(0..)
                .for_each(|(nanos, row)| longest.push(*nanos, row));
            let expected = durations.iter().copied().enumerate();
            let expected = expected.filter(|(_, nanos)| *nanos >= floor);
            let expected: Vec<_> = expected.map(|(row, nanos)| (row as u32, nanos)).collect();
            assert_eq!(longest.finish(), (floor, expected));
        };
        check(&[], 0);
        check(&[5, 3, 9], 0);
        let few: Vec<u64> = (0..SPANS_MAX as u64).collect();
        check(&few, 0);
        let many: Vec<u64> = (0..SPANS_MAX as u64 * 3).map(|n| n * 7919 % 3072).collect();
        check(&many, 2048);
        // Equally long ones are known all or not at all.
        check(&vec![4; SPANS_MAX + 1], 5);
        let mut ties = vec![4; SPANS_MAX];
        ties.extend([9, 9]);
        check(&ties, 5);
    }

    #[test]
    fn who_asks_for_more_than_is_known_is_told_so() {
        let span = |row, service, duration_nanos| LongSpan {
            row,
            service,
            duration_nanos,
        };
        let longest = Longest {
            floor_nanos: 100,
            spans: vec![span(3, 0, 100), span(5, 1, 300), span(9, 0, 250)],
        };
        let rows = |nanos, service| Some(longest.rows(&nanos, service)?.collect::<Vec<_>>());
        assert_eq!(rows(99..=u64::MAX, None), None);
        assert_eq!(rows(100..=u64::MAX, None), Some(vec![3, 5, 9]));
        assert_eq!(rows(100..=299, None), Some(vec![3, 9]));
        assert_eq!(rows(200..=u64::MAX, Some(0)), Some(vec![9]));
        assert_eq!(rows(400..=u64::MAX, Some(1)), Some(vec![]));
    }
}
