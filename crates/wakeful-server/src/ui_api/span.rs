//! `trace/{id}/span/{row}`: everything about one span.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use wakeful_model::{Attribute, Span, SpanBatch, SpanId, StatusCode, Value, WARNINGS_KEY, intervals};
use wakeful_query::{Engine, adjust};
use wakeful_store::SkeletonSpan;

use super::UiApi;
use super::error::ApiError;
use super::layout::{NO_ROW, Shown};
use super::trace::{InPath, InQuery, TraceQuery};
use super::trace_cache::{Opened, stored_id};
use super::value::{self, Attributes, Typed};

/// Attributes, and events, that are sent at once.
const LIST_MAX: usize = 1_000;

/// Active intervals that are sent.
const INTERVALS_MAX: usize = 1_000;

/// Ancestors whose attributes are looked at, the nearest ones.
const ANCESTORS_MAX: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct From {
    from: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ValuePath {
    path: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Row {
    row: u32,
}

pub(super) async fn span(
    State(api): State<UiApi>,
    InPath(Row { row }): InPath<Row>,
    InQuery(From { from }): InQuery<From>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let json = api.ask_trace(query, move |engine, opened| {
        let json = match shown(&opened, row)? {
            Shown::Span(_) => {
                let found = Found::read(engine, &opened, row)?;
                let referenced_by = opened.links_to(engine, found.span().span_id);
                let referenced_by = referenced_by
                    .iter()
                    .filter_map(|row| Reference::of(&opened, *row));
                serde_json::to_vec(&Details::of(&found, referenced_by.collect(), from.unwrap_or(0)))
            }
            Shown::Missing(missing) => serde_json::to_vec(&Placeholder {
                placeholder: true,
                trace_id: opened.skeleton.trace_id.to_string(),
                span_id: missing.id.to_string(),
            }),
        };
        json.map_err(|error| ApiError::internal(error.to_string()))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, json.await?).into_response())
}

/// `trace/{id}/span/{row}/value?path=PATH`: a value that was cut, whole.
pub(super) async fn value(
    State(api): State<UiApi>,
    InPath(Row { row }): InPath<Row>,
    InQuery(ValuePath { path }): InQuery<ValuePath>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let text = api.ask_trace(query, move |engine, opened| {
        let Shown::Span(_) = shown(&opened, row)? else {
            return Err(ApiError::not_found("a parent that is missing has no values"));
        };
        let found = Found::read(engine, &opened, row)?;
        let attribute = found.at(&path);
        let attribute = attribute.ok_or_else(|| {
            ApiError::parameter(
                "path",
                format!("the span has no {path:?}; write attributes/3 or events/0/attributes/1"),
            )
        })?;
        Ok(value::whole(&attribute.value))
    });
    // Attributes are strangers' text: no browser is to take it for a page.
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text.await?).into_response())
}

fn shown(opened: &Opened, row: u32) -> Result<Shown<'_>, ApiError> {
    let shown = opened.layout.shown(row, &opened.skeleton);
    shown.ok_or_else(|| ApiError::not_found("the trace has no such row"))
}

/// A span as the page shows it, with its ancestors.
struct Found {
    trace_id: String,
    batch: SpanBatch,
    /// Which of the batch it is.
    place: usize,
    /// Ancestors of the batch, with their rows, the nearest first.
    ancestors: Vec<(u32, usize)>,
    warnings: Vec<String>,
}

impl Found {
    fn read(engine: &Engine, opened: &Opened, row: u32) -> Result<Self, ApiError> {
        let above = std::iter::successors(Some(row), |row| {
            Some(opened.layout.parent(*row)).filter(|parent| *parent != NO_ROW)
        });
        let spans = above.filter_map(|row| match opened.layout.shown(row, &opened.skeleton)? {
            Shown::Span(span) => Some((row, span)),
            Shown::Missing(_) => None,
        });
        let spans: Vec<(u32, &SkeletonSpan)> = spans.take(1 + ANCESTORS_MAX).collect();
        let ids: FxHashSet<SpanId> = spans.iter().map(|(_, span)| stored_id(span)).collect();
        let (mut batch, problems) = engine.store().spans_of(opened.skeleton.trace_id, &ids);
        let mut places = spans
            .iter()
            .map(|(row, span)| Some((*row, adopt(span, &mut batch)?)));
        let place = places.next().flatten().ok_or_else(|| match problems.first() {
            Some(problem) => ApiError::internal(problem.to_string()),
            None => ApiError::conflict("the span is not stored any more; load the trace again"),
        })?;
        let ancestors = places.flatten().collect();
        if !opened.raw {
            adjust::mend_apart(&mut batch);
        }
        let node = opened.layout.node(row).unwrap_or_default();
        let stored = batch.spans[place.1].warnings().map(str::to_owned);
        Ok(Self {
            trace_id: opened.skeleton.trace_id.to_string(),
            warnings: stored.chain(opened.doubts_of(node)).collect(),
            batch,
            place: place.1,
            ancestors,
        })
    }

