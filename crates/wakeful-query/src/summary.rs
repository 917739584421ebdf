//! A trace in one line.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wakeful_model::{Span, StatusCode, Trace};

use crate::{ServiceSummary, TraceSummary};

/// Sums up a trace.
pub fn summarize(trace: &Trace) -> TraceSummary {
    let spans = &trace.batch.spans;
    let by_id: FxHashMap<_, _> = spans
        .iter()
        .zip(0_usize..)
        .map(|(span, index)| (span.span_id, index))
        .collect();
    let parent_of = |span: &Span| span.parent_span_id.and_then(|id| by_id.get(&id).copied());
    let is_orphan = |span: &Span| span.parent_span_id.is_some() && parent_of(span).is_none();
    let earliest = |of: &dyn Fn(&Span) -> bool| {
        spans
            .iter()
            .filter(|span| of(span))
            .min_by_key(|span| (span.start_unix_nanos, span.span_id))
    };
    let root = earliest(&|span| span.parent_span_id.is_none()).or_else(|| earliest(&is_orphan));
    let mut services: BTreeMap<&str, ServiceSummary> = BTreeMap::new();
    let mut errors = 0;
    for span in spans {
        let name = trace.batch.resource(span).service_name();
        let service = services.entry(name).or_insert_with(|| ServiceSummary {
            name: name.to_owned(),
            spans: 0,
            errors: 0,
        });
        let failed = u32::from(span.status.code == StatusCode::Error);
        service.spans += 1;
        service.errors += failed;
        errors += failed;
    }
    TraceSummary {
        id: trace.id,
        root_service: root
            .map(|span| trace.batch.resource(span).service_name().to_owned())
            .unwrap_or_default(),
        root_operation: root.map(|span| span.name.clone()).unwrap_or_default(),
        start_unix_nanos: trace.start_unix_nanos(),
        end_unix_nanos: spans
            .iter()
            .map(|span| span.end_unix_nanos)
            .max()
            .unwrap_or_default(),
        spans: spans.len() as u32,
        errors,
        orphans: spans.iter().filter(|span| is_orphan(span)).count() as u32,
        depth: depth(spans, parent_of),
        services: services.into_values().collect(),
    }
}

/// Levels of the tree. Every span's level is found once, whatever the shape; a loop of parents ends where it began.
fn depth(spans: &[Span], parent_of: impl Fn(&Span) -> Option<usize>) -> u32 {
    let mut levels = vec![0_u32; spans.len()];
    let mut path = Vec::new();
    for start in 0..spans.len() {
        let mut at = Some(start);
        while let Some(index) = at.filter(|index| levels[*index] == 0) {
            // Marks that the span is on the path, so that a loop ends.
            levels[index] = u32::MAX;
            path.push(index);
            at = parent_of(&spans[index]);
        }
        let mut level = at.map_or(0, |known| {
            if levels[known] == u32::MAX {
                0
            } else {
                levels[known]
            }
        });
        for index in path.drain(..).rev() {
            level += 1;
            levels[index] = level;
        }
    }
    levels.into_iter().max().unwrap_or_default()
}
