//! `tasks/{id}`: everything about one task.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use wakeful_live::{Live, Task, TaskState};
use wakeful_model::runtime::TaskId;

use super::super::Queries;
use super::super::error::ApiError;
use super::super::trace::InPath;
use super::asked::{Asked, task_id};
use super::facts::{FindingFacts, InsightFacts, TaskFacts};
use super::findings;
use super::histogram::Histogram;
use super::programs::lost;
use super::task_spans::{self, Served, ServedSpan};

/// Children that are listed.
const CHILDREN_MAX: usize = 100;

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    id: String,
    name: String,
    kind: &'static str,
    state: Option<&'static str>,
    location: Option<String>,
    runtime: Option<String>,
    type_name: String,
    future_bytes: Option<u64>,
    stored_bytes: Option<u64>,
    spawned_in: Option<SpawnedIn>,
    start_unix_nanos: String,
    end_unix_nanos: Option<String>,
    ended: Option<&'static str>,
    at_unix_nanos: String,
    total: u64,
    busy: Option<u64>,
    scheduled: Option<u64>,
    idle: Option<u64>,
    polls: Option<u64>,
    wakers: Option<WakerFacts>,
    poll_times: Option<Histogram>,
    scheduled_times: Option<Histogram>,
    parent: Option<TaskFacts>,
    children: Vec<TaskFacts>,
    children_total: usize,
    holds: Vec<Held>,
    waits_for: Vec<Held>,
    spans: Vec<ServedSpan>,
    spans_complete: bool,
    lints: Vec<FindingFacts>,
    insight: InsightFacts,
    lost: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpawnedIn {
    trace_id: String,
    span_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WakerFacts {
    live: u64,
    clones: u64,
    drops: u64,
    wakes: u64,
    self_wakes: u64,
    last_wake_unix_nanos: Option<String>,
}

/// A resource that the task has, or waits for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    resource: String,
    kind: String,
    #[serde(rename = "type")]
    concrete_type: String,
    name: String,
    location: Option<String>,
    since_unix_nanos: String,
    /// How it is held, or what was called.
    how: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
}

pub(super) async fn task(
    State(queries): State<Queries>,
    InPath(Named { id: text }): InPath<Named>,
    asked: Asked,
) -> Result<Json<Answer>, ApiError> {
    let id = task_id(&text)?;
    // A task's own page is asked for long after the task has left the list.
    let retain = asked
        .number("retain", 3_600, 3_600)?
        .saturating_mul(1_000_000_000);
    let at = asked.at()?;
    let answer = queries.ask(move |engine| {
        let found = asked.with_program(engine, at, retain, |live| live.task(id).map(|task| Answer::of(live, task)))?;
        let mut answer = found.ok_or_else(|| {
            ApiError::not_found(format!(
                "the program had no task {id} at that time, or it ended long before; choose a time at which it was alive with `at`"
            ))
        })?;
        let served: Served = task_spans::of(engine, &asked, id, at)?;
        answer.spans = served.spans;
        answer.spans_complete = served.is_complete;
        Ok(answer)
    });
    Ok(Json(answer.await?))
}

impl Answer {
    fn of(live: &Live, task: &Task) -> Self {
        let start = &task.start;
        let sums = task.sums.as_ref();
        let mut children: Vec<TaskId> = live
            .tasks()
            .filter(|child| child.start.parent == Some(start.id))
            .map(|child| child.start.id)
            .collect();
        let children_total = children.len();
        children.truncate(CHILDREN_MAX);
        let lints = findings::check(live).into_iter();
        let lints = lints.filter(|finding| finding.tasks.contains(&start.id));
        Self {
            id: start.id.to_string(),
            name: start.name.clone(),
            kind: start.kind.name(),
            state: task.state().map(TaskState::name),
            location: task.location.as_ref().map(ToString::to_string),
            runtime: start.runtime.map(|runtime| runtime.to_string()),
            type_name: start.type_name.clone(),
            future_bytes: start.future_bytes,
            stored_bytes: start.stored_bytes,
            spawned_in: start.spawned_in.map(|(trace, span)| SpawnedIn {
                trace_id: trace.to_string(),
                span_id: span.to_string(),
            }),
            start_unix_nanos: start.start_unix_nanos.to_string(),
            end_unix_nanos: task.end.as_ref().map(|end| end.end_unix_nanos.to_string()),
            ended: task.end.as_ref().map(|end| end.kind.name()),
            at_unix_nanos: live.now_unix_nanos().to_string(),
            total: task.total_nanos(),
            busy: task.busy_nanos(),
            scheduled: task.scheduled_nanos(),
            // Without wakes, idle and scheduled are one.
            idle: task.scheduled_nanos().and(task.idle_nanos()),
            polls: task.polls_count(),
            wakers: sums
                .and_then(|sums| sums.wakers.as_ref())
                .map(|wakers| WakerFacts {
                    live: wakers.clones.saturating_sub(wakers.drops),
                    clones: wakers.clones,
                    drops: wakers.drops,
                    wakes: wakers.wakes,
                    self_wakes: wakers.self_wakes,
                    last_wake_unix_nanos: wakers.last_wake_unix_nanos.map(|at| at.to_string()),
                }),
            poll_times: sums.and_then(|sums| Histogram::of(&sums.poll_times)),
            scheduled_times: sums.and_then(|sums| Histogram::of(&sums.scheduled_times)),
            parent: start.parent.map(|parent| TaskFacts::of(live, parent)),
            children: children
                .into_iter()
                .map(|child| TaskFacts::of(live, child))
                .collect(),
            children_total,
            holds: holds(live, start.id),
            waits_for: waits_for(live, start.id),
            spans: Vec::new(),
            spans_complete: true,
            lints: lints.map(|finding| FindingFacts::of(&finding)).collect(),
            insight: InsightFacts::of_program(live),
            lost: lost(live),
        }
    }
}

fn holds(live: &Live, task: TaskId) -> Vec<Held> {
    let mut all = Vec::new();
    for resource in live
        .resources()
        .filter(|resource| resource.end_unix_nanos.is_none())
    {
        let own = resource.holders.iter().filter(|holder| holder.task == Some(task));
        all.extend(own.map(|holder| Held {
            resource: resource.start.id.to_string(),
            kind: resource.start.kind.clone(),
            concrete_type: resource.start.concrete_type.clone(),
            name: resource.start.name.clone(),
            location: resource.location.as_ref().map(ToString::to_string),
            since_unix_nanos: holder.since_unix_nanos.to_string(),
            how: holder.how.clone(),
            holder: None,
        }));
    }
    all
}

fn waits_for(live: &Live, task: TaskId) -> Vec<Held> {
    let waiting = live
        .async_ops()
        .filter(|op| op.op.task == Some(task) && op.is_waiting());
    let own = waiting.filter(|op| op.op.parent.is_none());
    let held = own.map(|op| {
        let resource = live.resource(op.op.resource);
        let start = resource.map(|resource| &resource.start);
        let holder = resource.and_then(|resource| resource.holders.iter().find_map(|holder| holder.task));
        let place = op.location.as_ref().or_else(|| resource?.location.as_ref());
        Held {
            resource: op.op.resource.to_string(),
            kind: start.map_or_else(String::new, |start| start.kind.clone()),
            concrete_type: start.map_or_else(String::new, |start| start.concrete_type.clone()),
            name: start.map_or_else(String::new, |start| start.name.clone()),
            location: place.map(ToString::to_string),
            since_unix_nanos: op.op.start_unix_nanos.to_string(),
            how: op.op.source.clone(),
            holder: holder.map(|holder| holder.to_string()),
        }
    });
    held.collect()
}
