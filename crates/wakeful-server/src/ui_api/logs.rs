//! `trace/{id}/logs`: the events of all spans by time, page by page.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use wakeful_model::{Event, canonical_text};
use wakeful_query::Engine;
use wakeful_store::{Marks, SpanKey};

use super::UiApi;
use super::error::ApiError;
use super::trace::{InQuery, TraceQuery};
use super::trace_cache::Opened;
use super::value::Attributes;

/// Events of one page.
const PAGE_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct After {
    cursor: Option<String>,
}

/// An event's place in the order: time, row, and the event's number in its span.
type Place = (u64, u32, u32);

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Log {
        row: u32,
        time_unix_nanos: String,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<String>,
        attributes: Attributes<'a>,
    },
    End {
        complete: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
}

pub(super) async fn logs(
    State(api): State<UiApi>,
    InQuery(After { cursor }): InQuery<After>,
    query: TraceQuery,
) -> Result<Response, ApiError> {
    let after = cursor.as_deref().map(parse_cursor).transpose()?;
    let lines = api.ask_trace(query, move |engine, opened| page(engine, &opened, after));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, lines.await?).into_response())
}

fn page(engine: &Engine, opened: &Opened, after: Option<Place>) -> Result<Vec<u8>, ApiError> {
    let rows: FxHashMap<SpanKey, u32> = opened.rows_with(Marks::EVENTS);
    // The earliest ones behind the cursor; one more than a page says whether more follow. A span that was sent twice is
    // stored twice, and so are its events: a map has each once.
    let mut earliest: BTreeMap<Place, Event> = BTreeMap::new();
    let problems = engine
        .store()
        .each_with_events(opened.skeleton.trace_id, |span, view| {
            let Some(row) = rows.get(&span) else { return };
            for (number, event) in (0..).zip(view.events()) {
                let place = (event.time_unix_nanos(), *row, number);
                let is_next = after.is_none_or(|after| place > after);
                let is_early = earliest.len() <= PAGE_MAX
                    || earliest.last_key_value().is_some_and(|(last, _)| place < *last);
                if is_next && is_early {
                    earliest.entry(place).or_insert_with(|| event.to_model());
                    if earliest.len() > PAGE_MAX + 1 {
                        earliest.pop_last();
                    }
                }
            }
        });
    let follows = earliest.len() > PAGE_MAX;
    if follows {
        earliest.pop_last();
    }
    let last = earliest.last_key_value().filter(|_| follows);
    let cursor = last.map(|((time, row, number), _)| format!("{time}.{row}.{number}"));
    let mut lines = Vec::new();
    for ((time, row, _), event) in &earliest {
        let level = event.attributes.iter().find(|attribute| attribute.key == "level");
        let line = Line::Log {
            row: *row,
            time_unix_nanos: time.to_string(),
            name: &event.name,
            level: level.map(|level| canonical_text(&level.value).into_owned()),
            attributes: Attributes(&event.attributes),
        };
        add(&mut lines, &line)?;
    }
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let end = Line::End {
        complete: problems.is_empty(),
        message: (!problems.is_empty()).then(|| problems.join("; ")),
        cursor,
    };
    add(&mut lines, &end)?;
    Ok(lines)
}

fn add(lines: &mut Vec<u8>, line: &Line<'_>) -> Result<(), ApiError> {
    serde_json::to_writer(&mut *lines, line).map_err(|error| ApiError::internal(error.to_string()))?;
    lines.push(b'\n');
    Ok(())
}

fn parse_cursor(text: &str) -> Result<Place, ApiError> {
    let parts: Vec<&str> = text.split('.').collect();
    let place = match parts.as_slice() {
        [time, row, number] => time.parse().ok().zip(row.parse().ok()).zip(number.parse().ok()),
        _ => None,
    };
    let place = place.map(|((time, row), number)| (time, row, number));
    place.ok_or_else(|| ApiError::parameter("cursor", "take the cursor of the end line of the page before"))
}
