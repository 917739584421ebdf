//! The spans that traces are named after.

use std::sync::Arc;

use arrow_array::{Array, ArrayAccessor, FixedSizeBinaryArray, StringArray, TimestampNanosecondArray};
use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::{SpanId, TraceId};

use super::rows::{column, shared_column};
use super::{Segment, SegmentError, columns};

/// The span that a trace is named after. Of several the least counts: one without a parent comes before one whose
/// parent is missing, an earlier one before a later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Root {
    /// It has a parent, which is missing.
    pub(crate) is_orphan: bool,
    pub(crate) start: u64,
    pub(crate) span: SpanId,
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
}

/// A span, as far as roots go.
#[derive(Debug, Clone)]
pub(crate) struct RootSpan {
    pub(crate) span: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) start: u64,
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
}

/// The root of spans of one trace: the earliest without a parent, else the earliest whose parent is not here.
pub(crate) fn root_of(spans: &[RootSpan]) -> Option<Root> {
    let earliest = |of: &dyn Fn(&RootSpan) -> bool| {
        let of = spans.iter().filter(|span| of(span));
        of.min_by_key(|span| (span.start, span.span))
    };
    let found = earliest(&|span| span.parent.is_none()).or_else(|| {
        let ids: FxHashSet<_> = spans.iter().map(|span| span.span).collect();
        earliest(&|span| span.parent.is_some_and(|parent| !ids.contains(&parent)))
    })?;
    Some(Root {
        is_orphan: found.parent.is_some(),
        start: found.start,
        span: found.span,
        service: Arc::clone(&found.service),
        name: Arc::clone(&found.name),
    })
}

/// Texts of which there are few, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Texts(FxHashMap<Box<str>, Arc<str>>);

impl Texts {
    pub(crate) fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(text.into(), Arc::clone(&new));
        new
    }
}

impl Segment {
    /// The spans of the traces of rows (first and count, ascending, not overlapping), a trace's together.
    pub(crate) fn read_root_spans(
        &self,
        ranges: &[(u32, u32)],
        texts: &mut Texts,
        mut each: impl FnMut(TraceId, &[RootSpan]),
    ) -> Result<(), SegmentError> {
        let wanted = [
            columns::TRACE_ID,
            columns::SPAN_ID,
            columns::PARENT_SPAN_ID,
            columns::START,
            columns::SERVICE,
            columns::NAME,
        ];
        // A trace's rows are neighbours.
        let mut current: Option<TraceId> = None;
        let mut spans: Vec<RootSpan> = Vec::new();
        let mut finish = |trace: Option<TraceId>, spans: &mut Vec<RootSpan>| {
            if let Some(trace) = trace {
                each(trace, spans);
            }
            spans.clear();
        };
        self.read_columns(ranges, &wanted, |batch| {
            let traces: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            let ids: &FixedSizeBinaryArray = column(batch, columns::SPAN_ID)?;
            let parents: &FixedSizeBinaryArray = column(batch, columns::PARENT_SPAN_ID)?;
            let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
            let services = shared_column::<StringArray>(batch, columns::SERVICE)?;
            let names: &StringArray = column(batch, columns::NAME)?;
            for row in 0..batch.num_rows() {
                let trace = TraceId::from_bytes(traces.value(row));
                if trace != current {
                    finish(current, &mut spans);
                    current = trace;
                }
                let parent = parents.is_valid(row).then(|| parents.value(row));
                spans.extend(SpanId::from_bytes(ids.value(row)).map(|span| RootSpan {
                    span,
                    parent: parent.and_then(SpanId::from_bytes),
                    start: starts.value(row) as u64,
                    service: texts.intern(services.value(row)),
                    name: texts.intern(names.value(row)),
                }));
            }
            Ok(())
        })?;
        finish(current, &mut spans);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_after_its_earliest_span_without_a_parent() {
        let span = |id, parent, start, name: &str| RootSpan {
            span: SpanId::new(id).unwrap(),
            parent: SpanId::new(parent),
            start,
            service: "s".into(),
            name: name.into(),
        };
        let check = |spans: &[RootSpan], name, is_orphan| {
            let root = root_of(spans).unwrap();
            assert_eq!((&*root.name, root.is_orphan), (name, is_orphan));
        };
        let roots = [span(2, 0, 7, "root"), span(3, 0, 9, "later")];
        check(&[&[span(1, 2, 5, "child")], &roots[..]].concat(), "root", false);
        check(&[span(1, 9, 5, "orphan"), span(2, 1, 1, "child")], "orphan", true);
        assert!(root_of(&[]).is_none());
    }
}