    fn span(&self) -> &Span {
        &self.batch.spans[self.place]
    }

    /// The attributes of the span that are shown as such.
    fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.span()
            .attributes
            .iter()
            .filter(|attribute| !has_its_own_place(&attribute.key))
    }

    /// The attribute of a path such as `attributes/3` or `events/0/attributes/1`.
    fn at(&self, path: &str) -> Option<&Attribute> {
        let parts: Vec<&str> = path.split('/').collect();
        let span = self.span();
        let number = |text: &str| text.parse::<usize>().ok();
        match parts.as_slice() {
            ["attributes", place] => self.attributes().nth(number(place)?),
            ["resource", place] => self.batch.resource(span).attributes.get(number(place)?),
            ["scope", "attributes", place] => self.batch.scope(span).attributes.get(number(place)?),
            ["events", event, "attributes", place] => {
                span.events.get(number(event)?)?.attributes.get(number(place)?)
            }
            ["links", link, "attributes", place] => {
                span.links.get(number(link)?)?.attributes.get(number(place)?)
            }
            ["inherited", place] => self
                .inherited()
                .get(number(place)?)
                .map(|(_, _, attribute)| *attribute),
            _ => None,
        }
    }

    /// Attributes of ancestors whose keys the span has not itself, the nearest ancestor's first.
    fn inherited(&self) -> Vec<(u32, &Span, &Attribute)> {
        let mut known: FxHashSet<&str> = self
            .span()
            .attributes
            .iter()
            .map(|own| own.key.as_str())
            .collect();
        let mut inherited = Vec::new();
        for (row, place) in &self.ancestors {
            let ancestor = &self.batch.spans[*place];
            for attribute in &ancestor.attributes {
                // How busy an ancestor was says nothing about the span.
                let is_its_own = has_its_own_place(&attribute.key)
                    || [intervals::BUSY_KEY, intervals::IDLE_KEY].contains(&attribute.key.as_str());
                if !is_its_own && known.insert(&attribute.key) {
                    inherited.push((*row, ancestor, attribute));
                }
            }
        }
        inherited
    }
}

/// Warnings and intervals are attributes on their way, and something else on the page.
fn has_its_own_place(key: &str) -> bool {
    [WARNINGS_KEY, intervals::KEY, intervals::JOINED_KEY].contains(&key)
}

/// Finds the whole of a span and gives it the ids that it has in the tree.
fn adopt(skeleton: &SkeletonSpan, batch: &mut SpanBatch) -> Option<usize> {
    let id = stored_id(skeleton);
    let place = batch.spans.iter().position(|span| {
        span.span_id == id
            && span.kind == skeleton.kind
            && span.start_unix_nanos == skeleton.start_unix_nanos
            && span.end_unix_nanos == skeleton.end_unix_nanos
            && span.status.code == skeleton.status
    })?;
    let span = &mut batch.spans[place];
    span.span_id = skeleton.span_id;
    span.parent_span_id = skeleton.parent_span_id;
    Some(place)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placeholder {
    placeholder: bool,
    trace_id: String,
    span_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    trace_id: &'a str,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    service: &'a str,
    kind: &'static str,
    start_unix_nanos: String,
    duration_nanos: u64,
    status: Status<'a>,
    attributes: Vec<Typed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes_total: Option<usize>,
    events: Vec<Event<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events_total: Option<usize>,
    links: Vec<Link<'a>>,
    referenced_by: Vec<Reference<'a>>,
    inherited: Vec<Inherited<'a>>,
    warnings: &'a [String],
    resource: Attributes<'a>,
    scope: Scope<'a>,
    trace_state: &'a str,
    dropped: Dropped,
    #[serde(flatten)]
    activity: Option<Activity>,
}

#[derive(Serialize)]
struct Status<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    time_unix_nanos: String,
    name: &'a str,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    attributes: Attributes<'a>,
}

