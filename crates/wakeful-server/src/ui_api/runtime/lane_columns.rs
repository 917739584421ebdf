//! Lanes as columns.

use serde::Serialize;
use wakeful_query::runtime::{Gathered, Item, Lane, Lanes, Window};

use super::super::error::ApiError;
use super::facts::InsightFacts;
use super::table::{Table, since};
use super::task_spans::ServedSpan;

#[derive(Serialize)]
struct LaneFacts<'a> {
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SumFacts {
    polls: u64,
    wakes: u64,
    busy: u64,
    polled: u64,
    scheduled: Option<u64>,
    idle: Option<u64>,
    not_polled: u64,
}

#[derive(Serialize)]
struct BlameFacts<'a> {
    task: String,
    name: &'a str,
    location: &'a str,
    thread: String,
    worker: &'a str,
    polls: u64,
    nanos: u64,
    /// Of all the time in which the task was scheduled.
    share: f64,
    /// What was active in the longest of these polls, if that is known.
    span: Option<&'a ServedSpan>,
}

/// The table of lanes; its times are from the window's beginning.
pub(super) fn table(lanes: &Lanes, gathered: &Gathered, window: Window) -> Result<Table, ApiError> {
    let mut table = Table::default();
    table.fact("base", window.from);
    table.fact("from", window.from);
    table.fact("to", window.to);
    table.fact("lost", gathered.lost_records());
    table.fact("summed", gathered.summed_records());
    table.fact("complete", gathered.problems.is_empty());
    if !gathered.problems.is_empty() {
        table.fact("message", gathered.problems.join("; "));
    }
    let insight = InsightFacts::of(gathered.insight, &gathered.gaps);
    table.fact("insight", insight.json());
    let heads: Vec<LaneFacts<'_>> = lanes.lanes.iter().map(head).collect();
    table.fact("lanes", json(&heads)?);
    let sums = lanes.sums;
    table.fact(
        "sums",
        json(&SumFacts {
            polls: sums.polls,
            wakes: sums.wakes,
            busy: sums.busy,
            polled: sums.polled,
            scheduled: sums.scheduled,
            idle: sums.idle,
            not_polled: sums.not_polled,
        })?,
    );
    columns(&mut table, lanes, window);
    Ok(table)
}

/// Says who held the workers; `spans` are what was active meanwhile, as many as there are blamed.
pub(super) fn blame(table: &mut Table, lanes: &Lanes, spans: &[Option<ServedSpan>]) -> Result<(), ApiError> {
    let scheduled = lanes.sums.scheduled.unwrap_or(0).max(1) as f64;
    let told = lanes.blamed.iter().zip(spans).map(|(blamed, span)| BlameFacts {
        task: blamed.task.to_string(),
        name: &blamed.title,
        location: &blamed.location,
        thread: blamed.thread.to_string(),
        worker: &blamed.thread_title,
        polls: blamed.polls,
        nanos: blamed.nanos,
        share: blamed.nanos as f64 / scheduled,
        span: span.as_ref(),
    });
    table.fact("blame", json(&told.collect::<Vec<_>>())?);
    Ok(())
}

fn head(lane: &Lane) -> LaneFacts<'_> {
    LaneFacts {
        kind: lane.kind.name(),
        name: &lane.name,
        task: lane.task.map(|task| task.to_string()),
        thread: lane.thread.map(|thread| thread.to_string()),
    }
}

fn columns(table: &mut Table, lanes: &Lanes, window: Window) {
    let rows = || {
        let numbered = lanes.lanes.iter().zip(0_u16..);
        numbered.flat_map(|(lane, number)| lane.items.iter().map(move |item| (number, item)))
    };
    let items = || rows().map(|(_, item): (u16, &Item)| item);
    table.u16("lane", rows().map(|(lane, _)| lane));
    table.u8("kind", items().map(|item| item.kind as u8));
    table.f64("start", items().map(|item| Some(since(item.start, window.from))));
    table.whole("dur", items().map(|item| Some(item.nanos())));
    table.u64("task", items().map(|item| item.task.map_or(0, |task| task.0)));
    table.u64(
        "thread",
        items().map(|item| item.thread.map_or(0, |thread| thread.0)),
    );
    table.u32("other", items().map(|item| item.other));
    table.u32("from", items().map(|item| item.from));
    table.u8("by", items().map(|item| item.by as u8));
    table.u64(
        "byTask",
        items().map(|item| item.by_task.map_or(0, |task| task.0)),
    );
    table.u32("count", items().map(|item| item.count));
    table.u8("flags", items().map(|item| item.flags.0));
    table.whole("busy", items().map(|item| Some(item.busy)));
    table.text("label", items().map(|item| &item.label));
}

pub(super) fn json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(error.to_string()))
}
