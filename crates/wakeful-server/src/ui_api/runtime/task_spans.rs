//! The spans that a task has served.

use rustc_hash::FxHashMap;
use serde::Serialize;
use wakeful_model::runtime::{Poll, TaskId};
use wakeful_model::{Span, StatusCode, Value, intervals};
use wakeful_query::Engine;
use wakeful_query::runtime::Window;
use wakeful_store::{ProgramId, ReadBounds, SpanFilter};

use super::super::error::ApiError;
use super::asked::Asked;

/// So many of a task's polls are looked at, the latest.
const POLLS_MAX: usize = 200;

/// How far back they are looked for.
const LOOK_BACK_NANOS: u64 = 600_000_000_000;

/// So many traces are read, the latest, …
const TRACES_MAX: usize = 50;

/// … of so many bytes together.
const TRACES_BYTES_MAX: u64 = 8 << 20;

/// So many spans are told.
const SPANS_MAX: usize = 50;

/// What was found.
#[derive(Default)]
pub(super) struct Served {
    pub(super) spans: Vec<ServedSpan>,
    /// Whether there are no others.
    pub(super) is_complete: bool,
}

/// A span of which a poll of the task has an active interval.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServedSpan {
    trace_id: String,
    span_id: String,
    service: String,
    operation: String,
    start_unix_nanos: String,
    duration_nanos: u64,
    error: bool,
}

/// Spans of which an active interval lies in one of the task's latest polls that are stored whole.
pub(super) fn of(engine: &Engine, asked: &Asked, task: TaskId, at: Option<u64>) -> Result<Served, ApiError> {
    let extent = asked.extent(engine)?;
    let to = at.unwrap_or(extent.to_unix_nanos).min(extent.to_unix_nanos);
    let window = Window {
        from: to.saturating_sub(LOOK_BACK_NANOS),
        to,
    };
    let mut polls: Vec<Poll> = Vec::new();
    let runtime = engine.store().runtime();
    runtime.each_batch(asked.program, &window.range(), |batch| {
        polls.extend(batch.polls.iter().filter(|poll| poll.task == task).cloned());
        if polls.len() > POLLS_MAX * 8 {
            latest(&mut polls);
        }
    });
    latest(&mut polls);
    let (Some(first), Some(last)) = (polls.first(), polls.last()) else {
        return Ok(Served {
            is_complete: true,
            ..Served::default()
        });
    };
    let service = asked.with_program(engine, Some(to), 0, |live| {
        live.program().service_name().to_owned()
    })?;
    // A span that was active in a poll may have begun long before it.
    let filter = SpanFilter {
        service: (!service.is_empty()).then_some(service),
        name: None,
        started_within: first.start_unix_nanos.saturating_sub(LOOK_BACK_NANOS)..=last.end_unix_nanos(),
        duration: 0..=u64::MAX,
        clauses: Vec::new(),
    };
    let found = engine.store().search(&filter, TRACES_MAX, |_| true);
    let ids: Vec<_> = found.traces.iter().map(|(id, _)| *id).collect();
    let bounds = ReadBounds {
        alone_bytes: TRACES_BYTES_MAX,
        together_bytes: TRACES_BYTES_MAX,
    };
    let read = engine.store().traces_within(&ids, bounds);
    let mut served: Vec<(u64, ServedSpan)> = Vec::new();
    for trace in &read.traces {
        let mut of_program: FxHashMap<u32, bool> = FxHashMap::default();
        for span in &trace.batch.spans {
            let is_own = *of_program
                .entry(span.resource)
                .or_insert_with(|| ProgramId::of(trace.batch.resource(span)) == asked.program);
            if is_own && is_in(&polls, span) {
                served.push((
                    span.start_unix_nanos,
                    served_span(span, trace.batch.resource(span).service_name()),
                ));
            }
        }
    }
    served.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
    let is_complete = !found.truncated
        && read.left_out == 0
        && read.too_large.is_empty()
        && served.len() <= SPANS_MAX
        && polls.len() < POLLS_MAX;
    served.truncate(SPANS_MAX);
    Ok(Served {
        spans: served.into_iter().map(|(_, span)| span).collect(),
        is_complete,
    })
}

fn latest(polls: &mut Vec<Poll>) {
    polls.sort_by_key(|poll| poll.start_unix_nanos);
    let excess = polls.len().saturating_sub(POLLS_MAX);
    polls.drain(..excess);
}

/// Whether an active interval of the span lies in one of the polls, which are by start, on the span's thread.
fn is_in(polls: &[Poll], span: &Span) -> bool {
    let thread = span
        .attributes
        .iter()
        .find(|attribute| attribute.key == "thread.id");
    let thread = thread.and_then(|attribute| match attribute.value {
        Value::Int(thread) => Some(thread as u64),
        _ => None,
    });
    let first_is_on = |poll: &Poll| thread.is_none_or(|thread| thread == poll.thread.0);
    active(span)
        .into_iter()
        .enumerate()
        .any(|(number, (start, end))| {
            let after = polls.partition_point(|poll| poll.start_unix_nanos <= start);
            polls[..after]
                .last()
                // A span is made where it is entered first; later it may be entered on any thread.
                .is_some_and(|poll| poll.end_unix_nanos() >= end && (number > 0 || first_is_on(poll)))
        })
}

/// When a span was entered, Unix nanoseconds.
pub(super) fn active(span: &Span) -> Vec<(u64, u64)> {
    let packed = span
        .attributes
        .iter()
        .find(|attribute| attribute.key == intervals::KEY);
    let Some(Value::Bytes(packed)) = packed.map(|attribute| &attribute.value) else {
        return Vec::new();
    };
    let start = span.start_unix_nanos;
    let absolute = |interval: intervals::Interval| {
        (
            start.saturating_add(interval.start),
            start.saturating_add(interval.end),
        )
    };
    intervals::unpack(packed).map(absolute).collect()
}

fn served_span(span: &Span, service: &str) -> ServedSpan {
    ServedSpan {
        trace_id: span.trace_id.to_string(),
        span_id: span.span_id.to_string(),
        service: service.to_owned(),
        operation: span.name.clone(),
        start_unix_nanos: span.start_unix_nanos.to_string(),
        duration_nanos: span.duration_nanos(),
        error: span.status.code == StatusCode::Error,
    }
}
