//! `trace/{id}/span/{row}/lanes`: a span, opened into the polls that it was made of.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use wakeful_live::Live;
use wakeful_model::runtime::{TaskId, ThreadId};
use wakeful_model::{Span, SpanBatch, Value};
use wakeful_query::Engine;
use wakeful_query::runtime::{Gathered, SpanActivity, SpanTask, Window, of_span, task_of};
use wakeful_store::{ProgramId, SkeletonSpan};

use super::super::error::ApiError;
use super::super::layout::Shown;
use super::super::trace::{InPath, TraceQuery};
use super::super::trace_cache::{Opened, key_of};
use super::super::{Parameters, UiApi, arrow};
use super::asked::{Asked, window};
use super::task_spans::active;
use super::{lane_columns, task_spans};

#[derive(Debug, Deserialize)]
pub(super) struct Row {
    row: u32,
}

/// A span as it is stored, with the program that made it.
struct Stored {
    span: SpanActivity,
    program: ProgramId,
}

pub(super) async fn lanes(
    State(api): State<UiApi>,
    InPath(Row { row }): InPath<Row>,
    Query(parameters): Query<Parameters>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let stream = api.ask_trace(query, move |engine, opened| {
        let shown = opened.layout.shown(row, &opened.skeleton);
        let shown = shown.ok_or_else(|| ApiError::not_found("the trace has no such row"))?;
        let Shown::Span(shown) = shown else {
            return Err(ApiError::not_found("a parent that is missing has no lanes"));
        };
        let stored = Stored::read(engine, &opened, shown)?;
        stored.table(engine, shown, parameters)
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

impl Stored {
    fn read(engine: &Engine, opened: &Opened, shown: &SkeletonSpan) -> Result<Self, ApiError> {
        let key = key_of(shown);
        let ids: FxHashSet<_> = [key.id].into_iter().collect();
        let (batch, problems) = engine.store().spans_of(opened.skeleton.trace_id, &ids);
        let span = batch
            .spans
            .iter()
            .find(|span| span.span_id == key.id && span.kind == key.kind);
        let span = span.ok_or_else(|| match problems.first() {
            Some(problem) => ApiError::internal(problem.to_string()),
            None => ApiError::conflict("the span is not stored any more; load the trace again"),
        })?;
        Ok(Self::of(span, &batch))
    }

    fn of(span: &Span, batch: &SpanBatch) -> Self {
        let thread = span
            .attributes
            .iter()
            .find(|attribute| attribute.key == "thread.id");
        let thread = thread.and_then(|attribute| match attribute.value {
            Value::Int(thread) => Some(ThreadId(thread as u64)),
            _ => None,
        });
        Self {
            program: ProgramId::of(batch.resource(span)),
            span: SpanActivity {
                name: span.name.clone(),
                start: span.start_unix_nanos,
                end: span.end_unix_nanos,
                intervals: active(span),
                thread,
            },
        }
    }

    fn table(
        self,
        engine: &Engine,
        shown: &SkeletonSpan,
        parameters: Parameters,
    ) -> Result<Vec<u8>, ApiError> {
        let Self { span, program } = self;
        let asked = Asked { program, parameters };
        let window = window(&asked.parameters, Some(span.start), span.end)?;
        let pixels = asked.pixels()?;
        let whole = Window {
            from: span.start.min(window.from),
            to: span.end.max(window.to),
        };
        let gathered = asked.gather(engine, whole, None);
        let tasks: FxHashSet<TaskId> = gathered.polls.iter().map(|poll| poll.task).collect();
        let are_known = |live: &Live| tasks.iter().all(|task| live.task(*task).is_some());
        let told = asked.with_names(engine, whole, are_known, |live| {
            let task = task_of(&span, &gathered.polls, live);
            let lanes = of_span(live, &gathered, &span, task.map(|task| task.task), window, pixels);
            (lanes, task, why(&span, &gathered, live, task))
        });
        let (lanes, task, why) = match told {
            Ok(told) => told,
            // Nothing is stored of the program, or not of that time.
            Err(_) => {
                let lanes = of_span(&Live::default(), &gathered, &span, None, window, pixels);
                (
                    lanes,
                    None,
                    "its program reports nothing of its runtimes; add #[wakeful::main] to it".to_owned(),
                )
            }
        };
        let mut table = lane_columns::table(&lanes, &gathered, window)?;
        let spans = task_spans::of_blamed(engine, &asked, &lanes.blamed)?;
        lane_columns::blame(&mut table, &lanes, &spans)?;
        let is_ambiguous = task.is_some_and(|task| task.is_ambiguous);
        table.fact(
            "program",
            if task.is_some() {
                program.to_string()
            } else {
                String::new()
            },
        );
        table.fact(
            "task",
            task.map_or_else(String::new, |task| task.task.to_string()),
        );
        table.fact("ambiguous", is_ambiguous);
        table.fact("why", why);
        // The trace's clock may have been adjusted.
        let shift = i128::from(shown.start_unix_nanos) - i128::from(span.start);
        table.fact("shift", shift);
        table.finish()
    }
}

/// Why no task is shown; empty if one is.
fn why(span: &SpanActivity, gathered: &Gathered, live: &Live, task: Option<SpanTask>) -> String {
    let text = match task {
        Some(_) => "",
        None if span.intervals.is_empty() => {
            "the span does not say when it was active; record it with wakeful to know"
        }
        None if gathered.told.is_empty() => "nothing is stored of its program's runtimes at that time",
        None if gathered.summed_records() > 0 => {
            "its polls were told as sums alone, so that the program stayed in its budget"
        }
        None if live.gaps().is_empty() => "it was active outside of any task that the program knows of",
        None => {
            "it was active outside of any task that the program can see; what it lacks is named with its insight"
        }
    };
    text.to_owned()
}