/// A span of the trace that links to this one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    row: u32,
    name: &'a str,
    span_id: String,
}

impl<'a> Reference<'a> {
    fn of(opened: &'a Opened, row: u32) -> Option<Self> {
        match opened.layout.shown(row, &opened.skeleton)? {
            Shown::Span(span) => Some(Self {
                row,
                name: opened.skeleton.names.get(span.name as usize)?,
                span_id: span.span_id.to_string(),
            }),
            Shown::Missing(_) => None,
        }
    }
}

#[derive(Serialize)]
struct Inherited<'a> {
    from: Ancestor<'a>,
    #[serde(flatten)]
    attribute: Typed<'a>,
}

#[derive(Serialize)]
struct Ancestor<'a> {
    row: u32,
    name: &'a str,
}

#[derive(Serialize)]
struct Scope<'a> {
    name: &'a str,
    version: &'a str,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Dropped {
    attributes: u32,
    events: u32,
    links: u32,
}

/// When a span was active, in nanoseconds from its start.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    intervals: Vec<Interval>,
    intervals_total: usize,
    intervals_joined: i64,
}

#[derive(Serialize)]
struct Interval {
    start: u64,
    dur: u64,
}

impl Activity {
    fn of(span: &Span) -> Option<Self> {
        let Some(Value::Bytes(packed)) = span.attribute(intervals::KEY) else {
            return None;
        };
        let shown = intervals::unpack(packed)
            .take(INTERVALS_MAX)
            .map(|interval| Interval {
                start: interval.start,
                dur: interval.end - interval.start,
            });
        Some(Self {
            intervals: shown.collect(),
            intervals_total: intervals::unpack(packed).count(),
            intervals_joined: match span.attribute(intervals::JOINED_KEY) {
                Some(Value::Int(count)) => *count,
                _ => 0,
            },
        })
    }
}

impl<'a> Details<'a> {
    fn of(found: &'a Found, referenced_by: Vec<Reference<'a>>, from: usize) -> Self {
        let span = found.span();
        let resource = found.batch.resource(span);
        let scope = found.batch.scope(span);
        let events = span.events.iter().skip(from).take(LIST_MAX).map(|event| Event {
            time_unix_nanos: event.time_unix_nanos.to_string(),
            name: &event.name,
            attributes: Attributes(&event.attributes),
        });
        let links = span.links.iter().map(|link| Link {
            trace_id: link.trace_id.map(|id| id.to_string()),
            span_id: link.span_id.map(|id| id.to_string()),
            attributes: Attributes(&link.attributes),
        });
        let inherited = found
            .inherited()
            .into_iter()
            .map(|(row, ancestor, attribute)| Inherited {
                from: Ancestor {
                    row,
                    name: &ancestor.name,
                },
                attribute: Typed::of(attribute),
            });
        let total = |count: usize| (count > LIST_MAX).then_some(count);
        Self {
            trace_id: &found.trace_id,
            span_id: span.span_id.to_string(),
            parent_span_id: span.parent_span_id.map(|id| id.to_string()),
            name: &span.name,
            service: resource.service_name(),
            kind: span.kind.name(),
            start_unix_nanos: span.start_unix_nanos.to_string(),
            duration_nanos: span.duration_nanos(),
            status: Status {
                code: code(span.status.code),
                message: &span.status.message,
            },
            attributes: found
                .attributes()
                .skip(from)
                .take(LIST_MAX)
                .map(Typed::of)
                .collect(),
            attributes_total: total(found.attributes().count()),
            events: events.collect(),
            events_total: total(span.events.len()),
            links: links.collect(),
            referenced_by,
            inherited: inherited.collect(),
            warnings: &found.warnings,
            resource: Attributes(&resource.attributes),
            scope: Scope {
                name: &scope.name,
                version: &scope.version,
                attributes: Attributes(&scope.attributes),
            },
            trace_state: &span.trace_state,
            dropped: Dropped {
                attributes: span.dropped_attributes_count,
                events: span.dropped_events_count,
                links: span.dropped_links_count,
            },
            activity: Activity::of(span),
        }
    }
}

fn code(code: StatusCode) -> &'static str {
    match code {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}
