//! Zipkin's shared spans: a server that answers under the id of the client's span.

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::{Kind, SpanId};

use crate::tree::TreeSpan;

/// Gives each server span whose id a client span has too an id of its own, below the client's, and hands the
/// children of the shared id over to it.
///
/// The new id follows from the shared one, so that it is the same at every reading, and is one that no span of the
/// trace has. (Jaeger counts from 1, which may be the id of a span that arrives later.)
pub(super) fn make_unique<S: TreeSpan>(spans: &mut [S]) {
    let servers: FxHashSet<SpanId> = of_kind(spans, Kind::Server).collect();
    let shared: FxHashSet<SpanId> = of_kind(spans, Kind::Client)
        .filter(|id| servers.contains(id))
        .collect();
    if shared.is_empty() {
        return;
    }
    drop(servers);

    let mut taken: FxHashSet<SpanId> = spans.iter().map(TreeSpan::span_id).collect();
    taken.extend(spans.iter().filter_map(TreeSpan::parent_span_id));
    let mut server_of = FxHashMap::default();
    let mut is_renamed = vec![false; spans.len()];
    for (span, renamed) in spans.iter_mut().zip(&mut is_renamed) {
        let id = span.span_id();
        if span.kind() == Kind::Server && shared.contains(&id) {
            let fresh = fresh_id(id, &mut taken);
            span.rename(fresh, id);
            server_of.insert(id, fresh);
            *renamed = true;
        }
    }
    for (span, renamed) in spans.iter_mut().zip(is_renamed) {
        if let Some(server) = span.parent_span_id().and_then(|parent| server_of.get(&parent))
            && !renamed
        {
            span.set_parent(*server);
        }
    }
}

fn of_kind<S: TreeSpan>(spans: &[S], kind: Kind) -> impl Iterator<Item = SpanId> {
    spans
        .iter()
        .filter(move |span| span.kind() == kind)
        .map(TreeSpan::span_id)
}

/// The first id of a sequence that starts at `shared` and is not taken; it is taken then.
fn fresh_id(shared: SpanId, taken: &mut FxHashSet<SpanId>) -> SpanId {
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
