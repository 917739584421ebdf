//! `/api/…`: the API that Jaeger's page, Grafana and most scripts use.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use wakeful_model::{Trace, TraceId};
use wakeful_query::Engine;
use wakeful_wire::jaeger::json::{
    DependencyView, Envelope, ErrorView, OperationView, TraceView, trace_id_text,
};
use wakeful_wire::json::to_vec;

use super::error::{ApiError, answer_legacy};
use super::legacy_search::{self, Search};
use super::params::Params;
use super::{go, ids, search};
use crate::queries::Queries;

/// `/api/services`
pub(super) async fn services(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |engine, _| {
        let services = engine.services();
        Ok(to_vec(
            &Envelope::of(&services, services.len()),
            Params::parse(query.as_deref()).pretty(),
        )?)
    })
    .await
}

/// `/api/services/{service}/operations`: names alone, and `null` if there are none.
pub(super) async fn operations_of_service(
    State(queries): State<Queries>,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer_legacy(&queries, move |engine, _| {
        let operations = engine.operations(Some(&service), None);
        let mut names: Vec<_> = operations
            .iter()
            .map(|operation| operation.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        let total = names.len();
        let mut envelope = Envelope::of(names, total);
        envelope.data = envelope.data.filter(|names| !names.is_empty());
        Ok(to_vec(&envelope, Params::parse(query.as_deref()).pretty())?)
    })
    .await
}

/// `/api/operations`
pub(super) async fn operations(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |engine, _| {
        let params = Params::parse(query.as_deref());
        let service = params.get("service");
        if service.is_empty() {
            return Err(ApiError::bad_request("parameter 'service' is required"));
        }
        let operations = match search::kind(params.get("spanKind")) {
            Ok(kind) => engine.operations(Some(service), kind),
            Err(search::NoSuchKind) => Vec::new(),
        };
        let views: Vec<_> = operations
            .iter()
            .map(|operation| OperationView {
                name: &operation.name,
                span_kind: operation.kind.name(),
            })
            .collect();
        let total = views.len();
        Ok(to_vec(&Envelope::of(views, total), params.pretty())?)
    })
    .await
}

/// `/api/traces`
pub(super) async fn traces(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |engine, wanted| {
        let params = Params::parse(query.as_deref());
        let (traces, errors) = match legacy_search::search(&params)? {
            Search::ByIds(ids) => by_ids(engine, &ids)?,
            Search::Matching(query) => {
                let found = engine.find(&query, || wanted.is_so())?;
                (found.items, unread(found.problems))
            }
        };
        write(traces, &errors, &params)
    })
    .await
}

/// `/api/traces/{id}`
pub(super) async fn trace(
    State(queries): State<Queries>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer_legacy(&queries, move |engine, _| {
        let params = Params::parse(query.as_deref());
        let id = ids::parse(&id).map_err(ApiError::bad_request)?;
        // Times are read but do not matter: the store finds a trace without them.
        params.read("start", go::parse_i64)?;
        params.read("end", go::parse_i64)?;
        params.raw()?;
        match find_trace(engine, id)? {
            Some((trace, problems)) => write(vec![trace], &unread(problems), &params),
            None => Err(ApiError::new(StatusCode::NOT_FOUND, "trace not found")),
        }
    })
    .await
}

/// `/api/dependencies`
pub(super) async fn dependencies(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |engine, _| {
        let params = Params::parse(query.as_deref());
        let (dependencies, problems) = engine.dependencies(legacy_search::dependencies(&params)?)?;
        let service = params.get("service");
        let views: Vec<_> = dependencies
            .iter()
            .filter(|edge| service.is_empty() || edge.parent == service || edge.child == service)
            .map(|edge| DependencyView {
                parent: &edge.parent,
                child: &edge.child,
                call_count: edge.call_count,
            })
            .collect();
        Ok(to_vec(&with_errors(views, &unread(problems)), params.pretty())?)
    })
    .await
}

/// The trace of an id that may be zero, which no trace has; and what of it could not be read.
pub(super) fn find_trace(engine: &Engine, id: u128) -> Result<Option<(Trace, Vec<String>)>, ApiError> {
    match TraceId::new(id) {
        Some(id) => Ok(engine.trace_and_problems(id)?),
        None => Ok(None),
    }
}

/// The traces that there are, and an error for each that is missing.
fn by_ids(engine: &Engine, ids: &[u128]) -> Result<(Vec<Trace>, Vec<ErrorView>), ApiError> {
    let wanted: Vec<_> = ids.iter().copied().filter_map(TraceId::new).collect();
    let read = engine.traces(&wanted)?;
    let none = ids.contains(&0).then_some(0);
    let missing = read.missing.iter().map(|id| id.get()).chain(none);
    let missing = missing.map(|id| partial("trace not found".to_owned(), Some(trace_id_text(id))));
    Ok((read.traces, missing.chain(unread(read.problems)).collect()))
}

/// What could not be read of an answer that succeeded otherwise.
fn unread(problems: Vec<String>) -> Vec<ErrorView> {
    problems
        .into_iter()
        .map(|problem| partial(problem, None))
        .collect()
}

/// An error of an answer that succeeded otherwise.
fn partial(msg: String, trace_id: Option<String>) -> ErrorView {
    ErrorView {
        code: None,
        msg,
        trace_id,
    }
}

/// An answer, with the errors beside it if there are any.
fn with_errors<T>(data: T, errors: &[ErrorView]) -> Envelope<'_, T> {
    let mut envelope = Envelope::of(data, 0);
    envelope.errors = Some(errors).filter(|errors| !errors.is_empty());
    envelope
}

/// Traces as they are asked for, with the errors beside them if there are any.
fn write(mut traces: Vec<Trace>, errors: &[ErrorView], params: &Params) -> Result<Vec<u8>, ApiError> {
    search::prepare(&mut traces, params.raw()?);
    let views: Vec<_> = traces.iter().map(TraceView::new).collect();
    Ok(to_vec(&with_errors(views, errors), params.pretty())?)
}
