//! `trace/{id}/watch`: news of a trace that still grows, while a page is open.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::UiApi;
use super::error::ApiError;
use super::news::{self, Lines, Watched};
use super::trace::TraceQuery;
use super::trace_cache::Opened;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'a> {
    Trace {
        rev: &'a str,
        spans: usize,
        new: u64,
        errors: u32,
        duration_nanos: u64,
    },
}

pub(super) async fn watch(State(api): State<UiApi>, query: TraceQuery) -> Result<Response, ApiError> {
    let current = TraceQuery {
        rev: None,
        ..query.clone()
    };
    // Whether there is such a trace is told before the first line.
    let opened = api.open(current.clone()).await?;
    let rev = query.rev.unwrap_or_else(|| opened.rev.clone());
    let watched = WatchedTrace {
        api: api.clone(),
        query: current,
        stored: Opened::stored_of_rev(&rev).unwrap_or(opened.skeleton.stored),
        rev,
    };
    Ok(news::of(&api, watched))
}

/// A trace, and what its page knows of it.
struct WatchedTrace {
    api: UiApi,
    query: TraceQuery,
    rev: String,
    /// How many spans were stored when the page read it.
    stored: u64,
}

impl Watched for WatchedTrace {
    const LOOK_INTERVAL: Duration = Duration::from_secs(1);

    async fn look(&mut self) -> Result<Lines, ApiError> {
        let mut lines = Lines::default();
        let opened = self.api.open(self.query.clone()).await?;
        if opened.rev == self.rev {
            return Ok(lines);
        }
        self.rev.clone_from(&opened.rev);
        let layout = &opened.layout;
        lines.push(&Line::Trace {
            rev: &opened.rev,
            spans: opened.skeleton.spans.len(),
            new: opened.skeleton.stored.saturating_sub(self.stored),
            errors: layout.errors,
            duration_nanos: layout.end_unix_nanos.saturating_sub(layout.start_unix_nanos),
        });
        Ok(lines)
    }
}
