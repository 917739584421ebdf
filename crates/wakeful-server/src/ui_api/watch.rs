//! `trace/{id}/watch`: news of a trace that still grows, while a page is open.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

use super::UiApi;
use super::chunks;
use super::error::ApiError;
use super::trace::TraceQuery;
use super::trace_cache::Opened;

/// How often the store is asked.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A trace that takes long to lay out is looked at less often: so many times as long is left to others.
const PAUSE_FACTOR: u32 = 10;

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
    Alive,
}

pub(super) async fn watch(State(api): State<UiApi>, query: TraceQuery) -> Result<Response, ApiError> {
    let current = TraceQuery {
        rev: None,
        ..query.clone()
    };
    // Whether there is such a trace is told before the first line.
    let opened = api.open(current.clone()).await?;
    let rev = query.rev.unwrap_or_else(|| opened.rev.clone());
    let watched = Watched {
        api,
        query: current,
        stored: Opened::stored_of_rev(&rev).unwrap_or(opened.skeleton.stored),
        rev,
    };
    let (sender, body) = chunks::lines();
    tokio::spawn(watched.tell(sender));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

/// A trace, and what its page knows of it.
struct Watched {
    api: UiApi,
    query: TraceQuery,
    rev: String,
    /// How many spans were stored when the page read it.
    stored: u64,
}

impl Watched {
    /// Says what is new until nobody listens or the server ends. From time to time it says something though nothing is
    /// new, so that both ends know that the other is there.
    async fn tell(mut self, sender: chunks::Sender) {
        let alive_interval = self.api.receiving.ingest.limits().watch_alive_interval;
        let mut stop = self.api.stop.clone();
        let mut said = Instant::now();
        loop {
            let begun = Instant::now();
            let line = match self.look().await {
                Ok(Some(line)) => Some(line),
                Ok(None) if said.elapsed() >= alive_interval => json(&Line::Alive),
                Ok(None) => None,
                // It is gone or cannot be read: the page asks anew and is told why.
                Err(_) => return,
            };
            if let Some(line) = line {
                said = Instant::now();
                if sender.send(Ok(line.into())).await.is_err() {
                    return;
                }
            }
            let pause = LOOK_INTERVAL.max(begun.elapsed() * PAUSE_FACTOR);
            tokio::select! {
                () = sender.closed() => return,
                // Nothing is ever sent: the only news is the end.
                _ = stop.changed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// The line about what is new, if anything is.
    async fn look(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        let opened = self.api.open(self.query.clone()).await?;
        if opened.rev == self.rev {
            return Ok(None);
        }
        self.rev.clone_from(&opened.rev);
        let layout = &opened.layout;
        Ok(json(&Line::Trace {
            rev: &opened.rev,
            spans: opened.skeleton.spans.len(),
            new: opened.skeleton.stored.saturating_sub(self.stored),
            errors: layout.errors,
            duration_nanos: layout.end_unix_nanos.saturating_sub(layout.start_unix_nanos),
        }))
    }
}

fn json(line: &Line<'_>) -> Option<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}
