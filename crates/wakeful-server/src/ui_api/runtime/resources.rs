//! `resources`: locks, semaphores, channels and timers of a program at a time.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use rustc_hash::FxHashMap;
use wakeful_live::{Live, Resource};
use wakeful_model::runtime::{DurationHistogram, ResourceId, StateAttribute, StateValue};
use wakeful_query::runtime::TaskLints;

use super::super::error::ApiError;
use super::super::{Queries, arrow};
use super::asked::Asked;
use super::facts::InsightFacts;
use super::findings;
use super::programs::lost;
use super::table::Table;

const LIMIT_DEFAULT: u64 = 10_000;
const LIMIT_MAX: u64 = 100_000;

/// What a list says of a resource.
struct ResourceRow<'a> {
    resource: &'a Resource,
    attributes: String,
    waiting: u64,
    longest_wait: Option<u64>,
    ops: u64,
    /// Of the waits that ended and are remembered.
    wait_p99: Option<u64>,
    lints: TaskLints,
}

/// Waits for one resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    pub(super) ops: u64,
    pub(super) waiting: u64,
    /// When the longest of those that go on began.
    pub(super) since: Option<u64>,
    /// How long those took that ended.
    ended: DurationHistogram,
}

/// Waits by resource.
pub(super) fn waits(live: &Live) -> FxHashMap<ResourceId, Waits> {
    let mut all: FxHashMap<ResourceId, Waits> = FxHashMap::default();
    for op in live.async_ops() {
        let waits = all.entry(op.op.resource).or_default();
        waits.ops += 1;
        if op.is_waiting() {
            waits.waiting += 1;
            let start = op.op.start_unix_nanos;
            waits.since = Some(waits.since.map_or(start, |since| since.min(start)));
        } else if op.op.end_unix_nanos.is_some() && op.op.parent.is_none() {
            waits.ended.record(op.total_nanos());
        }
    }
    all
}

/// A value of a resource's state as text.
pub(super) fn value_text(value: &StateValue) -> String {
    match value {
        StateValue::Text(text) => text.clone(),
        StateValue::Bool(value) => value.to_string(),
        StateValue::Int(value) => value.to_string(),
    }
}

fn attributes_text(attributes: &[StateAttribute]) -> String {
    let text = |attribute: &StateAttribute| {
        let value = value_text(&attribute.value);
        format!("{}={value}{}", attribute.key, attribute.unit)
    };
    attributes.iter().map(text).collect::<Vec<_>>().join(" ")
}

pub(super) async fn resources(State(queries): State<Queries>, asked: Asked) -> Result<Response, ApiError> {
    let with_internal = match asked.text("internal") {
        None | Some("0" | "false") => false,
        Some("1" | "true") => true,
        Some(_) => {
            return Err(ApiError::parameter(
                "internal",
                "write internal=1, or leave it out",
            ));
        }
    };
    let words: Vec<String> = asked
        .text("filter")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let sort = asked.text("sort").unwrap_or("-total").to_owned();
    let order = order(&sort)?;
    let offset = asked.number("offset", 0, u32::MAX.into())? as usize;
    let limit = asked.number("limit", LIMIT_DEFAULT, LIMIT_MAX)? as usize;
    let (at, retain) = (asked.at()?, asked.retain_nanos()?);
    let stream = queries.ask(move |engine| {
        let table = asked.with_program(engine, at, retain, |live| {
            let (mut rows, internal, all) = rows(live, with_internal, &words, retain);
            rows.sort_by(|a, b| {
                order
                    .compare(a, b)
                    .then_with(|| a.resource.start.id.cmp(&b.resource.start.id))
            });
            let matched = rows.len();
            let shown: Vec<ResourceRow<'_>> = rows.into_iter().skip(offset).take(limit).collect();
            let mut table = table(live, &shown);
            table.fact("matched", matched);
            table.fact("resources", all);
            table.fact("internal", internal);
            table.fact("program", asked.program);
            table
        })?;
        table.finish()
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

/// The resources that are wanted, how many internal ones there are, and how many others.
fn rows<'a>(
    live: &'a Live,
    with_internal: bool,
    words: &[String],
    retain_nanos: u64,
) -> (Vec<ResourceRow<'a>>, usize, usize) {
    let mut waits = waits(live);
    let mut lints: FxHashMap<ResourceId, TaskLints> = FxHashMap::default();
    for finding in findings::check(live) {
        for id in &finding.resources {
            let entry = lints.entry(*id).or_default();
            *entry = entry.with(finding.lint);
        }
    }
    let oldest = live.now_unix_nanos().saturating_sub(retain_nanos);
    let mut rows = Vec::new();
    let (mut internal, mut all) = (0, 0);
    for resource in live
        .resources()
        .filter(|it| it.end_unix_nanos.is_none_or(|end| end >= oldest))
    {
        match resource.start.is_internal {
            true => internal += 1,
            false => all += 1,
        }
        if (resource.start.is_internal && !with_internal) || !matches(resource, words) {
            continue;
        }
        let id = resource.start.id;
        let waits = waits.remove(&id).unwrap_or_default();
        let now = live.now_unix_nanos();
        rows.push(ResourceRow {
            resource,
            attributes: attributes_text(&resource.attributes),
            waiting: waits.waiting.max(resource.waiters),
            longest_wait: waits.since.map(|since| now.saturating_sub(since)),
            ops: waits.ops,
            wait_p99: p99(&waits.ended),
            lints: lints.get(&id).copied().unwrap_or_default(),
        });
    }
    (rows, internal, all)
}

/// `None` if nothing was counted.
fn p99(times: &DurationHistogram) -> Option<u64> {
    (!times.buckets.is_empty()).then(|| times.quantile_nanos(0.99))
}

fn matches(resource: &Resource, words: &[String]) -> bool {
    let start = &resource.start;
    let place = resource
        .location
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let texts = [
        &start.kind,
        &start.concrete_type,
        &start.target,
        &start.name,
        &place,
    ];
    let has = |word: &String| texts.iter().any(|text| text.to_lowercase().contains(word));
    words.iter().all(has)
}

/// A column to sort by.
#[derive(Debug, Clone, Copy)]
struct Order {
    column: &'static str,
    is_descending: bool,
}

const COLUMNS: [&str; 13] = [
    "id",
    "kind",
    "type",
    "target",
    "location",
    "total",
    "held",
    "waiting",
    "longestWait",
    "ops",
    "waitP99",
    "holdP99",
    "start",
];

fn order(text: &str) -> Result<Order, ApiError> {
    let (is_descending, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text),
    };
    let column = COLUMNS.into_iter().find(|column| *column == name);
    let column = column.ok_or_else(|| {
        let columns = COLUMNS.join(", ");
        ApiError::parameter(
            "sort",
            format!("there is no column {name:?}; there are {columns}"),
        )
    })?;
    Ok(Order {
        column,
        is_descending,
    })
}

impl Order {
    fn compare(self, a: &ResourceRow<'_>, b: &ResourceRow<'_>) -> std::cmp::Ordering {
        let number = |row: &ResourceRow<'_>| match self.column {
            "id" => row.resource.start.id.0,
            "total" => row.resource.total_nanos(),
            "start" => row.resource.start.start_unix_nanos,
            "held" => held_since(row.resource).map_or(0, |since| u64::MAX - since),
            "waiting" => row.waiting,
            "longestWait" => row.longest_wait.unwrap_or(0),
            "ops" => row.ops,
            "waitP99" => row.wait_p99.unwrap_or(0),
            "holdP99" => p99(&row.resource.hold_times).unwrap_or(0),
            _ => 0,
        };
        let text = |row: &ResourceRow<'_>| match self.column {
            "kind" => row.resource.start.kind.clone(),
            "type" => row.resource.start.concrete_type.clone(),
            "target" => row.resource.start.target.clone(),
            "location" => row
                .resource
                .location
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            _ => String::new(),
        };
        let order = number(a).cmp(&number(b)).then_with(|| text(a).cmp(&text(b)));
        match self.is_descending {
            true => order.reverse(),
            false => order,
        }
    }
}

