//! `search`: traces as lines of JSON, in the order asked for.

use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use wakeful_model::TraceId;
use wakeful_query::{Condition, Engine, List, ReadStats, TraceSummary, adjust, summarize};
use wakeful_store::Progress;

use super::error::ApiError;
use super::lines::{self, Lines};
use super::search_params::{Asked, Search};
use super::{Parameters, Queries, traceql};

/// How often the page is told of the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

pub(super) async fn search(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, ApiError> {
    let search = Search::parse(&parameters)?;
    let (lines, body) = lines::channel();
    // A task of its own, because lines are already on their way while the engine is still asked.
    let asked = tokio::spawn(async move { queries.ask(move |engine| answer(engine, &search, lines)).await });
    let Some(body) = body.begun().await else {
        // Nothing was said, so there is an error to tell instead.
        let failed = || ApiError::internal("the search ended without an answer");
        return Err(asked.await.map_err(|_| failed())?.err().unwrap_or_else(failed));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body.into_body()).into_response())
}

/// Writes all lines of an answer. A search that fails before it has said anything is an error; later, its last line
/// says so.
fn answer(engine: &Engine, search: &Search, mut lines: Lines) -> Result<(), ApiError> {
    let started = Instant::now();
    let mut told = started;
    let mut watch = |progress: &Progress| {
        if told.elapsed() >= PROGRESS_INTERVAL {
            told = Instant::now();
            lines.say_if_heard(&Line::progress(progress));
        }
        lines.are_wanted()
    };
    let (found, query) = match search {
        Search::Query(asked) => {
            let found = list(engine, asked, &mut watch);
            (found, traceql::write(&asked.query))
        }
        Search::Ids(ids) => (these(engine, ids).map(|list| (list, None)), by_id(ids)),
    };
    let (list, explained) = match found {
        Err(error) if !lines.have_begun() => return Err(error),
        Err(error) => (failed(error), None),
        Ok(found) => found,
    };
    list.items
        .iter()
        .for_each(|summary| lines.add(&Line::trace(summary)));
    lines.add(&Line::End {
        complete: list.problems.is_empty(),
        truncated: list.truncated,
        message: (!list.problems.is_empty()).then(|| list.problems.join("; ")),
        read: Read {
            segments: list.read.segments,
            spans: list.read.spans,
        },
        ms: (started.elapsed().as_secs_f64() * 1e4).round() / 10.0,
        query,
        cursor: list.next.map(|place| place.to_string()),
        matches: list.matches,
        explain: explained,
    });
    lines.finish();
    Ok(())
}

type Watch<'a> = &'a mut dyn FnMut(&Progress) -> bool;

/// The traces that match, and, if there are none and it was asked, why.
fn list(
    engine: &Engine,
    asked: &Asked,
    watch: Watch<'_>,
) -> Result<(List, Option<Vec<Explained>>), ApiError> {
    let list = engine.list(&asked.query, &asked.page, &mut *watch)?;
    let in_vain = asked.explain && list.items.is_empty() && asked.page.after.is_none();
    let explained = in_vain.then(|| engine.explain(&asked.query, &asked.page, watch));
    let explained = explained.transpose()?;
    let explained = explained.map(|conditions| conditions.into_iter().map(Explained::from).collect());
    Ok((list, explained))
}

/// The end of a search that failed after it had begun to answer.
fn failed(error: ApiError) -> List {
    List {
        items: Vec::new(),
        next: None,
        matches: None,
        read: ReadStats::default(),
        truncated: false,
        problems: vec![error.into_message()],
    }
}

/// The traces of these ids, as far as they are stored.
fn these(engine: &Engine, ids: &[TraceId]) -> Result<List, ApiError> {
    let mut found = engine.traces(ids)?;
    found.traces.iter_mut().for_each(adjust::tidy);
    let mut items: Vec<_> = found.traces.iter().map(summarize).collect();
    items.sort_by_key(|summary| (std::cmp::Reverse(summary.start_unix_nanos), summary.id));
    let spans = items.iter().map(|summary| u64::from(summary.spans)).sum();
    let read = ReadStats {
        spans,
        ..ReadStats::default()
    };
    Ok(List {
        items,
        next: None,
        matches: None,
        read,
        truncated: false,
        problems: found.problems,
    })
}

fn by_id(ids: &[TraceId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("trace:id = \"{id}\"")).collect();
    format!("{{ {} }}", ids.join(" || "))
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Progress {
        segments: u64,
        segments_total: u64,
        spans: u64,
        traces: u64,
    },
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
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        matches: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        explain: Option<Vec<Explained>>,
    },
}

impl<'a> Line<'a> {
    fn progress(progress: &Progress) -> Self {
        let Progress {
            segments,
            segments_total,
            spans,
            traces,
        } = *progress;
        Self::Progress {
            segments,
            segments_total,
            spans,
            traces,
        }
    }

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

/// A condition without which something would match.
#[derive(Serialize)]
struct Explained {
    drop: String,
    traces: usize,
}

impl From<(Condition, usize)> for Explained {
    fn from((condition, traces): (Condition, usize)) -> Self {
        let drop = match condition {
            Condition::Service => "service".to_owned(),
            Condition::Operation => "operation".to_owned(),
            Condition::Tag(key) => format!("tags.{key}"),
            Condition::MinDuration => "minDuration".to_owned(),
            Condition::MaxDuration => "maxDuration".to_owned(),
            Condition::Started => "lookback".to_owned(),
            Condition::Within => "box".to_owned(),
        };
        Self { drop, traces }
    }
}

#[derive(Serialize)]
struct Read {
    segments: u64,
    spans: u64,
}
