//! The spans that a task has served.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use wakeful_live::Live;
use wakeful_model::runtime::{Poll, TaskId};
use wakeful_model::{Span, StatusCode, Value, intervals};
use wakeful_query::Engine;
use wakeful_query::runtime::{Blamed, Window};
use wakeful_store::{ProgramId, ReadBounds, SpanFilter};

use super::super::error::ApiError;
use super::asked::Asked;

/// So many of a task's polls are looked at, the latest.
const POLLS_MAX: usize = 200;

/// How far back they are looked for.
const LOOK_BACK_NANOS: u64 = 600_000_000_000;

/// Spans that tasks are looked for by are those of so long before a time, …
const SERVING_NANOS: u64 = 60_000_000_000;

/// … of so many names, …
const NAMES_MAX: usize = 20;

/// … which are looked for among so many polls.
const SERVING_POLLS_MAX: usize = 500_000;

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
    let mut served: Vec<(u64, ServedSpan)> = Vec::new();
    let span = Window {
        from: first.start_unix_nanos,
        to: last.end_unix_nanos(),
    };
    let are_all = each_span(engine, asked, None, span, |span, service| {
        if is_in(&polls, span) {
            served.push((span.start_unix_nanos, served_span(span, service)));
        }
    })?;
    served.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
    let is_complete = are_all && served.len() <= SPANS_MAX && polls.len() < POLLS_MAX;
    served.truncate(SPANS_MAX);
    Ok(Served {
        spans: served.into_iter().map(|(_, span)| span).collect(),
        is_complete,
    })
}

/// What was active while each of the blamed held a worker longest: the innermost span that took half of that poll or more. Of what
/// stands in the latest traces alone.
pub(super) fn of_blamed(
    engine: &Engine,
    asked: &Asked,
    blamed: &[Blamed],
) -> Result<Vec<Option<ServedSpan>>, ApiError> {
    let polls = || blamed.iter().map(|blamed| blamed.longest_poll);
    let from = polls().map(|(start, _)| start).min();
    let Some((from, to)) = from.zip(polls().map(|(_, end)| end).max()) else {
        return Ok(Vec::new());
    };
    let mut found: Vec<Option<(u64, ServedSpan)>> = blamed.iter().map(|_| None).collect();
    each_span(engine, asked, None, Window { from, to }, |span, service| {
        let thread = thread_of(span);
        for (number, (start, end)) in active(span).into_iter().enumerate() {
            let took = end.saturating_sub(start);
            for (blamed, found) in blamed.iter().zip(&mut found) {
                let (poll_start, poll_end) = blamed.longest_poll;
                let is_within = poll_start <= start && end <= poll_end && took >= (poll_end - poll_start) / 2;
                // A span is made where it is entered first; later it may be entered on any thread.
                let is_there = number > 0 || thread.is_none_or(|thread| thread == blamed.thread.0);
                let is_inner = found.as_ref().is_none_or(|(least, _)| took < *least);
                if is_within && is_there && is_inner {
                    *found = Some((took, served_span(span, service)));
                }
            }
        }
    })?;
    Ok(found.into_iter().map(|found| Some(found?.1)).collect())
}

/// The tasks of which a poll had a span active whose name has that text, in lower case; in the minute before a time (Unix nanoseconds), or
/// before the latest that is stored. For each name that has it, spans of the latest traces are looked at.
pub(super) fn serving(
    engine: &Engine,
    asked: &Asked,
    text: &str,
    at: Option<u64>,
) -> Result<FxHashSet<TaskId>, ApiError> {
    let extent = asked.extent(engine)?;
    let to = at.unwrap_or(extent.to_unix_nanos).min(extent.to_unix_nanos);
    let window = Window {
        from: to.saturating_sub(SERVING_NANOS),
        to,
    };
    let polls = PollsByThread::read(engine, asked, window);
    let service = service_of(engine, asked, window)?;
    let operations = engine.operations((!service.is_empty()).then_some(&*service), None);
    let mut names: Vec<String> = operations.into_iter().map(|operation| operation.name).collect();
    names.dedup();
    names.retain(|name| name.to_lowercase().contains(text));
    let mut tasks = FxHashSet::default();
    for name in names.into_iter().take(NAMES_MAX) {
        each_span(engine, asked, Some(&name), window, |span, _| {
            if span.name == name {
                tasks.extend(polls.tasks_of(span));
            }
        })?;
    }
    Ok(tasks)
}

