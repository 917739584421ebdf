//! What a segment has of each trace, in a few numbers: enough to sort and to count traces without their spans.

use std::sync::Arc;

use arrow_array::{FixedSizeBinaryArray, TimestampNanosecondArray, UInt8Array, UInt64Array};
use wakeful_model::{StatusCode, TraceId};

use super::rows::column;
use super::scan::{Narrowed, Places};
use super::{Segment, SegmentError, columns};
use crate::cache::{Cached, Part as CachedPart};
use crate::filter::SpanFilter;

/// A trace's spans of one place, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) trace: TraceId,
    /// Earliest start of a span, Unix nanoseconds.
    pub(crate) start: u64,
    /// Latest end of a span, Unix nanoseconds.
    pub(crate) end: u64,
    pub(crate) spans: u32,
    /// Spans that failed.
    pub(crate) errors: u32,
}

impl Part {
    /// A part of one span.
    pub(crate) fn of_span(trace: TraceId, start: u64, duration: u64, status: u8) -> Self {
        Self {
            trace,
            start,
            end: start.saturating_add(duration),
            spans: 1,
            errors: u32::from(status == StatusCode::Error as u8),
        }
    }

    /// Adds another part of the same trace.
    pub(crate) fn add(&mut self, other: &Self) {
        self.start = other.start.min(self.start);
        self.end = other.end.max(self.end);
        self.spans = self.spans.saturating_add(other.spans);
        self.errors = self.errors.saturating_add(other.errors);
    }
}

/// All traces of a segment, in the order of its rows.
#[derive(Debug)]
pub(crate) struct Outlines(Vec<Part>);

impl Outlines {
    /// Bytes of one trace.
    pub(crate) const TRACE_BYTES: usize = size_of::<Part>();

    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.0.len() * Self::TRACE_BYTES
    }

    /// The traces of rows, which ascend.
    fn of_rows(&self, rows: impl IntoIterator<Item = u32>, mut each: impl FnMut(TraceId)) {
        let mut parts = self.0.iter();
        let mut end = 0;
        for row in rows {
            let mut last = None;
            while end <= row {
                let Some(part) = parts.next() else { return };
                end += part.spans;
                last = Some(part.trace);
            }
            last.into_iter().for_each(&mut each);
        }
    }
}

impl Segment {
    /// Every trace; kept for the next question if all segments' fit into half of what may be kept.
    pub(crate) fn outlines(&self, traces_of_all: u64) -> Result<Arc<Outlines>, SegmentError> {
        if let Some(Cached::Outlines(outlines)) = self.cached(CachedPart::Outlines) {
            return Ok(outlines);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(self.traces() as usize);
        self.read_parts(&[(0, self.meta.spans as u32)], |part| match parts.last_mut() {
            Some(last) if last.trace == part.trace => last.add(&part),
            _ => parts.push(part),
        })?;
        let outlines = Arc::new(Outlines(parts));
        if traces_of_all as usize * Outlines::TRACE_BYTES <= self.kept_bytes_max() / 2 {
            self.keep(CachedPart::Outlines, Cached::Outlines(Arc::clone(&outlines)));
        }
        Ok(outlines)
    }

    /// The spans of rows (first and count, ascending, not overlapping), each a part.
    pub(crate) fn read_parts(
        &self,
        ranges: &[(u32, u32)],
        mut each: impl FnMut(Part),
    ) -> Result<(), SegmentError> {
        let wanted = [
            columns::TRACE_ID,
            columns::START,
            columns::DURATION,
            columns::STATUS_CODE,
        ];
        self.read_columns(ranges, &wanted, |batch| {
            let ids: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
            let durations: &UInt64Array = column(batch, columns::DURATION)?;
            let codes: &UInt8Array = column(batch, columns::STATUS_CODE)?;
            for row in 0..batch.num_rows() {
                if let Some(trace) = TraceId::from_bytes(ids.value(row)) {
                    let (start, duration) = (starts.value(row) as u64, durations.value(row));
                    each(Part::of_span(trace, start, duration, codes.value(row)));
                }
            }
            Ok(())
        })
    }

    /// The traces of which a row of a row group meets the filter; some may be told more than once.
    pub(crate) fn matching_traces(
        &self,
        row_group: usize,
        filter: &SpanFilter,
        places: &Places,
        traces_of_all: u64,
        mut each: impl FnMut(TraceId),
    ) -> Result<(), SegmentError> {
        let rows = self.row_groups()[row_group].rows;
        let first: u32 = self.row_groups()[..row_group]
            .iter()
            .map(|group| group.rows)
            .sum();
        let Narrowed {
            stretches,
            rows: found,
        } = self.narrow(row_group, 0..rows, filter, places)?;
        let few = stretches.iter().map(|(_, count)| count).sum::<u32>() < rows / FEW;
        match found {
            Some(found) if few => {
                let mut numbers = stretches.iter().flat_map(|(first, count)| *first..first + count);
                self.read_columns(&stretches, &[columns::TRACE_ID], |batch| {
                    let ids: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
                    for (id, row) in ids.iter().zip(&mut numbers) {
                        if found.binary_search(&row).is_ok() {
                            id.and_then(TraceId::from_bytes).into_iter().for_each(&mut each);
                        }
                    }
                    Ok(())
                })
            }
            Some(found) => {
                self.outlines(traces_of_all)?.of_rows(found, each);
                Ok(())
            }
            None => {
                self.outlines(traces_of_all)?.of_rows(first..first + rows, each);
                Ok(())
            }
        }
    }
}

/// Rows are few if they are one in so many.
const FEW: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lead_to_their_traces() {
        let id = |n: u128| TraceId::new(n).unwrap();
        let part = |n: u128, spans: u32| Part {
            spans,
            ..Part::of_span(id(n), 0, 0, 0)
        };
        let outlines = Outlines(vec![part(1, 3), part(2, 1), part(3, 2)]);
        let check = |rows: &[u32], expected: &[u128]| {
            let mut found = Vec::new();
            outlines.of_rows(rows.iter().copied(), |trace| found.push(trace.get()));
            assert_eq!(found, expected, "{rows:?}");
        };
        check(&[], &[]);
        check(&[0, 1, 2], &[1]);
        check(&[2, 3], &[1, 2]);
        check(&[5], &[3]);
        check(&[0, 1, 2, 3, 4, 5], &[1, 2, 3]);
        check(&[6], &[]);
    }
}
