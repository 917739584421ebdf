//! The calls of a segment: as they were counted when it was written, or from its rows where a range cuts it.

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayAccessor, FixedSizeBinaryArray, StringArray, TimestampNanosecondArray, UInt64Array,
};
use wakeful_model::{SpanId, TraceId};

use super::rows::{column, shared_column};
use super::{Segment, SegmentError, columns};
use crate::cache::{Cached, Part};
use crate::call_counts::{CallCounts, CallRow};
use crate::calls::{CallRows, Calls};

impl Segment {
    /// Calls of traces that began and ended within the range, both excluded.
    pub(crate) fn calls(&self, within: &RangeInclusive<u64>) -> Result<Arc<Calls>, SegmentError> {
        if *within.start() < self.meta.start_min && self.meta.end_max < *within.end() {
            self.all_calls()
        } else {
            let rows = self.read_call_rows(&[(0, self.meta.spans as u32)])?;
            Ok(Arc::new(rows.count(within)))
        }
    }

    fn all_calls(&self) -> Result<Arc<Calls>, SegmentError> {
        if let Some(Cached::Calls(calls)) = self.cached(Part::Calls) {
            return Ok(calls);
        }
        let contents = self.contents()?;
        let services = contents.catalog().services.iter();
        let services: Vec<_> = services.map(|service| service.name.clone()).collect();
        let counts = CallCounts::decode(&self.encoded_calls()?, services.len());
        let counts = counts.ok_or(SegmentError::Format("its calls do not fit its services"))?;
        let calls = Arc::new(Calls { counts, services });
        self.keep(Part::Calls, Cached::Calls(Arc::clone(&calls)));
        Ok(calls)
    }

    /// Spans of traces, as far as calls go.
    pub(crate) fn call_rows_of(&self, wanted: &[TraceId]) -> Result<CallRows, SegmentError> {
        let mut ranges = Vec::new();
        for trace in wanted {
            ranges.extend(self.rows_of(*trace)?);
        }
        ranges.sort_unstable();
        ranges.dedup();
        self.read_call_rows(&ranges)
    }

    fn read_call_rows(&self, ranges: &[(u32, u32)]) -> Result<CallRows, SegmentError> {
        let wanted = [
            columns::TRACE_ID,
            columns::SPAN_ID,
            columns::PARENT_SPAN_ID,
            columns::SERVICE,
            columns::START,
            columns::DURATION,
        ];
        let mut rows = CallRows::default();
        self.read_columns(ranges, &wanted, |batch| {
            let traces: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            let spans: &FixedSizeBinaryArray = column(batch, columns::SPAN_ID)?;
            let parents: &FixedSizeBinaryArray = column(batch, columns::PARENT_SPAN_ID)?;
            let services = shared_column::<StringArray>(batch, columns::SERVICE)?;
            let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
            let durations: &UInt64Array = column(batch, columns::DURATION)?;
            for row in 0..batch.num_rows() {
                let ids = TraceId::from_bytes(traces.value(row)).zip(SpanId::from_bytes(spans.value(row)));
                let Some((trace, span)) = ids else { continue };
                let parent = parents.is_valid(row).then(|| parents.value(row));
                let service = rows.service(services.value(row));
                let start = starts.value(row) as u64;
                rows.rows.push(CallRow {
                    trace,
                    span,
                    parent: parent.and_then(SpanId::from_bytes),
                    service,
                    start,
                    end: start.saturating_add(durations.value(row)),
                });
            }
            Ok(())
        })?;
        Ok(rows)
    }
}