/// Polls that are stored whole, of each thread by start.
struct PollsByThread(FxHashMap<u64, Vec<Poll>>);

impl PollsByThread {
    fn read(engine: &Engine, asked: &Asked, window: Window) -> Self {
        let mut all: FxHashMap<u64, Vec<Poll>> = FxHashMap::default();
        let mut room = SERVING_POLLS_MAX;
        let runtime = engine.store().runtime();
        runtime.each_batch(asked.program, &window.range(), |batch| {
            for poll in batch.polls.iter().take(room) {
                all.entry(poll.thread.0).or_default().push(poll.clone());
            }
            room = room.saturating_sub(batch.polls.len());
        });
        for polls in all.values_mut() {
            polls.sort_by_key(|poll| poll.start_unix_nanos);
        }
        Self(all)
    }

    /// The tasks in whose polls the span's active intervals lie.
    fn tasks_of(&self, span: &Span) -> impl Iterator<Item = TaskId> {
        let thread = thread_of(span);
        active(span)
            .into_iter()
            .enumerate()
            .flat_map(move |(number, (start, end))| {
                // A span is made where it is entered first; later it may be entered on any thread.
                let is_there = move |on: &u64| number > 0 || thread.is_none_or(|thread| thread == *on);
                let threads = self.0.iter().filter(move |(on, _)| is_there(on));
                threads.filter_map(move |(_, polls)| {
                    let after = polls.partition_point(|poll| poll.start_unix_nanos <= start);
                    let poll = polls[..after].last()?;
                    (poll.end_unix_nanos() >= end).then_some(poll.task)
                })
            })
    }
}

/// The program's service; empty if it does not say.
fn service_of(engine: &Engine, asked: &Asked, within: Window) -> Result<String, ApiError> {
    let name = |live: &Live| live.program().service_name().to_owned();
    asked.with_names(engine, within, |_| true, name)
}

/// Calls `each` with spans of the program that may have been active in a stretch of time, and with their service: those of traces that have
/// one of that name. Returns whether these are all.
fn each_span(
    engine: &Engine,
    asked: &Asked,
    named: Option<&str>,
    within: Window,
    mut each: impl FnMut(&Span, &str),
) -> Result<bool, ApiError> {
    let service = service_of(engine, asked, within)?;
    // A span that was active then may have begun long before.
    let filter = SpanFilter {
        service: (!service.is_empty()).then_some(service),
        name: named.map(str::to_owned),
        started_within: within.from.saturating_sub(LOOK_BACK_NANOS)..=within.to,
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
    for trace in &read.traces {
        let mut of_program: FxHashMap<u32, bool> = FxHashMap::default();
        for span in &trace.batch.spans {
            let resource = trace.batch.resource(span);
            let is_own = *of_program
                .entry(span.resource)
                .or_insert_with(|| ProgramId::of(resource) == asked.program);
            if is_own {
                each(span, resource.service_name());
            }
        }
    }
    Ok(!found.truncated && read.left_out == 0 && read.too_large.is_empty())
}

fn latest(polls: &mut Vec<Poll>) {
    polls.sort_by_key(|poll| poll.start_unix_nanos);
    let excess = polls.len().saturating_sub(POLLS_MAX);
    polls.drain(..excess);
}

/// Whether an active interval of the span lies in one of the polls, which are by start, on the span's thread.
fn is_in(polls: &[Poll], span: &Span) -> bool {
    let thread = thread_of(span);
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

/// The thread that a span was made on, if it says so.
fn thread_of(span: &Span) -> Option<u64> {
    let mut attributes = span.attributes.iter();
    let thread = attributes.find(|attribute| attribute.key == "thread.id")?;
    match thread.value {
        Value::Int(thread) => Some(thread as u64),
        _ => None,
    }
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
