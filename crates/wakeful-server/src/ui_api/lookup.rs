//! `lookup`: what a text that somebody pasted is the id of.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use wakeful_model::{SpanId, TraceId};
use wakeful_query::{Engine, TraceQuery, summarize};

use super::Queries;
use super::error::ApiError;
use crate::clock::now_unix_nanos;
use crate::queries::{Asker, Wanted};

const HITS_MAX: usize = 20;

/// Span ids have no index: how far back they are looked for.
const SPAN_IDS_FOR: Duration = Duration::from_secs(24 * 3600);

/// The attribute under which clients of Jaeger's keep a debug id.
const DEBUG_ID_KEY: &str = "jaeger-debug-id";

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    id: String,
}

#[derive(Serialize)]
pub(super) struct Answer {
    hits: Vec<Hit>,
    looked: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    kind: &'static str,
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    service: String,
    operation: String,
    start_unix_nanos: String,
}

pub(super) async fn lookup(
    State(queries): State<Queries>,
    Query(Asked { id }): Query<Asked>,
) -> Result<Json<Answer>, ApiError> {
    let id = id.trim().to_owned();
    if id.is_empty() {
        return Err(ApiError::parameter("id", "give the id to look for"));
    }
    // It goes with this future when the page hangs up.
    let asker = Asker::default();
    let wanted = asker.wanted();
    let answer = queries.ask(move |engine| answer(engine, &id, &wanted)).await?;
    drop(asker);
    Ok(Json(answer))
}

fn answer(engine: &Engine, id: &str, wanted: &Wanted) -> Result<Answer, ApiError> {
    let mut hits = Vec::new();
    let mut looked = Vec::new();
    if let Ok(id) = TraceId::parse(id) {
        looked.push("trace ids");
        hits.extend(engine.trace(id)?.map(|trace| {
            let summary = summarize(&trace);
            Hit {
                kind: "trace",
                trace_id: id.to_string(),
                span_id: None,
                service: summary.root_service,
                operation: summary.root_operation,
                start_unix_nanos: summary.start_unix_nanos.to_string(),
            }
        }));
    }
    if let Ok(id) = SpanId::parse(id) {
        looked.push("span ids of the last 24 h");
        let since = now_unix_nanos().saturating_sub(SPAN_IDS_FOR.as_nanos() as u64);
        let (spans, _) = engine.store().spans_by_id(id, since, HITS_MAX, || wanted.is_so());
        hits.extend(spans.into_iter().map(|span| Hit {
            kind: "span",
            trace_id: span.trace.to_string(),
            span_id: Some(id.to_string()),
            service: span.service,
            operation: span.name,
            start_unix_nanos: span.start_unix_nanos.to_string(),
        }));
    }
    looked.push("debug ids");
    let query = TraceQuery {
        tags: vec![(DEBUG_ID_KEY.to_owned(), id.to_owned())],
        limit: HITS_MAX,
        ..TraceQuery::default()
    };
    let found = engine.list(&query, &wakeful_query::Page::default(), |_| wanted.is_so())?;
    hits.extend(found.items.into_iter().map(|summary| Hit {
        kind: "debug",
        trace_id: summary.id.to_string(),
        span_id: None,
        service: summary.root_service,
        operation: summary.root_operation,
        start_unix_nanos: summary.start_unix_nanos.to_string(),
    }));
    hits.truncate(HITS_MAX);
    Ok(Answer { hits, looked })
}
