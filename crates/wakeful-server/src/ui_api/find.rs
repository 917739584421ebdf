//! `trace/{id}/find`: rows with a text, or of spans that meet conditions.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{UInt8Array, UInt32Array};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use wakeful_model::{Kind, Resource, StatusCode};
use wakeful_query::{Engine, TraceQuery as Conditions, parse_find};
use wakeful_store::{SkeletonSpan, TextHits, TextPlaces, TextQuery};

use super::error::ApiError;
use super::layout::Shown;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::{Opened, key_of};
use super::{UiApi, arrow, traceql_read};

const NOWHERE: u8 = 0;
const OPERATION: u8 = 1;
const SERVICE: u8 = 1 << 1;
const SPAN_ID: u8 = 1 << 2;
const ATTRIBUTE: u8 = 1 << 3;
const EVENT: u8 = 1 << 4;
const RESOURCE: u8 = 1 << 5;
const STATUS: u8 = 1 << 6;

#[derive(Debug, Deserialize)]
pub(super) struct Text {
    q: String,
}

pub(super) async fn find(
    State(api): State<UiApi>,
    InQuery(Text { q }): InQuery<Text>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let sought = Sought::read(&q)?;
    let stream = api.ask_trace(query, move |engine, opened| {
        let (rows, places) = match &sought {
            Sought::Text(text) => rows_with_text(engine, &opened, text)?,
            Sought::Conditions(conditions) => rows_meeting(engine, &opened, conditions)?,
        };
        arrow::stream([
            ("row", Arc::new(UInt32Array::from(rows))),
            ("where", Arc::new(UInt8Array::from(places))),
        ])
    });
    Ok(arrow::response(Body::from(stream.await?)))
}

/// What is looked for.
enum Sought {
    Text(TextQuery),
    /// TraceQL, which begins with a brace.
    Conditions(Box<Conditions>),
}

impl Sought {
    fn read(q: &str) -> Result<Self, ApiError> {
        if !q.trim_start().starts_with('{') {
            return Ok(Self::Text(parse_find(q)));
        }
        let conditions = traceql_read::read(q).map_err(|fault| fault.of_parameter("q"))?;
        Ok(Self::Conditions(Box::new(conditions)))
    }
}

/// From so many rows on it pays to look through them in several threads.
const MANY_ROWS: u32 = 50_000;

/// Rows, and where in them.
type Found = (Vec<u32>, Vec<u8>);

fn rows_with_text(engine: &Engine, opened: &Opened, text: &TextQuery) -> Result<Found, ApiError> {
    let (hits, problems) = match text.words.is_empty() {
        true => (TextHits::default(), Vec::new()),
        false => engine.store().find_text(opened.skeleton.trace_id, text),
    };
    if let Some(problem) = problems.first() {
        return Err(ApiError::internal(problem.to_string()));
    }
    Ok(Finder::new(opened, text).found(&hits))
}

/// Conditions are met by a span as a whole, so no place is told.
fn rows_meeting(engine: &Engine, opened: &Opened, conditions: &Conditions) -> Result<Found, ApiError> {
    let spans = engine.matching_spans(opened.skeleton.trace_id, conditions)?;
    let meets = |row: &u32| match opened.layout.shown(*row, &opened.skeleton) {
        Some(Shown::Span(span)) => spans.contains(&key_of(span)),
        _ => false,
    };
    Ok((0..opened.layout.rows())
        .filter(meets)
        .map(|row| (row, NOWHERE))
        .unzip())
}

/// What is decided once for many rows.
struct Finder<'a> {
    opened: &'a Opened,
    names: Vec<bool>,
    /// The bits of services and resources.
    resources: Vec<u8>,
    /// By kind, then status: what Jaeger makes attributes of, and has no attribute of its own here.
    made_up: [[u8; 3]; 6],
    ids: Vec<&'a str>,
}

impl<'a> Finder<'a> {
    fn new(opened: &'a Opened, text: &'a TextQuery) -> Self {
        let of_resource = |resource: &Resource| {
            let service = if text.is_in(resource.service_name()) {
                SERVICE
            } else {
                0
            };
            let mut others = resource
                .attributes
                .iter()
                .filter(|attribute| attribute.key != "service.name");
            let found = others.any(|attribute| {
                text.is_in_attribute(&attribute.key, &wakeful_model::canonical_text(&attribute.value))
            });
            service | if found { RESOURCE } else { 0 }
        };
        let is_id = |word: &&str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self {
            opened,
            names: opened
                .skeleton
                .names
                .iter()
                .map(|name| text.is_in(name))
                .collect(),
            resources: opened.skeleton.resources.iter().map(of_resource).collect(),
            made_up: Kind::ALL.map(|kind| {
                [StatusCode::Unset, StatusCode::Ok, StatusCode::Error]
                    .map(|status| made_up(kind, status, text))
            }),
            ids: text.words.iter().map(String::as_str).filter(is_id).collect(),
        }
    }

    /// All rows that match, ascending; of many, each thread looks at its share.
    fn found(&self, hits: &TextHits) -> Found {
        let rows = self.opened.layout.rows();
        let threads = if rows < MANY_ROWS {
            1
        } else {
            std::thread::available_parallelism().map_or(1, usize::from)
        };
        let share = rows.div_ceil(threads as u32).max(1);
        let mut shares = vec![Found::default(); threads];
        std::thread::scope(|scope| {
            for (first, found) in (0..rows).step_by(share as usize).zip(&mut shares) {
                scope.spawn(move || *found = self.rows(first..rows.min(first + share), hits).unzip());
            }
        });
        let mut all = Found::default();
        for (rows, places) in shares {
            all.0.extend(rows);
            all.1.extend(places);
        }
        all
    }

    fn rows(&self, rows: Range<u32>, hits: &TextHits) -> impl Iterator<Item = (u32, u8)> {
        rows.filter_map(|row| {
            let places = match self.opened.layout.shown(row, &self.opened.skeleton)? {
                Shown::Span(span) => self.places(span, hits),
                Shown::Missing(missing) => {
                    if self.ids.is_empty() {
                        0
                    } else {
                        self.id(&missing.id.to_string())
                    }
                }
            };
            (places != 0).then_some((row, places))
        })
    }

    fn places(&self, span: &SkeletonSpan, hits: &TextHits) -> u8 {
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        let mut places = bit(self.names[span.name as usize], OPERATION)
            | self.resources[span.resource as usize]
            | self.made_up[span.kind as usize][span.status as usize];
        if !self.ids.is_empty() {
            places |= self.id(&span.span_id.to_string());
        }
        if let Some(TextPlaces {
            attribute,
            event,
            status,
        }) = hits.get(&key_of(span))
        {
            places |= bit(*attribute, ATTRIBUTE) | bit(*event, EVENT) | bit(*status, STATUS);
        }
        places
    }

    fn id(&self, id: &str) -> u8 {
        if self.ids.contains(&id) { SPAN_ID } else { 0 }
    }
}

/// Whether a text stands in the attributes that Jaeger makes of a span's kind and status.
fn made_up(kind: Kind, status: StatusCode, text: &TextQuery) -> u8 {
    let kind_found = kind != Kind::Unspecified && text.is_in_attribute("span.kind", kind.name());
    let status_found = match status {
        StatusCode::Unset => false,
        StatusCode::Ok => text.is_in_attribute("otel.status_code", "OK"),
        StatusCode::Error => {
            text.is_in_attribute("otel.status_code", "ERROR") || text.is_in_attribute("error", "true")
        }
    };
    (if kind_found { ATTRIBUTE } else { 0 }) | (if status_found { STATUS } else { 0 })
}
