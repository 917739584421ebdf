//! `trace/{id}`: the columns of a trace.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use wakeful_model::{Trace, TraceId};
use wakeful_query::{Engine, adjust};

use super::error::ApiError;
use super::layout::Layout;
use super::{Queries, columns};

pub(super) async fn trace(
    State(queries): State<Queries>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = parse_id(&id)?;
    let columns = queries.ask(move |engine| {
        let (trace, layout, problems) = laid_out(engine, id)?;
        columns::write(&trace, &layout, &problems).map_err(|error| ApiError::internal(error.to_string()))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.apache.arrow.stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, columns.await?).into_response())
}

/// A trace as the page shows it, and what could not be read of it.
pub(super) fn laid_out(engine: &Engine, id: TraceId) -> Result<(Trace, Layout, Vec<String>), ApiError> {
    let found = engine.trace_and_problems(id)?;
    let (mut trace, problems) =
        found.ok_or_else(|| ApiError::not_found(format!("no span of trace {id} is stored")))?;
    adjust::mend(&mut trace);
    let layout = Layout::of(&trace);
    Ok((trace, layout, problems))
}

/// A trace's id as people paste it: any case, leading zeros left out.
pub(super) fn parse_id(text: &str) -> Result<TraceId, ApiError> {
    text.parse()
        .map_err(|error| ApiError::parameter("traceID", format!("{text:?} is not a trace id: {error}")))
}
