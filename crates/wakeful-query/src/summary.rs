//! A trace in one line.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wakeful_model::{StatusCode, Trace, TraceId};

use crate::tree::TreeSpan;
use crate::{ServiceSummary, SkeletonTrace, TraceSummary};

/// Sums up a trace.
pub fn summarize(trace: &Trace) -> TraceSummary {
    sum_up(trace.id, &trace.batch.spans, |span| Facts {
        service: trace.batch.resource(span).service_name(),
        operation: &span.name,
        status: span.status.code,
    })
}

/// Sums up a trace of which only the skeleton was read.
pub(crate) fn summarize_skeleton(trace: &SkeletonTrace) -> TraceSummary {
    let skeleton = &trace.skeleton;
    let mut summary = sum_up(skeleton.trace_id, &skeleton.spans, |span| Facts {
        service: skeleton.resources[span.resource as usize].service_name(),
        operation: &skeleton.names[span.name as usize],
        status: span.status,
    });
    if trace.is_cut {
        // Those that were left out count, too.
        summary.spans = u32::try_from(skeleton.stored).unwrap_or(u32::MAX);
    }
    summary
}

/// What a line takes of a span beside its place in the tree.
struct Facts<'a> {
    service: &'a str,
    operation: &'a str,
    status: StatusCode,
}

fn sum_up<'a, S: TreeSpan>(id: TraceId, spans: &'a [S], facts: impl Fn(&'a S) -> Facts<'a>) -> TraceSummary {
    let by_id: FxHashMap<_, _> = spans
        .iter()
        .zip(0_usize..)
        .map(|(span, index)| (span.span_id(), index))
        .collect();
    let parent_of = |span: &S| span.parent_span_id().and_then(|id| by_id.get(&id).copied());
    let is_orphan = |span: &S| span.parent_span_id().is_some() && parent_of(span).is_none();
    let earliest = |of: &dyn Fn(&S) -> bool| {
        spans
            .iter()
            .filter(|span| of(span))
            .min_by_key(|span| (span.start_unix_nanos(), span.span_id()))
    };
    let root = earliest(&|span| span.parent_span_id().is_none()).or_else(|| earliest(&is_orphan));
    let root = root.map(&facts);
    let mut services: BTreeMap<&str, ServiceSummary> = BTreeMap::new();
    let mut errors = 0;
    for span in spans {
        let Facts {
            service: name,
            status,
            ..
        } = facts(span);
        let service = services.entry(name).or_insert_with(|| ServiceSummary {
            name: name.to_owned(),
            spans: 0,
            errors: 0,
        });
        let failed = u32::from(status == StatusCode::Error);
        service.spans += 1;
        service.errors += failed;
        errors += failed;
    }
    TraceSummary {
        id,
        root_service: root
            .as_ref()
            .map_or_else(String::new, |root| root.service.to_owned()),
        root_operation: root.map_or_else(String::new, |root| root.operation.to_owned()),
        start_unix_nanos: spans.iter().map(S::start_unix_nanos).min().unwrap_or_default(),
        end_unix_nanos: spans.iter().map(S::end_unix_nanos).max().unwrap_or_default(),
        spans: spans.len() as u32,
        errors,
        orphans: spans.iter().filter(|span| is_orphan(span)).count() as u32,
        depth: depth(spans, parent_of),
        services: services.into_values().collect(),
    }
}

/// Levels of the tree. Every span's level is found once, whatever the shape; a loop of parents ends where it began.
fn depth<S>(spans: &[S], parent_of: impl Fn(&S) -> Option<usize>) -> u32 {
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