fn held_since(resource: &Resource) -> Option<u64> {
    resource
        .holders
        .iter()
        .map(|holder| holder.since_unix_nanos)
        .min()
}

fn table(live: &Live, rows: &[ResourceRow<'_>]) -> Table {
    let mut table = Table::default();
    let now = live.now_unix_nanos();
    for name in ["base", "at", "from", "to"] {
        table.fact(name, now);
    }
    table.fact("complete", true);
    table.fact("lost", lost(live));
    table.fact("insight", InsightFacts::of_program(live).json());
    let all = || rows.iter().map(|row| row.resource);
    let place = |it: &Resource| it.location.as_ref().map_or_else(String::new, ToString::to_string);
    table.u64("id", all().map(|it| it.start.id.0));
    table.u64(
        "parent",
        all().map(|it| it.start.parent.map_or(0, |parent| parent.0)),
    );
    table.text("kind", all().map(|it| &it.start.kind));
    table.text("type", all().map(|it| &it.start.concrete_type));
    table.text("name", all().map(|it| &it.start.name));
    table.text("target", all().map(|it| &it.start.target));
    table.text("location", all().map(place));
    table.text("attributes", rows.iter().map(|row| &row.attributes));
    table.u8("internal", all().map(|it| u8::from(it.start.is_internal)));
    table.times("start", now, all().map(|it| Some(it.start.start_unix_nanos)));
    table.times("end", now, all().map(|it| it.end_unix_nanos));
    table.whole("total", all().map(|it| Some(it.total_nanos())));
    let holder = |it: &Resource| it.holders.iter().find_map(|holder| holder.task);
    table.u64("holder", all().map(|it| holder(it).map_or(0, |task| task.0)));
    table.times("held", now, all().map(held_since));
    table.whole("waiting", rows.iter().map(|row| Some(row.waiting)));
    table.whole("longestWait", rows.iter().map(|row| row.longest_wait));
    table.whole("ops", rows.iter().map(|row| Some(row.ops)));
    let contention = || all().map(|it| it.contention.as_ref());
    table.whole(
        "acquisitions",
        contention().map(|told| told.map(|told| told.acquisitions)),
    );
    table.whole(
        "contended",
        contention().map(|told| told.map(|told| told.contended)),
    );
    table.whole(
        "waited",
        contention().map(|told| told.map(|told| told.waited_nanos)),
    );
    table.whole(
        "heldTotal",
        contention().map(|told| told.and_then(|told| told.held_nanos)),
    );
    table.whole("waitP99", rows.iter().map(|row| row.wait_p99));
    table.whole("holdP99", all().map(|it| p99(&it.hold_times)));
    table.u32("lints", rows.iter().map(|row| row.lints.0));
    table
}
