//! `runtime` and `runtime/series`: the workers of a program, and its figures over time.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use wakeful_model::runtime::RuntimeId;
use wakeful_query::runtime::{
    Gathered, POLL_CLASSES, Series, Window, WorkerSeries, of_workers, series as series_of,
};

use super::super::error::ApiError;
use super::super::{Queries, arrow};
use super::asked::Asked;
use super::lane_columns;

const POINTS_DEFAULT: u64 = 300;
const POINTS_MAX: u64 = 5_000;

/// Without a batch for so long, nothing is known of the time between.
const GAP_NANOS: u64 = 3_000_000_000;

/// More marks than these are not sent.
const MARKS_MAX: usize = 200;

/// A moment that is worth a line across all lanes.
#[derive(Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Mark {
    unix_nanos: String,
    kind: &'static str,
    text: String,
}

fn runtime(asked: &Asked) -> Result<Option<RuntimeId>, ApiError> {
    let text = asked.text("runtime");
    let number = text.map(|text| {
        let number = text.parse().map(RuntimeId);
        number.map_err(|_| ApiError::parameter("runtime", "name a runtime by its number in `programs`"))
    });
    number.transpose()
}

pub(super) async fn lanes(State(queries): State<Queries>, asked: Asked) -> Result<Response, ApiError> {
    let (runtime, pixels) = (runtime(&asked)?, asked.pixels()?);
    let stream = queries.ask(move |engine| {
        let extent = asked.extent(engine)?;
        let window = asked.window(None, extent.to_unix_nanos)?;
        let gathered = asked.gather(engine, window, None);
        let lanes = asked.with_names(
            engine,
            window,
            |_| true,
            |live| of_workers(live, &gathered, runtime, window, pixels),
        )?;
        let mut table = lane_columns::table(&lanes, &gathered, window)?;
        table.fact("program", asked.program);
        let ends = (extent.from_unix_nanos, extent.to_unix_nanos);
        table.fact("marks", lane_columns::json(&marks(&gathered, window, ends))?);
        table.finish()
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

/// Where what is known of the program begins and ends, and where nothing came, or something was lost.
fn marks(gathered: &Gathered, window: Window, (first, last): (u64, u64)) -> Vec<Mark> {
    let mark = |at: u64, kind, text: String| Mark {
        unix_nanos: at.to_string(),
        kind,
        text,
    };
    let mut marks = Vec::new();
    if window.range().contains(&first) {
        marks.push(mark(
            first,
            "start",
            "the first that is stored of the program".to_owned(),
        ));
    }
    for pair in gathered.told.windows(2) {
        let (until, since) = (pair[0].1, pair[1].0);
        if since.saturating_sub(until) >= GAP_NANOS {
            let seconds = (since - until) / 1_000_000_000;
            marks.push(mark(
                until,
                "gap",
                format!("nothing came from the program for {seconds} s"),
            ));
        }
    }
    for (cause, records) in gathered.lost.iter().filter(|(cause, _)| cause != "budget") {
        marks.push(mark(
            window.from,
            "lost",
            format!("{records} records were lost: {cause}"),
        ));
    }
    if window.range().contains(&last) {
        marks.push(mark(
            last,
            "end",
            "the last that is stored of the program".to_owned(),
        ));
    }
    marks.truncate(MARKS_MAX);
    marks
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeriesFacts {
    from_unix_nanos: String,
    step_nanos: u64,
    tasks_alive: Vec<Option<u64>>,
    global_queue: Vec<Option<u64>>,
    blocking_threads: Vec<Option<u64>>,
    blocking_queue: Vec<Option<u64>>,
    polls: Vec<Option<u64>>,
    poll_max: Vec<Option<u64>>,
    workers: Vec<WorkerFacts>,
    poll_heat: Heat,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkerFacts {
    index: u32,
    thread: Option<String>,
    busy: Vec<Option<f64>>,
    parks: Vec<Option<u64>>,
    steals: Vec<Option<u64>>,
    local_queue: Vec<Option<u64>>,
}

#[derive(Serialize)]
struct Heat {
    bounds: [u64; POLL_CLASSES.len()],
    counts: Vec<[u32; POLL_CLASSES.len() + 1]>,
}

pub(super) async fn series(
    State(queries): State<Queries>,
    asked: Asked,
) -> Result<Json<SeriesFacts>, ApiError> {
    let runtime = runtime(&asked)?;
    let points = asked.number("points", POINTS_DEFAULT, POINTS_MAX)? as usize;
    let answer = queries.ask(move |engine| {
        let extent = asked.extent(engine)?;
        let window = asked.window(None, extent.to_unix_nanos)?;
        let gathered = asked.gather(engine, window, None);
        Ok(SeriesFacts::of(
            series_of(&gathered, runtime, window, points),
            window,
        ))
    });
    Ok(Json(answer.await?))
}

impl SeriesFacts {
    fn of(series: Series, window: Window) -> Self {
        let workers = series.workers.into_iter().map(|worker| {
            let WorkerSeries {
                worker,
                thread,
                busy,
                parks,
                steals,
                local_queue,
            } = worker;
            WorkerFacts {
                index: worker,
                thread: thread.map(|thread| thread.to_string()),
                busy,
                parks,
                steals,
                local_queue,
            }
        });
        Self {
            from_unix_nanos: window.from.to_string(),
            step_nanos: series.step_nanos,
            tasks_alive: series.tasks_alive,
            global_queue: series.global_queue,
            blocking_threads: series.blocking_threads,
            blocking_queue: series.blocking_queue,
            polls: series.polls,
            poll_max: series.longest_poll_nanos,
            workers: workers.collect(),
            poll_heat: Heat {
                bounds: POLL_CLASSES,
                counts: series.poll_classes,
            },
        }
    }
}
