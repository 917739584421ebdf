//! `trace/{id}/points`: when the events of some rows were.

use std::sync::Arc;

use arrow_array::{Float64Array, UInt8Array, UInt32Array};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rustc_hash::FxHashMap;
use wakeful_store::{Marks, SpanKey};

use super::error::ApiError;
use super::intervals::{Rows, parse_rows};
use super::layout::Shown;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::{Opened, key_of};
use super::{UiApi, arrow};

/// Points of one row. Of a row with more, one is given for each of as many equal parts of its span's time.
const POINTS_MAX: usize = 2_048;

/// The attribute by which an event is a log record.
const LEVEL_KEY: &str = "level";

pub(super) async fn points(
    State(api): State<UiApi>,
    InQuery(rows): InQuery<Rows>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let range = rows.rows.as_deref().map_or(Ok((0, u32::MAX)), parse_rows)?;
    let stream = api.ask_trace(query, move |engine, opened| {
        let mut found = with_events(&opened, range);
        if !found.is_empty() {
            let problems = engine
                .store()
                .each_with_events(opened.skeleton.trace_id, |span, view| {
                    let Some(points) = found.get_mut(&span) else {
                        return;
                    };
                    for event in view.events() {
                        let is_log = event.attributes().any(|(key, _)| key == LEVEL_KEY);
                        points.add(event.time_unix_nanos(), is_log);
                    }
                });
            if let Some(problem) = problems.first() {
                return Err(ApiError::internal(problem.to_string()));
            }
        }
        let mut rows: Vec<Points> = found.into_values().collect();
        rows.sort_unstable_by_key(|points| points.row);
        rows.iter_mut().for_each(Points::settle);
        let base = opened.layout.start_unix_nanos;
        let all = || {
            rows.iter().flat_map(|points| {
                points
                    .at
                    .iter()
                    .map(|(time, is_log)| (points.row, *time, *is_log))
            })
        };
        arrow::stream([
            (
                "row",
                Arc::new(UInt32Array::from_iter_values(all().map(|(row, ..)| row))),
            ),
            (
                "time",
                Arc::new(Float64Array::from_iter_values(
                    // An event may be from before its trace began.
                    all().map(|(_, time, _)| time as f64 - base as f64),
                )),
            ),
            (
                "log",
                Arc::new(UInt8Array::from_iter_values(
                    all().map(|(_, _, is_log)| u8::from(is_log)),
                )),
            ),
        ])
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

/// The points of one row.
#[derive(Debug)]
struct Points {
    row: u32,
    start_unix_nanos: u64,
    part_nanos: u64,
    at: Vec<(u64, bool)>,
}

impl Points {
    fn add(&mut self, time_unix_nanos: u64, is_log: bool) {
        self.at.push((time_unix_nanos, is_log));
        // So that a million events never stand in memory at once.
        if self.at.len() > 2 * POINTS_MAX {
            self.settle();
        }
    }

    /// Orders them, each once, and thins them out if they are too many. A span that was sent twice is stored twice.
    fn settle(&mut self) {
        self.at.sort_unstable();
        self.at.dedup();
        if self.at.len() > POINTS_MAX {
            let (start, part) = (self.start_unix_nanos, self.part_nanos);
            // What lies outside of the span belongs to its first or last part.
            let part_of = |time: u64| (time.saturating_sub(start) / part).min(POINTS_MAX as u64);
            self.at.dedup_by_key(|(time, _)| part_of(*time));
        }
    }
}

fn with_events(opened: &Opened, (from, to): (u32, u32)) -> FxHashMap<SpanKey, Points> {
    let rows = from..to.saturating_add(1).min(opened.layout.rows());
    let points = |row| match opened.layout.shown(row, &opened.skeleton)? {
        Shown::Span(span) if span.marks.contains(Marks::EVENTS) => {
            let duration_nanos = span.end_unix_nanos.saturating_sub(span.start_unix_nanos);
            let points = Points {
                row,
                start_unix_nanos: span.start_unix_nanos,
                part_nanos: duration_nanos.div_ceil(POINTS_MAX as u64).max(1),
                at: Vec::new(),
            };
            Some((key_of(span), points))
        }
        _ => None,
    };
    rows.filter_map(points).collect()
}
