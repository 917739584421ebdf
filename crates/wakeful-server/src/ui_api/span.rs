//! `trace/{id}/span/{row}`: everything about one span.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};
use wakeful_model::{Span, StatusCode, Trace};

use super::Queries;
use super::error::ApiError;
use super::layout::Shown;
use super::trace::{laid_out, parse_id};
use super::value::{Attributes, SpanAttributes};

#[derive(Deserialize)]
pub(super) struct Of {
    rev: Option<String>,
}

pub(super) async fn span(
    State(queries): State<Queries>,
    Path((id, row)): Path<(String, u32)>,
    Query(Of { rev }): Query<Of>,
) -> Result<Response, ApiError> {
    let id = parse_id(&id)?;
    let json = queries.ask(move |engine| {
        let (trace, layout, _) = laid_out(engine, id)?;
        if rev.is_some_and(|rev| rev != layout.rev()) {
            return Err(ApiError::conflict(
                "spans of this trace have arrived since; load it again",
            ));
        }
        let row = layout.rows.get(row as usize);
        let row = row.ok_or_else(|| ApiError::not_found("the trace has no such row"))?;
        let json = match row.shown {
            Shown::Span(index) => {
                serde_json::to_vec(&Details::of(&trace, &trace.batch.spans[index as usize]))
            }
            Shown::Missing(span_id) => serde_json::to_vec(&Placeholder {
                placeholder: true,
                trace_id: trace.id.to_string(),
                span_id: span_id.to_string(),
            }),
        };
        json.map_err(|error| ApiError::internal(error.to_string()))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], json.await?).into_response())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placeholder {
    placeholder: bool,
    trace_id: String,
    span_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    service: &'a str,
    kind: &'static str,
    start_unix_nanos: String,
    duration_nanos: u64,
    status: Status<'a>,
    attributes: SpanAttributes<'a>,
    events: Vec<Event<'a>>,
    links: Vec<Link<'a>>,
    warnings: Vec<&'a str>,
    resource: Attributes<'a>,
    scope: Scope<'a>,
    trace_state: &'a str,
    dropped: Dropped,
}

#[derive(Serialize)]
struct Status<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    time_unix_nanos: String,
    name: &'a str,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Scope<'a> {
    name: &'a str,
    version: &'a str,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Dropped {
    attributes: u32,
    events: u32,
    links: u32,
}

impl<'a> Details<'a> {
    fn of(trace: &'a Trace, span: &'a Span) -> Self {
        let resource = trace.batch.resource(span);
        let scope = trace.batch.scope(span);
        let events = span.events.iter().map(|event| Event {
            time_unix_nanos: event.time_unix_nanos.to_string(),
            name: &event.name,
            attributes: Attributes(&event.attributes),
        });
        let links = span.links.iter().map(|link| Link {
            trace_id: link.trace_id.map(|id| id.to_string()),
            span_id: link.span_id.map(|id| id.to_string()),
            attributes: Attributes(&link.attributes),
        });
        Self {
            trace_id: trace.id.to_string(),
            span_id: span.span_id.to_string(),
            parent_span_id: span.parent_span_id.map(|id| id.to_string()),
            name: &span.name,
            service: resource.service_name(),
            kind: span.kind.name(),
            start_unix_nanos: span.start_unix_nanos.to_string(),
            duration_nanos: span.duration_nanos(),
            status: Status {
                code: code(span.status.code),
                message: &span.status.message,
            },
            attributes: SpanAttributes(&span.attributes),
            events: events.collect(),
            links: links.collect(),
            warnings: span.warnings().collect(),
            resource: Attributes(&resource.attributes),
            scope: Scope {
                name: &scope.name,
                version: &scope.version,
                attributes: Attributes(&scope.attributes),
            },
            trace_state: &span.trace_state,
            dropped: Dropped {
                attributes: span.dropped_attributes_count,
                events: span.dropped_events_count,
                links: span.dropped_links_count,
            },
        }
    }
}

fn code(code: StatusCode) -> &'static str {
    match code {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}
