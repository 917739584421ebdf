//! Zipkin's shared spans: a server that answers under the id of the client's span.

use std::collections::{HashMap, HashSet};

use wakeful_model::{Kind, SpanBatch, SpanId};

/// Gives each server span whose id a client span has too an id of its own, below the client's, and hands the
/// children of the shared id over to it.
///
/// The new id follows from the shared one, so that it is the same at every reading, and is one that no span of the
/// trace has. (Jaeger counts from 1, which may be the id of a span that arrives later.)
pub(super) fn make_unique(batch: &mut SpanBatch) {
    let of_clients: HashSet<SpanId> = batch
        .spans
        .iter()
        .filter(|span| span.kind == Kind::Client)
        .map(|span| span.span_id)
        .collect();
    let is_shared = |kind: Kind, id: SpanId| kind == Kind::Server && of_clients.contains(&id);
    if !batch.spans.iter().any(|span| is_shared(span.kind, span.span_id)) {
        return;
    }

    let mut taken: HashSet<SpanId> = batch.spans.iter().map(|span| span.span_id).collect();
    taken.extend(batch.spans.iter().filter_map(|span| span.parent_span_id));
    let mut server_of = HashMap::new();
    let mut is_renamed = vec![false; batch.spans.len()];
    for (span, renamed) in batch.spans.iter_mut().zip(&mut is_renamed) {
        if is_shared(span.kind, span.span_id) {
            let shared = span.span_id;
            span.span_id = fresh_id(shared, &mut taken);
            span.parent_span_id = Some(shared);
            server_of.insert(shared, span.span_id);
            *renamed = true;
        }
    }
    for (span, renamed) in batch.spans.iter_mut().zip(is_renamed) {
        if let Some(server) = span.parent_span_id.and_then(|parent| server_of.get(&parent))
            && !renamed
        {
            span.parent_span_id = Some(*server);
        }
    }
}

/// The first id of a sequence that starts at `shared` and is not taken; it is taken then.
fn fresh_id(shared: SpanId, taken: &mut HashSet<SpanId>) -> SpanId {
    let mut state = shared.get();
    loop {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        if let Some(id) = SpanId::new(mix(state))
            && taken.insert(id)
        {
            return id;
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection, so the sequence never repeats early.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
