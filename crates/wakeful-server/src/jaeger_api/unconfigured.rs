//! Routes of parts that are not there: they answer as a Jaeger does that has them, but nothing set up behind them.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;

use super::error::{ApiError, answer_legacy};
use super::params::Params;
use super::{go, ids, search};
use crate::queries::Queries;

/// `POST /api/archive/{id}`
pub(super) async fn archive(State(queries): State<Queries>, Path(id): Path<String>) -> Response {
    answer_legacy(&queries, move |_, _| {
        ids::parse(&id).map_err(ApiError::bad_request)?;
        Err(ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "archive span storage was not configured",
        ))
    })
    .await
}

/// `/api/metrics/latencies`
pub(super) async fn latencies(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |_, _| {
        let params = Params::parse(query.as_deref());
        go::parse_float(params.get("quantile")).map_err(|why| unable("quantile", &why))?;
        metrics(&params)
    })
    .await
}

/// `/api/metrics/calls` and `/api/metrics/errors`
pub(super) async fn rates(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_legacy(&queries, move |_, _| metrics(&Params::parse(query.as_deref()))).await
}

/// Refuses bad parameters first, in Jaeger's order.
fn metrics(params: &Params) -> Result<Vec<u8>, ApiError> {
    if !params.has("service") {
        return Err(unable("service", "please provide at least one service name"));
    }
    params.read("groupByOperation", go::parse_bool)?;
    for kind in params.all("spanKind") {
        if kind != "unspecified" && !matches!(search::kind(kind), Ok(Some(_))) {
            return Err(unable("spanKind", &format!("unsupported span kind: '{kind}'")));
        }
    }
    for name in ["endTs", "lookback", "step", "ratePer"] {
        params.read(name, go::parse_i64)?;
    }
    Err(ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "trace metrics are currently disabled - no metrics backend configured",
    ))
}

fn unable(name: &str, why: &str) -> ApiError {
    ApiError::bad_request(format!("unable to parse param '{name}': {why}"))
}
