//! `tasks`: the tasks of a program at a time, or their spawn locations.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use wakeful_live::{Linter, Live};
use wakeful_query::runtime::{
    Group, POLL_CLASSES, TaskCounts, TaskFilter, TaskLints, TaskSort, groups, tasks as list,
};

use super::super::error::ApiError;
use super::super::{Queries, arrow};
use super::asked::Asked;
use super::facts::InsightFacts;
use super::programs::lost;
use super::table::Table;
use super::task_row::{TaskRow, end_number, state_number};
use super::task_spans;

const LIMIT_DEFAULT: u64 = 10_000;
const LIMIT_MAX: u64 = 100_000;

/// Which tasks, in what order, and how many of them.
struct Wanted {
    filter: TaskFilter,
    is_filtered: bool,
    sort: TaskSort,
    retain_nanos: u64,
    offset: usize,
    limit: usize,
}

/// The filter of a question.
pub(super) fn filter(asked: &Asked) -> Result<TaskFilter, ApiError> {
    let text = asked.text("filter").unwrap_or_default();
    TaskFilter::parse(text)
        .map_err(|error| ApiError::parameter("filter", error.message).at_column(error.column))
}

pub(super) async fn tasks(State(queries): State<Queries>, asked: Asked) -> Result<Response, ApiError> {
    let sort = asked.text("sort").map(str::parse).transpose();
    let mut wanted = Wanted {
        filter: filter(&asked)?,
        is_filtered: asked.text("filter").is_some(),
        sort: sort
            .map_err(|error| ApiError::parameter("sort", error))?
            .unwrap_or_default(),
        retain_nanos: asked.retain_nanos()?,
        offset: asked.number("offset", 0, u32::MAX.into())? as usize,
        limit: asked.number("limit", LIMIT_DEFAULT, LIMIT_MAX)? as usize,
    };
    let is_grouped = match asked.text("group") {
        None | Some("none") => false,
        Some("location") => true,
        Some(_) => {
            return Err(ApiError::parameter(
                "group",
                "write group=location, or leave it out",
            ));
        }
    };
    let at = asked.at()?;
    let stream = queries.ask(move |engine| {
        wanted
            .filter
            .find_served(|text| task_spans::serving(engine, &asked, text, at))?;
        let table = asked.with_program(engine, at, wanted.retain_nanos, |live| {
            let mut table = match is_grouped {
                true => group_table(live, &wanted),
                false => task_table(live, &wanted),
            };
            table.fact("program", asked.program);
            table
        })?;
        table.finish()
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

fn task_table(live: &Live, wanted: &Wanted) -> Table {
    let lints = TaskLints::by_task(&Linter::default().check(live));
    let (found, counts) = list(live, &wanted.filter, wanted.sort, wanted.retain_nanos, &lints);
    let matched = found.len();
    let shown = found.into_iter().skip(wanted.offset).take(wanted.limit);
    let rows: Vec<TaskRow> = shown.map(|(task, lints)| TaskRow::of(task, lints)).collect();
    let mut table = Table::default();
    facts(&mut table, live, counts, matched);
    columns(&mut table, &rows, live.now_unix_nanos());
    table
}

/// What is said about all tasks.
fn facts(table: &mut Table, live: &Live, counts: TaskCounts, matched: usize) {
    let now = live.now_unix_nanos();
    table.fact("base", now);
    table.fact("at", now);
    table.fact("from", now);
    table.fact("to", now);
    table.fact("complete", true);
    table.fact("matched", matched);
    table.fact("tasks", counts.tasks);
    table.fact("running", counts.running);
    table.fact("scheduled", counts.scheduled);
    table.fact("idle", counts.idle);
    table.fact("done", counts.done);
    table.fact("insight", InsightFacts::of_program(live).json());
    table.fact("lost", lost(live));
    let is_part = live.untold() > 0 || live.losses().any(|loss| loss.cause == "budget" && loss.tasks > 0);
    table.fact("kept", if is_part { "part" } else { "all" });
}

fn columns(table: &mut Table, rows: &[TaskRow], base: u64) {
    let all = || rows.iter();
    table.u64("id", all().map(|row| row.id.0));
    table.u8("state", all().map(|row| state_number(row.state)));
    table.text("name", all().map(|row| &row.name));
    table.text("kind", all().map(|row| row.kind));
    table.text("location", all().map(|row| &row.location));
    table.text("fields", all().map(|row| &row.fields));
    table.u64("parent", all().map(|row| row.parent.map_or(0, |parent| parent.0)));
    table.u64("runtime", all().map(|row| row.runtime.unwrap_or(0)));
    table.times("start", base, all().map(|row| Some(row.start)));
    table.times("end", base, all().map(|row| row.end.map(|(end, _)| end)));
    table.whole("total", all().map(|row| Some(row.total)));
    table.whole("busy", all().map(|row| row.busy));
    table.whole("scheduled", all().map(|row| row.scheduled));
    table.whole("idle", all().map(|row| row.idle));
    table.whole("polls", all().map(|row| row.polls));
    table.whole("wakes", all().map(|row| row.wakes));
    table.whole("selfWakes", all().map(|row| row.self_wakes));
    table.whole("wakers", all().map(|row| row.wakers));
    table.times("lastPoll", base, all().map(|row| row.last_poll));
    table.times("lastWake", base, all().map(|row| row.last_wake));
    table.whole("p50", all().map(|row| row.p50));
    table.whole("p99", all().map(|row| row.p99));
    table.whole("longest", all().map(|row| row.longest));
    for class in 0..=POLL_CLASSES.len() {
        table.u32(format!("poll{class}"), all().map(|row| row.classes[class]));
    }
    table.u32("lints", all().map(|row| row.lints.0));
    table.u8("ended", all().map(|row| end_number(row.end)));
}

fn group_table(live: &Live, wanted: &Wanted) -> Table {
    let lints = TaskLints::by_task(&Linter::default().check(live));
    let (found, counts) = list(live, &wanted.filter, wanted.sort, wanted.retain_nanos, &lints);
    let all = groups(live, &found, wanted.is_filtered);
    let mut table = Table::default();
    facts(&mut table, live, counts, all.len());
    let shown: Vec<&Group<'_>> = all.iter().skip(wanted.offset).take(wanted.limit).collect();
    let groups = || shown.iter();
    let place = |group: &&Group<'_>| {
        group
            .site
            .location
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    };
    table.text("location", groups().map(place));
    table.text("kind", groups().map(|group| group.site.kind.name()));
    table.text("name", groups().map(|group| &group.name));
    table.u32("count", groups().map(|group| group.count as u32));
    table.whole("alive", groups().map(|group| Some(group.site.alive)));
    table.whole("started", groups().map(|group| Some(group.site.started)));
    table.whole("ended", groups().map(|group| Some(group.site.ended)));
    table.whole("polls", groups().map(|group| Some(group.site.polls)));
    table.f64("growth", groups().map(|group| Some(group.site.growth() as f64)));
    table.whole("busy", groups().map(|group| Some(group.site.busy_nanos)));
    table.whole("scheduled", groups().map(|group| group.site.scheduled_nanos));
    table.whole(
        "longest",
        groups().map(|group| Some(group.site.longest_poll_nanos)),
    );
    let base = live.now_unix_nanos();
    table.times("oldest", base, groups().map(|group| group.oldest_unix_nanos));
    table.u32("lints", groups().map(|group| group.lints.0));
    table
}
