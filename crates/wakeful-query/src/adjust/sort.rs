//! Orders that do not depend on chance.

use wakeful_model::{Attribute, SpanBatch};

use crate::tree::TreeSpan;

/// Sorts spans by start, then id; what is equal in both keeps its order.
pub(super) fn sort_spans<S: TreeSpan>(spans: &mut [S]) {
    spans.sort_by_key(|span| (span.start_unix_nanos(), span.span_id()));
}

/// Sorts events by time; what is equal keeps its order.
pub(super) fn sort_events(batch: &mut SpanBatch) {
    for span in &mut batch.spans {
        span.events.sort_by_key(|event| event.time_unix_nanos);
    }
}

/// Sorts attributes everywhere by name, and events by time.
pub(super) fn sort_collections(batch: &mut SpanBatch) {
    sort_events(batch);
    for resource in &mut batch.resources {
        sort_attributes(&mut resource.attributes);
    }
    for scope in &mut batch.scopes {
        sort_attributes(&mut scope.attributes);
    }
    for span in &mut batch.spans {
        sort_attributes(&mut span.attributes);
        for event in &mut span.events {
            sort_attributes(&mut event.attributes);
        }
        for link in &mut span.links {
            sort_attributes(&mut link.attributes);
        }
    }
}

/// Sorts by name; of several attributes of one name the last one stays, as in Jaeger.
pub(super) fn sort_attributes(attributes: &mut Vec<Attribute>) {
    if attributes.is_sorted_by(|a, b| a.key < b.key) {
        return;
    }
    // Reversed and sorted stably, the last of a name comes first among its equals and is the one that is kept.
    attributes.reverse();
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    attributes.dedup_by(|next, kept| next.key == kept.key);
}
