//! `programs`: who reported, when, and how deep each could look.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use wakeful_live::Live;
use wakeful_model::runtime::{Loss, Runtime, RuntimeBatch};
use wakeful_model::{Resource, canonical_text};
use wakeful_query::Engine;
use wakeful_store::ProgramExtent;

use super::super::Queries;
use super::super::error::ApiError;
use super::facts::InsightFacts;
use crate::clock::now_unix_nanos;

/// A program that was heard of so recently runs.
const LIVE_NANOS: u64 = 5_000_000_000;

/// More programs than these are not listed.
const PROGRAMS_MAX: usize = 500;

#[derive(Serialize)]
pub(super) struct Answer {
    programs: Vec<ProgramFacts>,
    /// How many there are.
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgramFacts {
    id: String,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<String>,
    live: bool,
    from_unix_nanos: String,
    to_unix_nanos: String,
    tasks_alive: u64,
    lost: u64,
    insight: InsightFacts,
    runtimes: Vec<RuntimeFacts>,
}

#[derive(Clone, Serialize)]
struct RuntimeFacts {
    id: String,
    name: String,
    flavor: &'static str,
    workers: u32,
}

pub(super) async fn programs(State(queries): State<Queries>) -> Result<Json<Answer>, ApiError> {
    queries.ask(|engine| Ok(Json(answer(engine)))).await
}

fn answer(engine: &Engine) -> Answer {
    let runtime = engine.store().runtime();
    let all = runtime.programs();
    let facts = |extent: &ProgramExtent| {
        let latest = runtime.with_latest(extent.id, |live| ProgramFacts::of(extent, &Latest::of(live)));
        // Of programs that are long gone, the last batch says enough.
        latest.or_else(|| {
            Some(ProgramFacts::of(
                extent,
                &Latest::told(runtime.last_batch(extent.id)?),
            ))
        })
    };
    Answer {
        programs: all.iter().take(PROGRAMS_MAX).filter_map(facts).collect(),
        total: all.len(),
    }
}

/// What is known of a program at its end, or now.
struct Latest {
    resource: Resource,
    insight: InsightFacts,
    runtimes: Vec<RuntimeFacts>,
    tasks_alive: u64,
    lost: u64,
}

impl Latest {
    fn of(live: &Live) -> Self {
        Self {
            resource: live.program().clone(),
            insight: InsightFacts::of_program(live),
            runtimes: live
                .runtimes()
                .map(|state| RuntimeFacts::of(&state.runtime))
                .collect(),
            tasks_alive: live.tasks().filter(|task| task.end.is_none()).count() as u64,
            lost: lost(live),
        }
    }

    fn told(batch: RuntimeBatch) -> Self {
        Self {
            insight: InsightFacts::of(batch.insight, &batch.gaps),
            runtimes: batch.runtimes.iter().map(RuntimeFacts::of).collect(),
            tasks_alive: batch.location_sums.iter().map(|sums| sums.alive).sum(),
            lost: records(batch.losses.iter()),
            resource: batch.resource,
        }
    }
}

impl RuntimeFacts {
    fn of(runtime: &Runtime) -> Self {
        Self {
            id: runtime.id.to_string(),
            name: runtime.name.clone(),
            flavor: runtime.flavor.name(),
            workers: runtime.workers,
        }
    }
}

impl ProgramFacts {
    fn of(extent: &ProgramExtent, latest: &Latest) -> Self {
        let text = |key| {
            let value = latest.resource.attribute(key);
            value.map(|value| canonical_text(value).into_owned())
        };
        Self {
            id: extent.id.to_string(),
            service: text("service.name").unwrap_or_default(),
            instance: text("service.instance.id"),
            host: text("host.name"),
            pid: text("process.pid"),
            live: extent.to_unix_nanos.saturating_add(LIVE_NANOS) >= now_unix_nanos(),
            from_unix_nanos: extent.from_unix_nanos.to_string(),
            to_unix_nanos: extent.to_unix_nanos.to_string(),
            tasks_alive: latest.tasks_alive,
            lost: latest.lost,
            insight: latest.insight.clone(),
            runtimes: latest.runtimes.clone(),
        }
    }
}

/// Records that are in no sum either, since the state was begun.
pub(super) fn lost(live: &Live) -> u64 {
    records(live.losses())
}

fn records<'a>(losses: impl Iterator<Item = &'a Loss>) -> u64 {
    let lost = losses.filter(|loss| loss.cause != "budget");
    let records = lost.flat_map(|loss| [loss.polls, loss.wakes, loss.tasks, loss.others]);
    records.fold(0, u64::saturating_add)
}
