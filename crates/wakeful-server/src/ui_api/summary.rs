//! A whole trace in one line.

use std::collections::BTreeMap;

use wakeful_model::{StatusCode, Trace};
use wakeful_query::{ServiceSummary, TraceSummary};

use super::layout::{Layout, Shown};

/// Sums up a trace.
pub(super) fn of(trace: &Trace, layout: &Layout) -> TraceSummary {
    let batch = &trace.batch;
    // Rows without a parent come in order of time; so do the children of a parent that is missing.
    let spans = || {
        layout.rows.iter().filter_map(|row| match row.shown {
            Shown::Span(index) => Some((row, &batch.spans[index as usize])),
            Shown::Missing(_) => None,
        })
    };
    let root = spans().find(|(row, _)| row.parent.is_none());
    let root = root.or_else(|| {
        spans()
            .filter(|(row, _)| row.orphan)
            .min_by_key(|(row, _)| row.start_unix_nanos)
    });
    let mut services: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for span in &batch.spans {
        let (spans, errors) = services.entry(batch.resource(span).service_name()).or_default();
        *spans += 1;
        *errors += u32::from(span.status.code == StatusCode::Error);
    }
    let services = services.into_iter();
    TraceSummary {
        id: trace.id,
        root_service: root
            .map(|(_, span)| batch.resource(span).service_name().to_owned())
            .unwrap_or_default(),
        root_operation: root.map(|(_, span)| span.name.clone()).unwrap_or_default(),
        start_unix_nanos: layout.start_unix_nanos,
        end_unix_nanos: layout.end_unix_nanos,
        spans: batch.spans.len() as u32,
        errors: layout.errors,
        orphans: layout.orphans,
        depth: layout.depth,
        services: services
            .map(|(name, (spans, errors))| ServiceSummary {
                name: name.to_owned(),
                spans,
                errors,
            })
            .collect(),
    }
}
