//! `/api/v3/…`: the newer API, whose traces are OTLP.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Serialize, Serializer};
use wakeful_model::{Kind, Trace};
use wakeful_query::{ServiceSummary, TraceSummary};
use wakeful_wire::json::to_vec;
use wakeful_wire::otlp::TracesData;

use super::error::{ApiError, answer_v3};
use super::legacy::find_trace;
use super::params::Params;
use super::{ids, search, v3_search};
use crate::queries::Queries;

/// `/api/v3/services`
pub(super) async fn services(State(queries): State<Queries>) -> Response {
    #[derive(Serialize)]
    struct Body {
        services: Vec<String>,
    }
    answer_v3(&queries, move |engine, _| {
        Ok(to_vec(
            &Body {
                services: engine.services(),
            },
            false,
        )?)
    })
    .await
}

/// `/api/v3/operations`: without a service there are none, and a kind that was not said is `internal`.
pub(super) async fn operations(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    #[derive(Serialize)]
    struct Body {
        operations: Vec<Operation>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Operation {
        name: String,
        span_kind: &'static str,
    }
    answer_v3(&queries, move |engine, _| {
        let params = Params::parse(query.as_deref());
        let operations = match (
            params.get("service"),
            search::kind(params.get_any(["spanKind", "span_kind"]).0),
        ) {
            ("", _) | (_, Err(search::NoSuchKind)) => Vec::new(),
            (service, Ok(kind)) => engine.operations(Some(service), kind),
        };
        let shown = |kind| {
            if kind == Kind::Unspecified {
                Kind::Internal
            } else {
                kind
            }
        };
        let operations = operations
            .into_iter()
            .map(|operation| Operation {
                name: operation.name,
                span_kind: shown(operation.kind).name(),
            })
            .collect();
        Ok(to_vec(&Body { operations }, false)?)
    })
    .await
}

/// `/api/v3/traces`
pub(super) async fn traces(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    answer_v3(&queries, move |engine, wanted| {
        let (query, raw) = v3_search::search(&Params::parse(query.as_deref()))?;
        let found = engine.find(&query, || wanted.is_so())?;
        log_problems(&found.problems);
        write(found.items, raw)
    })
    .await
}

/// `/api/v3/traces/{id}`
pub(super) async fn trace(
    State(queries): State<Queries>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer_v3(&queries, move |engine, _| {
        let id = ids::parse(&id).map_err(|why| v3_search::malformed("trace_id", &why))?;
        let raw = v3_search::by_id(&Params::parse(query.as_deref()))?;
        // This form has no place for what could not be read; the store has logged it.
        let found = find_trace(engine, id)?.map(|(trace, _)| trace);
        write(found.into_iter().collect(), raw)
    })
    .await
}

/// `/api/v3/trace-summaries`
pub(super) async fn summaries(State(queries): State<Queries>, RawQuery(query): RawQuery) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        summaries: Vec<SummaryView<'a>>,
    }
    answer_v3(&queries, move |engine, wanted| {
        let (query, _) = v3_search::search(&Params::parse(query.as_deref()))?;
        let found = engine.find_summaries(&query, || wanted.is_so())?;
        log_problems(&found.problems);
        Ok(to_vec(
            &Body {
                summaries: found.items.iter().map(SummaryView::from).collect(),
            },
            false,
        )?)
    })
    .await
}

/// The answer has no place for what could not be read.
fn log_problems(problems: &[String]) {
    for problem in problems {
        tracing::warn!(problem, "an answer is not complete");
    }
}

/// The traces, if there are any.
fn write(mut traces: Vec<Trace>, raw: bool) -> Result<Vec<u8>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        result: TracesData<'a>,
    }
    if traces.is_empty() {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "No traces found"));
    }
    search::prepare(&mut traces, raw);
    Ok(to_vec(
        &Body {
            result: TracesData::new(&traces),
        },
        false,
    )?)
}

/// A summary; what is empty or zero is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryView<'a> {
    #[serde(serialize_with = "as_text")]
    trace_id: wakeful_model::TraceId,
    #[serde(skip_serializing_if = "str::is_empty")]
    root_service_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    root_operation_name: &'a str,
    #[serde(serialize_with = "as_text")]
    min_start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    max_end_time_unix_nano: u64,
    #[serde(skip_serializing_if = "is_zero")]
    span_count: u32,
    #[serde(skip_serializing_if = "is_zero")]
    error_span_count: u32,
    #[serde(skip_serializing_if = "is_zero")]
    orphan_span_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    services: Vec<ServiceView<'a>>,
}

/// One service's part of a summary.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    span_count: u32,
    #[serde(skip_serializing_if = "is_zero")]
    error_span_count: u32,
}

impl<'a> From<&'a TraceSummary> for SummaryView<'a> {
    fn from(summary: &'a TraceSummary) -> Self {
        Self {
            trace_id: summary.id,
            root_service_name: &summary.root_service,
            root_operation_name: &summary.root_operation,
            min_start_time_unix_nano: summary.start_unix_nanos,
            max_end_time_unix_nano: summary.end_unix_nanos,
            span_count: summary.spans,
            error_span_count: summary.errors,
            orphan_span_count: summary.orphans,
            services: summary.services.iter().map(ServiceView::from).collect(),
        }
    }
}

impl<'a> From<&'a ServiceSummary> for ServiceView<'a> {
    fn from(service: &'a ServiceSummary) -> Self {
        Self {
            name: &service.name,
            span_count: service.spans,
            error_span_count: service.errors,
        }
    }
}

fn as_text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
