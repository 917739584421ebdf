//! The same for a trace without what hangs on its spans.

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::{SpanBatch, SpanId};
use wakeful_store::{Marks, Skeleton, SkeletonSpan};

use super::{Doubt, duplicates, shared_ids, skew, sort};
use crate::tree::Parents;

/// How many span ids are asked for at once where they repeat.
const IDS_MAX: usize = 10_000;

/// Does to a skeleton what [`super::mend`] does to the spans, as far as a skeleton shows it, or, with `raw`, what
/// [`super::tidy`] does. `whole` reads spans by their ids: whether two are copies, their skeletons cannot tell.
///
/// What only attributes tell is left out: that a span and its resource disagree about the SDK is said with the span.
/// Of a trace that `is_cut` nobody knows whether a parent is missing, so that is not said.
pub(crate) fn mend(
    skeleton: &mut Skeleton,
    raw: bool,
    is_cut: bool,
    whole: impl FnMut(&FxHashSet<SpanId>) -> SpanBatch,
) -> (Parents, Vec<(u32, Doubt)>) {
    remove_copies(skeleton, whole);
    if raw {
        sort::sort_spans(&mut skeleton.spans);
        return (Parents::of(&skeleton.spans), Vec::new());
    }
    shared_ids::make_unique(&mut skeleton.spans);
    sort::sort_spans(&mut skeleton.spans);
    let parents = Parents::of(&skeleton.spans);
    let mut doubts = skew::doubts(&skeleton.spans, &parents, &skeleton.resources);
    doubts.retain(|(_, doubt)| !(is_cut && matches!(doubt, Doubt::ParentMissing(_))));
    doubts.sort_by_key(|(place, _)| *place);
    for (place, _) in &doubts {
        skeleton.spans[*place as usize].marks.set(Marks::WARNINGS, true);
    }
    for span in &mut skeleton.spans {
        let loses_links = span.marks.contains(Marks::EMPTY_LINKS);
        span.marks.set(Marks::WARNINGS, loses_links);
    }
    (parents, doubts)
}

/// Keeps one of spans that are the same in everything.
fn remove_copies(skeleton: &mut Skeleton, mut whole: impl FnMut(&FxHashSet<SpanId>) -> SpanBatch) {
    let mut ids: Vec<_> = skeleton.spans.iter().map(|span| span.span_id).collect();
    ids.sort_unstable();
    let mut repeated: Vec<_> = ids
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect();
    drop(ids);
    repeated.dedup();
    for ids in repeated.chunks(IDS_MAX) {
        let ids: FxHashSet<SpanId> = ids.iter().copied().collect();
        let mut spans = whole(&ids);
        duplicates::remove(&mut spans);
        let mut left: FxHashMap<Visible, usize> = FxHashMap::default();
        for span in &spans.spans {
            *left.entry(Visible::of_span(span)).or_default() += 1;
        }
        skeleton.spans.retain(|span| {
            if !ids.contains(&span.span_id) {
                return true;
            }
            match left.get_mut(&Visible::of_skeleton(span)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    true
                }
                Some(_) => false,
                // It could not be read again: nothing says that it is a copy.
                None => true,
            }
        });
    }
}

/// What both forms of a span have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Visible {
    id: SpanId,
    parent: Option<SpanId>,
    kind: u8,
    start_unix_nanos: u64,
    end_unix_nanos: u64,
    status: u8,
}

impl Visible {
    fn of_span(span: &wakeful_model::Span) -> Self {
        Self {
            id: span.span_id,
            parent: span.parent_span_id,
            kind: span.kind as u8,
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.end_unix_nanos,
            status: span.status.code as u8,
        }
    }

    fn of_skeleton(span: &SkeletonSpan) -> Self {
        Self {
            id: span.span_id,
            parent: span.parent_span_id,
            kind: span.kind as u8,
            start_unix_nanos: span.start_unix_nanos,
            end_unix_nanos: span.end_unix_nanos,
            status: span.status as u8,
        }
    }
}
