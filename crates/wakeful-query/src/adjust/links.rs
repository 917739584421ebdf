//! Links that point nowhere.

use wakeful_model::SpanBatch;

/// Drops links without a trace id, and notes each.
pub(super) fn drop_empty(batch: &mut SpanBatch) {
    for span in &mut batch.spans {
        let before = span.links.len();
        span.links.retain(|link| link.trace_id.is_some());
        for _ in span.links.len()..before {
            span.add_warning("Invalid span link removed");
        }
    }
}
