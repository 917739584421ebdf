//! One request and its answer, from the head to the last frame.

use std::fmt::Display;
use std::time::Instant;

use http::{HeaderMap, Method, StatusCode, Uri};
use wakeful_trace::{EnteredContext, SpanContext, SpanEvent, SpanRecorder, SpanStatus};

use crate::metrics::{Ended, RequestMetrics};
use crate::{Outcome, Protocol, semantic};

/// Frames that become events of the span; an endless stream must not make an endless span.
const FRAME_EVENTS_MAX: u64 = 128;

/// Records and counts one request. Dropped before its end, it says so.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) recorder: SpanRecorder,
    protocol: Protocol,
    metrics: Option<RequestMetrics>,
    method: Method,
    uri: Uri,
    since: Instant,
    /// The caller's context, for the log line of a dropped request.
    external: Option<SpanContext>,
    outcome: Outcome,
    phase: Phase,
    frames: u64,
    body_bytes: u64,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Body,
    Trailers,
    Done,
}

impl Exchange {
    pub(crate) fn new(
        protocol: Protocol,
        recorder: SpanRecorder,
        metrics: Option<RequestMetrics>,
        (method, uri): (Method, Uri),
        external: Option<SpanContext>,
    ) -> Self {
        Self {
            recorder,
            protocol,
            metrics,
            method,
            uri,
            since: Instant::now(),
            external,
            outcome: Outcome::Ok,
            phase: Phase::Head,
            frames: 0,
            body_bytes: 0,
        }
    }

    /// Makes the request's context current: the span's, or the caller's if nothing is recorded here.
    pub(crate) fn enter(&self) -> Option<EnteredContext> {
        let of_span = self.recorder.span().map(|span| &span.context);
        Some(of_span.or(self.external.as_ref())?.enter())
    }

    /// The head of the answer is there; `body_is_empty` if nothing follows it.
    pub(crate) fn on_head(&mut self, status: StatusCode, headers: &HeaderMap, body_is_empty: bool) {
        self.outcome = Outcome::of_head(status, headers);
        semantic::of_response(self.protocol, status, &mut self.recorder);
        semantic::of_grpc_status(headers, &mut self.recorder);
        self.recorder.event_msg("response head");
        self.phase = Phase::Body;
        self.tell_failure();
        if body_is_empty {
            self.finish();
        }
    }

    /// A piece of the body; `is_last` if the body says that nothing follows.
    pub(crate) fn on_data(&mut self, bytes: usize, is_last: bool) {
        self.body_bytes += bytes as u64;
        self.frames += 1;
        if self.recorder.span().is_some() && self.frames <= FRAME_EVENTS_MAX {
            let mut event = SpanEvent::new("response body frame");
            event.set_metadata("size", i64::try_from(bytes).unwrap_or(i64::MAX));
            self.recorder.event(event);
        }
        if is_last {
            self.finish();
        } else if self.protocol == Protocol::Grpc {
            self.phase = Phase::Trailers;
        }
    }

    /// The trailers, which are the last that comes.
    pub(crate) fn on_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(outcome) = Outcome::of_grpc_status(trailers) {
            self.outcome = self.outcome.max(outcome);
            semantic::of_grpc_status(trailers, &mut self.recorder);
        }
        self.recorder.event_msg("response trailers");
        self.finish();
    }

    /// The stream ended without trailers.
    pub(crate) fn on_end(&mut self) {
        self.finish();
    }

    /// The service failed, or the body did.
    pub(crate) fn on_error(&mut self, what: &'static str, error: &dyn Display) {
        self.outcome = Outcome::ServerError;
        if self.recorder.span().is_some() {
            self.recorder.set_metadata("error.type", what);
            self.recorder.error(format!("{what}: {error}"));
        }
        self.finish();
    }

    fn tell_failure(&mut self) {
        if self.outcome != Outcome::Ok {
            self.recorder.error(self.outcome.text());
        }
    }

    fn finish(&mut self) {
        if self.phase == Phase::Done {
            return;
        }
        self.phase = Phase::Done;
        self.tell_end();
        self.count(Some(self.outcome));
    }

    /// The first status stays: a failure that was told already is not covered by this.
    fn tell_end(&mut self) {
        if self.frames > FRAME_EVENTS_MAX {
            let more = i64::try_from(self.frames - FRAME_EVENTS_MAX).unwrap_or(i64::MAX);
            self.recorder.set_metadata("response.frames.not_listed", more);
        }
        match self.outcome {
            Outcome::Ok => self.recorder.status(SpanStatus::Ok),
            outcome
                if self
                    .recorder
                    .span()
                    .is_some_and(|span| span.status == SpanStatus::Unknown) =>
            {
                self.recorder.error(outcome.text());
            }
            _ => {}
        }
    }

    fn count(&self, outcome: Option<Outcome>) {
        if let Some(metrics) = &self.metrics {
            metrics.record(&Ended {
                method: &self.method,
                uri: &self.uri,
                outcome,
                duration: self.since.elapsed(),
                body_bytes: self.body_bytes,
            });
        }
    }
}

impl Drop for Exchange {
    /// The span goes to its collector right after this, when the recorder is dropped.
    fn drop(&mut self) {
        let awaited = match self.phase {
            Phase::Done => return,
            Phase::Head => "the head of the answer",
            Phase::Body => "the end of the body",
            Phase::Trailers => "the trailers",
        };
        let context = self.external.as_ref();
        tracing::debug!(
            trace_id = context.map(|context| tracing::field::display(context.trace_id)),
            span_id = context.map(|context| tracing::field::display(context.span_id)),
            method = %self.method,
            path = self.uri.path(),
            "request cancelled before {awaited}"
        );
        self.recorder.event_msg("cancelled");
        self.count(None);
    }
}
