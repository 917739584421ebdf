//! `resources/{id}`: one resource, who has it, who waits for it; and a lane of both.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use wakeful_live::{AsyncOp, Live, Resource};
use wakeful_model::runtime::{ResourceId, TaskId};
use wakeful_query::runtime::{hold_times, of_resource, wait_times};

use super::super::error::ApiError;
use super::super::trace::InPath;
use super::super::{Queries, arrow};
use super::asked::{Asked, resource_id};
use super::facts::{FindingFacts, InsightFacts, TaskFacts};
use super::histogram::Histogram;
use super::resources::value_text;
use super::{findings, lane_columns};

/// Waits that are listed.
const OPS_MAX: usize = 1_000;

/// How far a graph of who waits for whom is followed.
const NODES_MAX: usize = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    id: String,
    parent: Option<String>,
    kind: String,
    #[serde(rename = "type")]
    concrete_type: String,
    name: String,
    target: String,
    location: Option<String>,
    internal: bool,
    start_unix_nanos: String,
    end_unix_nanos: Option<String>,
    at_unix_nanos: String,
    attributes: Vec<AttributeFacts>,
    holders: Vec<HolderFacts>,
    waiters: Vec<HolderFacts>,
    waiters_total: u64,
    contention: Option<ContentionFacts>,
    async_ops: Vec<OpFacts>,
    async_ops_total: usize,
    waits_for: Graph,
    lints: Vec<FindingFacts>,
    insight: InsightFacts,
}

