//! Spans by their own id alone, whatever their trace.

use wakeful_model::{SpanId, TraceId};

use crate::state::Snapshot;
use crate::{ReadError, Store};

/// A span, as far as one needs to know where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSpan {
    /// Its trace.
    pub trace: TraceId,
    /// Its service.
    pub service: String,
    /// Its name.
    pub name: String,
    /// When it began, Unix nanoseconds.
    pub start_unix_nanos: u64,
}

impl Store {
    /// Spans with this id that began at `since` (Unix nanoseconds) or later, the newest first, at most `limit`. Ids of
    /// spans have no index, so all of that time are looked at; `is_wanted` ends it when nobody waits any more. Segments
    /// that cannot be read are told beside. Blocks.
    pub fn spans_by_id(
        &self,
        id: SpanId,
        since: u64,
        limit: usize,
        is_wanted: impl Fn() -> bool,
    ) -> (Vec<FoundSpan>, Vec<ReadError>) {
        self.read(|snapshot| snapshot.spans_by_id(id, since, limit, is_wanted))
    }
}

impl Snapshot {
    fn spans_by_id(
        &self,
        id: SpanId,
        since: u64,
        limit: usize,
        is_wanted: impl Fn() -> bool,
    ) -> (Vec<FoundSpan>, Vec<ReadError>) {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for batch in self.batches() {
            let rows = batch.trace_ids().iter().zip(batch.rows());
            let rows = rows.filter(|(_, row)| row.span_id == id && row.start_unix_nanos >= since);
            found.extend(rows.map(|(trace, row)| {
                let operation = &batch.operations()[row.operation as usize];
                FoundSpan {
                    trace: *trace,
                    service: batch
                        .service(&batch.groups()[operation.group as usize])
                        .to_owned(),
                    name: batch.name(operation).to_owned(),
                    start_unix_nanos: row.start_unix_nanos,
                }
            }));
        }
        let segments = self.segments.iter();
        for segment in segments.filter(|segment| segment.meta.start_max >= since) {
            if !is_wanted() {
                break;
            }
            match segment.spans_by_id(id) {
                Ok(spans) => found.extend(spans.into_iter().filter(|span| span.start_unix_nanos >= since)),
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
        found.sort_unstable_by_key(|span| (std::cmp::Reverse(span.start_unix_nanos), span.trace));
        found.dedup();
        found.truncate(limit);
        (found, problems)
    }
}
