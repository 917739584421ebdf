//! `trace/{id}`: the columns of a trace; and `trace/{id}/critical`: the parts that decided how long it took.

use std::io;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt32Array};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::response::Response;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wakeful_model::TraceId;
use wakeful_store::TimeWindow;

use super::columns::Columns;
use super::error::ApiError;
use super::trace_cache::{Asked, Opened};
use super::trace_loss::TraceLoss;
use super::{UiApi, arrow, chunks};

/// What every question about a trace names: the trace, its form, and which rows the page has.
#[derive(Debug, Clone)]
pub(super) struct TraceQuery {
    pub(super) asked: Asked,
    pub(super) rev: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Form {
    rev: Option<String>,
    raw: Option<String>,
    part: Option<String>,
}

/// What stands in a URL's path; a refusal is in the form of all others.
pub(super) struct InPath<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(found) = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        Ok(Self(found))
    }
}

/// What stands in a URL's query; a refusal is in the form of all others.
pub(super) struct InQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(found) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        Ok(Self(found))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TraceQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let InPath(Named { id }) = InPath::from_request_parts(parts, state).await?;
        let InQuery(Form { rev, raw, part }) = InQuery::from_request_parts(parts, state).await?;
        let raw = match raw.as_deref() {
            None | Some("0" | "false") => false,
            Some("" | "1" | "true") => true,
            Some(_) => return Err(ApiError::parameter("raw", "write raw=1, or leave it out")),
        };
        let asked = Asked {
            id: parse_id(&id)?,
            raw,
            part: part.as_deref().map(parse_part).transpose()?,
        };
        Ok(Self { asked, rev })
    }
}

impl UiApi {
    /// The trace that a question is about, if the page has its present rows.
    pub(super) async fn open(&self, query: TraceQuery) -> Result<Arc<Opened>, ApiError> {
        self.ask_trace(query, |_, opened| Ok(opened)).await
    }

    /// Runs `question` about such a trace on a blocking thread, once it is its turn.
    pub(super) async fn ask_trace<T: Send + 'static>(
        &self,
        query: TraceQuery,
        question: impl FnOnce(&wakeful_query::Engine, Arc<Opened>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let traces = self.traces.clone();
        let ask = move |engine: &wakeful_query::Engine| {
            let opened = traces.open_rev(engine, query.asked, query.rev.as_deref())?;
            question(engine, opened)
        };
        self.queries.ask(ask).await
    }
}

pub(super) async fn trace(State(api): State<UiApi>, query: TraceQuery) -> Result<Response, ApiError> {
    let with_loss = |engine: &wakeful_query::Engine, opened: Arc<Opened>| {
        let loss = TraceLoss::of(engine, &opened);
        Ok((opened, loss))
    };
    let (opened, loss) = api.ask_trace(query, with_loss).await?;
    let columns = Columns::new(opened, &loss).map_err(|error| ApiError::internal(error.to_string()))?;
    let body = chunks::body(columns, |columns| columns.next_bytes().map_err(io::Error::other));
    Ok(arrow::response(body))
}

pub(super) async fn critical(State(api): State<UiApi>, query: TraceQuery) -> Result<Response, ApiError> {
    let opened = api.open(query).await?;
    let layout = &opened.layout;
    let parts = &layout.critical;
    let start = |nanos: u64| nanos.saturating_sub(layout.start_unix_nanos) as f64;
    let columns: [(&str, ArrayRef); 3] = [
        (
            "row",
            Arc::new(UInt32Array::from_iter_values(parts.iter().map(|part| part.row))),
        ),
        (
            "start",
            Arc::new(Float64Array::from_iter_values(
                parts.iter().map(|part| start(part.start_unix_nanos)),
            )),
        ),
        (
            "dur",
            Arc::new(Float64Array::from_iter_values(
                parts
                    .iter()
                    .map(|part| (part.end_unix_nanos - part.start_unix_nanos) as f64),
            )),
        ),
    ];
    Ok(arrow::response(Body::from(arrow::stream(columns)?)))
}

/// `FROM-TO` in Unix nanoseconds.
fn parse_part(text: &str) -> Result<TimeWindow, ApiError> {
    let window = text.split_once('-').and_then(|(from, to)| {
        Some(TimeWindow {
            from_unix_nanos: from.parse().ok()?,
            to_unix_nanos: to.parse().ok()?,
        })
    });
    window
        .filter(|window| window.from_unix_nanos <= window.to_unix_nanos)
        .ok_or_else(|| ApiError::parameter("part", "write part=FROM-TO in Unix nanoseconds, or leave it out"))
}

/// A trace's id as people paste it: any case, leading zeros left out.
pub(super) fn parse_id(text: &str) -> Result<TraceId, ApiError> {
    text.parse()
        .map_err(|error| ApiError::parameter("traceID", format!("{text:?} is not a trace id: {error}")))
}
