//! Spans of a segment by their own id.

use arrow_array::{ArrayAccessor, FixedSizeBinaryArray, StringArray, TimestampNanosecondArray};
use wakeful_model::{SpanId, TraceId};

use super::rows::{column, shared_column};
use super::{Segment, SegmentError, columns};
use crate::span_ids::FoundSpan;

impl Segment {
    /// Reads the ids of all rows, then the rest of those that have this one.
    pub(crate) fn spans_by_id(&self, id: SpanId) -> Result<Vec<FoundSpan>, SegmentError> {
        let mut rows = Vec::new();
        let mut row = 0;
        self.read_columns(&[(0, self.meta.spans as u32)], &[columns::SPAN_ID], |batch| {
            let ids: &FixedSizeBinaryArray = column(batch, columns::SPAN_ID)?;
            for found in ids {
                if found == Some(id.to_bytes().as_slice()) {
                    rows.push((row, 1));
                }
                row += 1;
            }
            Ok(())
        })?;
        let wanted = [columns::TRACE_ID, columns::START, columns::SERVICE, columns::NAME];
        let mut spans = Vec::new();
        self.read_columns(&rows, &wanted, |batch| {
            let traces: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
            let services = shared_column::<StringArray>(batch, columns::SERVICE)?;
            let names: &StringArray = column(batch, columns::NAME)?;
            for row in 0..batch.num_rows() {
                spans.extend(TraceId::from_bytes(traces.value(row)).map(|trace| FoundSpan {
                    trace,
                    service: services.value(row).to_owned(),
                    name: names.value(row).to_owned(),
                    start_unix_nanos: starts.value(row) as u64,
                }));
            }
            Ok(())
        })?;
        Ok(spans)
    }
}
