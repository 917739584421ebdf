//! `watch?topics=tasks`: news of a program's tasks, while a page is open.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use wakeful_live::Live;
use wakeful_model::runtime::TaskId;
use wakeful_query::runtime::{TaskFilter, TaskLints, TaskSort, tasks as list};

use super::super::error::ApiError;
use super::super::news::{self, Lines, Watched};
use super::super::{Queries, UiApi};
use super::asked::Asked;
use super::facts::FindingFacts;
use super::programs::lost;
use super::task_row::{JsonRow, TaskRow};
use super::{findings, task_spans, tasks};

/// Rows in a line.
const ROWS_MAX: usize = 1_000;

/// Tasks that are watched; a page that lists more says so.
const TASKS_MAX: usize = 20_000;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Tasks {
        at_unix_nanos: String,
        changed: &'a [JsonRow],
        gone: &'a [String],
        counts: Counts,
        lost: u64,
        more: bool,
    },
    Findings {
        findings: &'a [FindingFacts],
    },
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
struct Counts {
    tasks: u64,
    running: u64,
    scheduled: u64,
    idle: u64,
    done: u64,
}

pub(super) async fn watch(State(api): State<UiApi>, asked: Asked) -> Result<Response, ApiError> {
    match asked.text("topics") {
        Some("tasks") => {}
        _ => return Err(ApiError::parameter("topics", "write topics=tasks")),
    }
    let filter = tasks::filter(&asked)?;
    let retain_nanos = asked.retain_nanos()?;
    // Whether there is such a program is told before the first line.
    let known = asked.clone();
    api.queries.ask(move |engine| known.extent(engine)).await?;
    let watched = WatchedProgram {
        queries: api.queries.clone(),
        asked,
        filter,
        retain_nanos,
        known: Known::default(),
    };
    Ok(news::of(&api, watched))
}

/// A program, and what its page knows of it.
struct WatchedProgram {
    queries: Queries,
    asked: Asked,
    filter: TaskFilter,
    retain_nanos: u64,
    known: Known,
}

/// What the page was told.
#[derive(Default)]
struct Known {
    /// The batches that were taken in then; `None` before the first look.
    folds: Option<u64>,
    rows: FxHashMap<TaskId, JsonRow>,
    findings: Vec<FindingFacts>,
}

impl Watched for WatchedProgram {
    const LOOK_INTERVAL: Duration = Duration::from_millis(500);

    async fn look(&mut self) -> Result<Lines, ApiError> {
        let (asked, mut filter, retain) = (self.asked.clone(), self.filter.clone(), self.retain_nanos);
        let mut known = std::mem::take(&mut self.known);
        let looked = self.queries.ask(move |engine| {
            filter.find_served(|text| task_spans::serving(engine, &asked, text, None))?;
            let news = asked.with_program(engine, None, retain, |live| known.news(live, &filter, retain))?;
            Ok((known, news))
        });
        let (known, news) = looked.await?;
        self.known = known;
        Ok(news)
    }
}

impl Known {
    /// What the page does not know yet; it knows it then.
    fn news(&mut self, live: &Live, filter: &TaskFilter, retain_nanos: u64) -> Lines {
        let mut news = Lines::default();
        if self.folds.replace(live.folds()) == Some(live.folds()) {
            return news;
        }
        let found = findings::check(live);
        let lints = TaskLints::by_task(&found);
        let (rows, counts) = list(live, filter, TaskSort::default(), retain_nanos, &lints);
        let counts = Counts {
            tasks: counts.tasks,
            running: counts.running,
            scheduled: counts.scheduled,
            idle: counts.idle,
            done: counts.done,
        };
        let rows = rows.into_iter().take(TASKS_MAX);
        let mut shown: FxHashSet<TaskId> = FxHashSet::default();
        let mut changed = Vec::new();
        for (task, lints) in rows {
            let id = task.start.id;
            shown.insert(id);
            let row = JsonRow::from(TaskRow::of(task, lints));
            if self.rows.get(&id).is_none_or(|known| row.differs(known)) {
                self.rows.insert(id, row.clone());
                changed.push(row);
            }
        }
        let mut gone: Vec<TaskId> = self
            .rows
            .keys()
            .copied()
            .filter(|id| !shown.contains(id))
            .collect();
        gone.sort_unstable();
        gone.iter().for_each(|id| drop(self.rows.remove(id)));
        let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
        let parts = changed.chunks(ROWS_MAX).count().max(1);
        let no_rows: &[JsonRow] = &[];
        let chunks = changed
            .chunks(ROWS_MAX)
            .chain(std::iter::repeat_n(no_rows, usize::from(changed.is_empty())));
        for (number, rows) in chunks.enumerate() {
            news.push(&Line::Tasks {
                at_unix_nanos: live.now_unix_nanos().to_string(),
                changed: rows,
                gone: if number == 0 { &gone } else { &[] },
                counts,
                lost: lost(live),
                more: number + 1 < parts,
            });
        }
        let findings: Vec<FindingFacts> = found.iter().take(200).map(FindingFacts::of).collect();
        if findings != self.findings {
            news.push(&Line::Findings { findings: &findings });
            self.findings = findings;
        }
        news
    }
}