#[derive(Serialize)]
struct AttributeFacts {
    key: String,
    value: String,
    unit: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HolderFacts {
    task: Option<TaskFacts>,
    since_unix_nanos: String,
    location: Option<String>,
    how: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContentionFacts {
    acquisitions: u64,
    contended: u64,
    waited: u64,
    held: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpFacts {
    id: String,
    parent: Option<String>,
    task: Option<String>,
    source: String,
    location: Option<String>,
    start_unix_nanos: String,
    end_unix_nanos: Option<String>,
    total: u64,
    busy: u64,
    idle: u64,
    polls: u64,
    ready: bool,
    attributes: Vec<AttributeFacts>,
}

/// Who holds what, and who waits for what.
#[derive(Serialize, Default)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Whether somebody waits for itself, through others.
    cycle: bool,
}

#[derive(Serialize, PartialEq)]
struct Node {
    kind: &'static str,
    id: String,
    title: String,
}

#[derive(Serialize)]
struct Edge {
    from: usize,
    to: usize,
    kind: &'static str,
}

pub(super) async fn resource(
    State(queries): State<Queries>,
    InPath(Named { id: text }): InPath<Named>,
    asked: Asked,
) -> Result<Json<Answer>, ApiError> {
    let id = resource_id(&text)?;
    let (at, retain) = (asked.at()?, asked.retain_nanos()?);
    let answer = queries.ask(move |engine| {
        let found = asked.with_program(engine, at, retain, |live| {
            live.resource(id).map(|resource| Answer::of(live, resource))
        })?;
        found.ok_or_else(|| ApiError::not_found(format!("the program had no resource {id} at that time")))
    });
    Ok(Json(answer.await?))
}

pub(super) async fn lane(
    State(queries): State<Queries>,
    InPath(Named { id: text }): InPath<Named>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let id = resource_id(&text)?;
    let pixels = asked.pixels()?;
    let stream = queries.ask(move |engine| {
        let extent = asked.extent(engine)?;
        let window = asked.window(None, extent.to_unix_nanos)?;
        let gathered = asked.gather(engine, window, None);
        let is_known = |live: &Live| live.resource(id).is_some();
        let lanes = asked.with_names(engine, window, is_known, |live| {
            of_resource(live, &gathered, id, window, pixels)
        })?;
        let mut table = lane_columns::table(&lanes, &gathered, window)?;
        table.fact("program", asked.program);
        table.fact("resource", id);
        let waits = Histogram::of(&wait_times(&gathered, id, window));
        table.fact("waitTimes", lane_columns::json(&waits)?);
        let holds = Histogram::of(&hold_times(&gathered, id, window));
        table.fact("holdTimes", lane_columns::json(&holds)?);
        table.finish()
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

impl Answer {
    fn of(live: &Live, resource: &Resource) -> Self {
        let start = &resource.start;
        let mut ops: Vec<&AsyncOp> = live.async_ops().filter(|op| op.op.resource == start.id).collect();
        // Those that go on first, then the latest.
        ops.sort_by_key(|op| {
            (
                op.op.end_unix_nanos.is_some(),
                std::cmp::Reverse(op.op.start_unix_nanos),
            )
        });
        let waiters = ops.iter().filter(|op| op.is_waiting()).map(|op| HolderFacts {
            task: op.op.task.map(|task| TaskFacts::of(live, task)),
            since_unix_nanos: op.op.start_unix_nanos.to_string(),
            location: op.location.as_ref().map(ToString::to_string),
            how: op.op.source.clone(),
        });
        let waiters: Vec<HolderFacts> = waiters.take(OPS_MAX).collect();
        let holders = resource.holders.iter().map(|holder| HolderFacts {
            task: holder.task.map(|task| TaskFacts::of(live, task)),
            since_unix_nanos: holder.since_unix_nanos.to_string(),
            location: holder.location.as_ref().map(ToString::to_string),
            how: holder.how.clone(),
        });
        let lints = findings::check(live).into_iter();
        let lints = lints.filter(|finding| finding.resources.contains(&start.id));
        Self {
            id: start.id.to_string(),
            parent: start.parent.map(|parent| parent.to_string()),
            kind: start.kind.clone(),
            concrete_type: start.concrete_type.clone(),
            name: start.name.clone(),
            target: start.target.clone(),
            location: resource.location.as_ref().map(ToString::to_string),
            internal: start.is_internal,
            start_unix_nanos: start.start_unix_nanos.to_string(),
            end_unix_nanos: resource.end_unix_nanos.map(|end| end.to_string()),
            at_unix_nanos: live.now_unix_nanos().to_string(),
            attributes: attributes(&resource.attributes),
            holders: holders.collect(),
            waiters_total: resource.waiters.max(waiters.len() as u64),
            waiters,
            contention: resource.contention.as_ref().map(|told| ContentionFacts {
                acquisitions: told.acquisitions,
                contended: told.contended,
                waited: told.waited_nanos,
                held: told.held_nanos,
            }),
            async_ops_total: ops.len(),
            async_ops: ops.into_iter().take(OPS_MAX).map(op_facts).collect(),
            waits_for: Graph::around(live, resource),
            lints: lints.map(|finding| FindingFacts::of(&finding)).collect(),
            insight: InsightFacts::of_program(live),
        }
    }
}

fn attributes(of: &[wakeful_model::runtime::StateAttribute]) -> Vec<AttributeFacts> {
    let facts = |attribute: &wakeful_model::runtime::StateAttribute| AttributeFacts {
        key: attribute.key.clone(),
        value: value_text(&attribute.value),
        unit: attribute.unit.clone(),
    };
    of.iter().map(facts).collect()
}

fn op_facts(op: &AsyncOp) -> OpFacts {
    OpFacts {
        id: op.op.id.to_string(),
        parent: op.op.parent.map(|parent| parent.to_string()),
        task: op.op.task.map(|task| task.to_string()),
        source: op.op.source.clone(),
        location: op.location.as_ref().map(ToString::to_string),
        start_unix_nanos: op.op.start_unix_nanos.to_string(),
        end_unix_nanos: op.op.end_unix_nanos.map(|end| end.to_string()),
        total: op.total_nanos(),
        busy: op.busy_nanos(),
        idle: op.idle_nanos(),
        polls: op.op.polls,
        ready: op.op.is_ready,
        attributes: attributes(&op.op.attributes),
    }
}

impl Graph {
    /// Everybody who can be reached from a resource: its holders, what those wait for, who holds that; and who waits for it.
    fn around(live: &Live, resource: &Resource) -> Self {
        let waits = Waits::of(live);
        let mut graph = Self::default();
        let mut resources = vec![resource.start.id];
        let mut seen = vec![resource.start.id];
        while let Some(id) = resources.pop() {
            let Some(resource) = live.resource(id) else {
                continue;
            };
            let place = graph.resource(resource);
            for task in resource.holders.iter().filter_map(|holder| holder.task) {
                if graph.nodes.len() >= NODES_MAX {
                    break;
                }
                let holder = graph.task(live, task);
                graph.edge(holder, place, "holds");
                for wanted in waits.of_task(task) {
                    if let Some(wanted) = live.resource(*wanted).filter(|_| graph.nodes.len() < NODES_MAX) {
                        let to = graph.resource(wanted);
                        graph.edge(holder, to, "waits");
                        if !seen.contains(&wanted.start.id) && graph.nodes.len() < NODES_MAX {
                            seen.push(wanted.start.id);
                            resources.push(wanted.start.id);
                        }
                    }
                }
            }
            for task in waits.for_resource(id) {
                if graph.nodes.len() >= NODES_MAX {
                    break;
                }
                let waiter = graph.task(live, *task);
                graph.edge(waiter, place, "waits");
            }
        }
        graph.cycle = graph.has_cycle();
        graph
    }

    fn task(&mut self, live: &Live, id: TaskId) -> usize {
        let title = live
            .task(id)
            .map_or_else(String::new, |task| match task.start.name.as_str() {
                "" => task
                    .location
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                name => name.to_owned(),
            });
        self.node("task", id.to_string(), title)
    }

    fn resource(&mut self, resource: &Resource) -> usize {
        let place = resource
            .location
            .as_ref()
            .map_or_else(String::new, |place| format!(" {place}"));
        let title = format!("{}{place}", resource.start.concrete_type);
        self.node("resource", resource.start.id.to_string(), title)
    }

    fn node(&mut self, kind: &'static str, id: String, title: String) -> usize {
        let known = self
            .nodes
            .iter()
            .position(|node| node.kind == kind && node.id == id);
        known.unwrap_or_else(|| {
            self.nodes.push(Node { kind, id, title });
            self.nodes.len() - 1
        })
    }

    fn edge(&mut self, from: usize, to: usize, kind: &'static str) {
        let is_known = |edge: &Edge| edge.from == from && edge.to == to && edge.kind == kind;
        if !self.edges.iter().any(is_known) {
            self.edges.push(Edge { from, to, kind });
        }
    }

    /// Follows waits to resources, and those to who holds them.
    fn has_cycle(&self) -> bool {
        // Takes away whoever has nowhere to go, until nobody is left or all have.
        let mut steps: Vec<(usize, usize)> = Vec::new();
        for edge in &self.edges {
            steps.push(match edge.kind {
                "holds" => (edge.to, edge.from),
                _ => (edge.from, edge.to),
            });
        }
        loop {
            let goes_on = |node: usize| steps.iter().any(|(from, _)| *from == node);
            let kept: Vec<_> = steps.iter().copied().filter(|(_, to)| goes_on(*to)).collect();
            if kept.len() == steps.len() {
                return !kept.is_empty();
            }
            steps = kept;
        }
    }
}

/// Who waits for what, looked up once for the whole graph: a program may have many thousands of waits.
#[derive(Default)]
struct Waits {
    /// What each task waits for; a part of another wait is none of its own.
    of_tasks: FxHashMap<TaskId, Vec<ResourceId>>,
    for_resources: FxHashMap<ResourceId, Vec<TaskId>>,
}

impl Waits {
    fn of(live: &Live) -> Self {
        let mut waits = Self::default();
        for op in live.async_ops().filter(|op| op.is_waiting()) {
            let Some(task) = op.op.task else { continue };
            waits.for_resources.entry(op.op.resource).or_default().push(task);
            if op.op.parent.is_none() {
                waits.of_tasks.entry(task).or_default().push(op.op.resource);
            }
        }
        waits
    }

    fn of_task(&self, task: TaskId) -> &[ResourceId] {
        self.of_tasks.get(&task).map_or(&[], Vec::as_slice)
    }

    fn for_resource(&self, id: ResourceId) -> &[TaskId] {
        self.for_resources.get(&id).map_or(&[], Vec::as_slice)
    }
}
