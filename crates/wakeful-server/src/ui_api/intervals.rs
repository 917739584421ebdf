//! `trace/{id}/intervals`: when the spans of some rows were active.

use std::sync::Arc;

use arrow_array::{Float64Array, UInt32Array};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use wakeful_model::Value;
use wakeful_model::intervals::{self, Interval};
use wakeful_store::{Marks, SkeletonSpan, SpanKey};

use super::error::ApiError;
use super::layout::Shown;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::{Opened, key_of};
use super::{UiApi, arrow};

#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    pub(super) rows: Option<String>,
}

pub(super) async fn intervals(
    State(api): State<UiApi>,
    InQuery(Rows { rows }): InQuery<Rows>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let range = rows.as_deref().map_or(Ok((0, u32::MAX)), parse_rows)?;
    let stream = api.ask_trace(query, move |engine, opened| {
        let wanted = wanted(&opened, range);
        let mut found: Vec<(u32, u64, Interval)> = Vec::new();
        if !wanted.is_empty() {
            let each = |span: SpanKey, value: Value| {
                if let (Some((row, start)), Value::Bytes(packed)) = (wanted.get(&span), value) {
                    found.extend(intervals::unpack(&packed).map(|interval| (*row, *start, interval)));
                }
            };
            let problems = engine
                .store()
                .each_value(opened.skeleton.trace_id, intervals::KEY, each);
            if let Some(problem) = problems.first() {
                return Err(ApiError::internal(problem.to_string()));
            }
        }
        found.sort_unstable_by_key(|(row, _, interval)| (*row, interval.start, interval.end));
        // A span that was sent twice is stored twice.
        found.dedup();
        let rows = found.iter().map(|(row, _, _)| *row);
        let starts = found
            .iter()
            .map(|(_, start, interval)| start.saturating_add(interval.start) as f64);
        let durations = found
            .iter()
            .map(|(_, _, interval)| (interval.end - interval.start) as f64);
        arrow::stream([
            ("row", Arc::new(UInt32Array::from_iter_values(rows))),
            ("start", Arc::new(Float64Array::from_iter_values(starts))),
            ("dur", Arc::new(Float64Array::from_iter_values(durations))),
        ])
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

/// Reads `FROM-TO`, both included.
pub(super) fn parse_rows(text: &str) -> Result<(u32, u32), ApiError> {
    let parts = text
        .split_once('-')
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    parts.ok_or_else(|| ApiError::parameter("rows", "write the first and the last row, as in rows=0-99"))
}

/// The spans of the rows that have intervals, with their row and their start in nanoseconds from the base.
fn wanted(opened: &Opened, (from, to): (u32, u32)) -> FxHashMap<SpanKey, (u32, u64)> {
    let rows = from..to.saturating_add(1).min(opened.layout.rows());
    let with_intervals = rows.filter_map(|row| match opened.layout.shown(row, &opened.skeleton)? {
        Shown::Span(span) if span.marks.contains(Marks::INTERVALS) => Some((row, span)),
        _ => None,
    });
    let base = opened.layout.start_unix_nanos;
    let entry = |(row, span): (u32, &SkeletonSpan)| (key_of(span), (row, span.start_unix_nanos - base));
    with_intervals.map(entry).collect()
}
