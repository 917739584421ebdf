//! `search`: traces as lines of JSON, newest first.

use std::time::Instant;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use wakeful_model::TraceId;
use wakeful_query::{Answer, Engine, ReadStats, TraceSummary, adjust};

use super::error::ApiError;
use super::layout::Layout;
use super::search_params::Search;
use super::{Parameters, Queries, summary, traceql};

pub(super) async fn search(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let search = Search::parse(&parameters)?;
    let lines = queries.ask(move |engine| {
        let (answer, query) = match &search {
            Search::Query(query) => (engine.find_summaries(query)?, traceql::write(query)),
            Search::Ids(ids) => (these(engine, ids)?, by_id(ids)),
        };
        let mut lines = Vec::new();
        for summary in &answer.items {
            line(&mut lines, &Line::trace(summary))?;
        }
        let read = Read {
            segments: answer.read.segments,
            spans: answer.read.spans,
        };
        let end = Line::End {
            complete: answer.problems.is_empty(),
            truncated: answer.truncated,
            message: (!answer.problems.is_empty()).then(|| answer.problems.join("; ")),
            read,
            ms: (started.elapsed().as_secs_f64() * 1e4).round() / 10.0,
            query,
        };
        line(&mut lines, &end)?;
        Ok(lines)
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, lines.await?).into_response())
}

/// The traces of these ids, as far as they are stored.
fn these(engine: &Engine, ids: &[TraceId]) -> Result<Answer<TraceSummary>, ApiError> {
    let mut answer = Answer {
        items: Vec::new(),
        read: ReadStats::default(),
        truncated: false,
        problems: Vec::new(),
    };
    for id in ids {
        let Some(mut trace) = engine.trace(*id)? else {
            continue;
        };
        adjust::adjust(&mut trace);
        answer.read.spans += trace.batch.spans.len() as u64;
        answer.items.push(summary::of(&trace, &Layout::of(&trace)));
    }
    answer
        .items
        .sort_by_key(|summary| (std::cmp::Reverse(summary.start_unix_nanos), summary.id));
    answer.items.dedup_by_key(|summary| summary.id);
    Ok(answer)
}

fn by_id(ids: &[TraceId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("trace:id = \"{id}\"")).collect();
    format!("{{ {} }}", ids.join(" || "))
}

fn line(lines: &mut Vec<u8>, line: &Line<'_>) -> Result<(), ApiError> {
    serde_json::to_writer(&mut *lines, line).map_err(|error| ApiError::internal(error.to_string()))?;
    lines.push(b'\n');
    Ok(())
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Trace {
        id: String,
        root_service: &'a str,
        root_operation: &'a str,
        start_unix_nanos: String,
        duration_nanos: u64,
        spans: u32,
        errors: u32,
        depth: u32,
        orphans: u32,
        services: Vec<Service<'a>>,
    },
    End {
        complete: bool,
        truncated: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        read: Read,
        ms: f64,
        query: String,
    },
}

impl<'a> Line<'a> {
    fn trace(summary: &'a TraceSummary) -> Self {
        let services = summary.services.iter();
        let services = services.map(|part| Service {
            name: &part.name,
            spans: part.spans,
            errors: part.errors,
        });
        Self::Trace {
            id: summary.id.to_string(),
            root_service: &summary.root_service,
            root_operation: &summary.root_operation,
            start_unix_nanos: summary.start_unix_nanos.to_string(),
            duration_nanos: summary.end_unix_nanos.saturating_sub(summary.start_unix_nanos),
            spans: summary.spans,
            errors: summary.errors,
            depth: summary.depth,
            orphans: summary.orphans,
            services: services.collect(),
        }
    }
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    spans: u32,
    errors: u32,
}

#[derive(Serialize)]
struct Read {
    segments: u64,
    spans: u64,
}
