//! Some spans of a trace, whole; or all of them, some thousands at a time.

use arrow_array::FixedSizeBinaryArray;
use rustc_hash::FxHashSet;
use wakeful_model::{SpanBatch, SpanId, TraceId};

use crate::assembly::Assembly;
use crate::segment::{Segment, SegmentError};
use crate::state::Snapshot;
use crate::{ReadError, Store, tail};

/// How many spans are handed over at once.
const CHUNK_ROWS: u32 = 16_384;

impl Snapshot {
    fn spans_of(&self, trace: TraceId, ids: &FxHashSet<SpanId>) -> (SpanBatch, Vec<ReadError>) {
        let mut found = Assembly::new(&[trace]);
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            let read = segment
                .rows_of_spans(trace, ids)
                .and_then(|rows| segment.read_spans(&rows, &mut found));
            problems.extend(read.err().map(|error| segment.read_error(&error)));
        }
        for batch in self.batches() {
            tail::read_spans_if(batch, &mut found, |row| ids.contains(&row.span_id));
        }
        (found.take(trace), problems)
    }

    fn each_chunk(&self, trace: TraceId, mut each: impl FnMut(SpanBatch) -> bool) -> Vec<ReadError> {
        let mut problems = Vec::new();
        let mut goes_on = true;
        for segment in self.segments.iter() {
            let read = segment.rows_of(trace).and_then(|ranges| {
                for chunk in chunks(&ranges) {
                    if !goes_on {
                        break;
                    }
                    let mut found = Assembly::new(&[trace]);
                    segment.read_spans(&[chunk], &mut found)?;
                    goes_on = each(found.take(trace));
                }
                Ok(())
            });
            problems.extend(read.err().map(|error| segment.read_error(&error)));
        }
        for batch in self.batches() {
            if !goes_on {
                break;
            }
            let mut found = Assembly::new(&[trace]);
            tail::read_spans(batch, &mut found);
            let spans = found.take(trace);
            goes_on = spans.spans.is_empty() || each(spans);
        }
        problems
    }
}

/// Ranges of rows, cut into pieces of bounded size.
fn chunks(ranges: &[(u32, u32)]) -> impl Iterator<Item = (u32, u32)> {
    ranges.iter().flat_map(|&(first, rows)| {
        (first..first + rows)
            .step_by(CHUNK_ROWS as usize)
            .map(move |at| (at, CHUNK_ROWS.min(first + rows - at)))
    })
}

impl Segment {
    /// The rows of these spans.
    fn rows_of_spans(
        &self,
        trace: TraceId,
        ids: &FxHashSet<SpanId>,
    ) -> Result<Vec<(u32, u32)>, SegmentError> {
        let ranges = self.rows_of(trace)?;
        let mut numbers = ranges.iter().flat_map(|(first, rows)| *first..first + rows);
        let mut found = Vec::new();
        self.read_ids(&ranges, |column: &FixedSizeBinaryArray| {
            for (id, row) in column.iter().zip(&mut numbers) {
                if id
                    .and_then(SpanId::from_bytes)
                    .is_some_and(|id| ids.contains(&id))
                {
                    found.push((row, 1));
                }
            }
        })?;
        Ok(found)
    }
}

impl Store {
    /// The spans of these ids of a trace, whole. Segments that cannot be read are told beside. Blocks.
    pub fn spans_of(&self, trace: TraceId, ids: &FxHashSet<SpanId>) -> (SpanBatch, Vec<ReadError>) {
        self.read(|snapshot| snapshot.spans_of(trace, ids))
    }

    /// Calls `each` with all spans of a trace, some thousands at a time, until it returns `false`. Segments that
    /// cannot be read are told at the end. Blocks.
    pub fn each_chunk(&self, trace: TraceId, each: impl FnMut(SpanBatch) -> bool) -> Vec<ReadError> {
        self.read(|snapshot| ((), snapshot.each_chunk(trace, each))).1
    }
}
