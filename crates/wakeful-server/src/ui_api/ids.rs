//! `trace/{id}/ids`: the span ids of some rows.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::UiApi;
use super::error::ApiError;
use super::layout::Shown;
use super::trace::TraceQuery;

/// A screen has fewer rows.
const ROWS_MAX: usize = 1_000;

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
    Query(Rows { rows }): Query<Rows>,
    query: TraceQuery,
) -> Result<Json<Ids>, ApiError> {
    let rows = parse_rows(&rows)?;
    let ids = api.ask_trace(query, move |_, opened| {
        let id = |row: u32| match opened.layout.shown(row, &opened.skeleton) {
            Some(Shown::Span(span)) => Ok(span.span_id.to_string()),
            Some(Shown::Missing(missing)) => Ok(missing.id.to_string()),
            None => Err(ApiError::not_found("the trace has no such row")),
        };
        rows.into_iter().map(id).collect()
    });
    Ok(Json(Ids { ids: ids.await? }))
}

/// Reads rows with commas between them.
fn parse_rows(text: &str) -> Result<Vec<u32>, ApiError> {
    let rows: Option<Vec<u32>> = text.split(',').map(|row| row.parse().ok()).collect();
    rows.filter(|rows| rows.len() <= ROWS_MAX).ok_or_else(|| {
        ApiError::parameter(
            "rows",
            "write at most 1,000 rows with commas between them, as in rows=0,7",
        )
    })
}
