//! `trace/{id}/ids` and `trace/{id}/rows`: the span ids of some rows, and the rows of some span ids.

use axum::Json;
use axum::extract::State;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use wakeful_model::SpanId;

use super::UiApi;
use super::error::ApiError;
use super::layout::Shown;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::Opened;

/// A screen has fewer rows.
const MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    rows: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Ids {
    ids: Vec<String>,
}

pub(super) async fn ids(
    State(api): State<UiApi>,
    InQuery(Rows { rows }): InQuery<Rows>,
    query: TraceQuery,
) -> Result<Json<Ids>, ApiError> {
    let rows: Vec<u32> = parse(&rows).ok_or_else(|| {
        ApiError::parameter(
            "rows",
            "write at most 1,000 rows with commas between them, as in rows=0,7",
        )
    })?;
    let ids = api.ask_trace(query, move |_, opened| {
        let id = |row: u32| {
            let id = id_of(&opened, row).ok_or_else(|| ApiError::not_found("the trace has no such row"))?;
            Ok(id.to_string())
        };
        rows.into_iter().map(id).collect()
    });
    Ok(Json(Ids { ids: ids.await? }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    ids: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Found {
    rows: Vec<Option<u32>>,
}

pub(super) async fn rows(
    State(api): State<UiApi>,
    InQuery(Named { ids }): InQuery<Named>,
    query: TraceQuery,
) -> Result<Json<Found>, ApiError> {
    let ids: Vec<SpanId> = parse(&ids).ok_or_else(|| {
        ApiError::parameter(
            "ids",
            "write at most 1,000 span ids with commas between them, as in ids=00f067aa0ba902b7",
        )
    })?;
    let rows = api.ask_trace(query, move |_, opened| {
        let mut found: FxHashMap<SpanId, Option<u32>> = ids.iter().map(|id| (*id, None)).collect();
        // Of two rows with one id, which a broken client may send, the first counts.
        for row in 0..opened.layout.rows() {
            if let Some(place) = id_of(&opened, row).and_then(|id| found.get_mut(&id)) {
                place.get_or_insert(row);
            }
        }
        Ok(ids.iter().map(|id| found.get(id).copied().flatten()).collect())
    });
    Ok(Json(Found { rows: rows.await? }))
}

/// The span id of a row; of a parent that is missing too.
fn id_of(opened: &Opened, row: u32) -> Option<SpanId> {
    Some(match opened.layout.shown(row, &opened.skeleton)? {
        Shown::Span(span) => span.span_id,
        Shown::Missing(missing) => missing.id,
    })
}

/// Reads a list with commas between its items.
fn parse<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    let items: Option<Vec<T>> = text.split(',').map(|item| item.parse().ok()).collect();
    items.filter(|items| items.len() <= MAX)
}
