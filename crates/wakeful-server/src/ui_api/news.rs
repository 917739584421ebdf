//! Answers that stay open while a page is, and tell what is new.

use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

use super::error::ApiError;
use super::{UiApi, chunks};

/// What takes long to look at is looked at less often: so many times as long is left to others.
const PAUSE_FACTOR: u32 = 10;

/// Said from time to time though nothing is new, so that both ends know that the other is there.
const ALIVE: &[u8] = b"{\"type\":\"alive\"}\n";

/// Something that a page watches.
pub(super) trait Watched: Send + 'static {
    /// How often it is looked at, at most.
    const LOOK_INTERVAL: Duration;

    /// What is new since the last look. An error ends the answer: the page asks anew, and is told why.
    fn look(&mut self) -> impl Future<Output = Result<Lines, ApiError>> + Send;
}

/// Lines of JSON.
#[derive(Default)]
pub(super) struct Lines(Vec<Vec<u8>>);

impl Lines {
    pub(super) fn push(&mut self, line: &impl Serialize) {
        // A line holds nothing that JSON cannot say.
        if let Ok(mut bytes) = serde_json::to_vec(line) {
            bytes.push(b'\n');
            self.0.push(bytes);
        }
    }
}

/// Tells what is new until nobody listens or the server ends.
pub(super) fn of(api: &UiApi, watched: impl Watched) -> Response {
    let (sender, body) = chunks::lines();
    tokio::spawn(tell(api.clone(), watched, sender));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

async fn tell<W: Watched>(api: UiApi, mut watched: W, sender: chunks::Sender) {
    let alive_interval = api.receiving.ingest.limits().watch_alive_interval;
    let mut stop = api.stop;
    let mut said = Instant::now();
    loop {
        let begun = Instant::now();
        let Ok(Lines(mut lines)) = watched.look().await else {
            return;
        };
        if lines.is_empty() && said.elapsed() >= alive_interval {
            lines.push(ALIVE.to_vec());
        }
        for line in lines {
            said = Instant::now();
            if sender.send(Ok(line.into())).await.is_err() {
                return;
            }
        }
        let pause = W::LOOK_INTERVAL.max(begun.elapsed() * PAUSE_FACTOR);
        tokio::select! {
            () = sender.closed() => return,
            // Nothing is ever sent: the only news is the end.
            _ = stop.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
