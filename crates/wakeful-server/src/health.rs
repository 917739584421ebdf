//! Health on 13133: `GET /status`, as Jaeger's `healthcheckv2` answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

use crate::plain::not_found;
use crate::rfc3339;

/// Whether the server takes requests, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Health(Arc<Times>);

#[derive(Debug)]
struct Times {
    started_unix_nanos: u64,
    /// 0 while the server has not been told to stop.
    stopping_unix_nanos: AtomicU64,
}

impl Health {
    /// Of a server that starts now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Times {
            started_unix_nanos: now_unix_nanos(),
            stopping_unix_nanos: AtomicU64::new(0),
        }))
    }

    /// From now on the server only finishes what it has begun.
    pub(crate) fn stop(&self) {
        self.0
            .stopping_unix_nanos
            .store(now_unix_nanos(), Ordering::Relaxed);
    }

    /// When the server started.
    pub(crate) fn started(&self) -> Duration {
        Duration::from_nanos(self.0.started_unix_nanos)
    }
}

fn now_unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The routes of the health port.
pub(crate) fn router(health: Health) -> Router {
    // Jaeger has the path without a method: whatever asks is answered.
    Router::new()
        .route("/status", get(status).fallback(status))
        .fallback(not_found)
        .with_state(health)
}

async fn status(State(health): State<Health>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let pipeline = query
        .iter()
        .find(|(name, _)| name == "pipeline")
        .map(|(_, value)| value.as_str());
    if pipeline.is_some_and(|name| !name.is_empty() && name != "traces") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let stopping_unix_nanos = health.0.stopping_unix_nanos.load(Ordering::Relaxed);
    let healthy = stopping_unix_nanos == 0;
    let (code, status, since) = if healthy {
        (StatusCode::OK, "StatusOK", health.0.started_unix_nanos)
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "StatusStopping",
            stopping_unix_nanos,
        )
    };
    let body = StatusBody {
        start_time: rfc3339::format(health.0.started_unix_nanos),
        healthy,
        status,
        status_time: rfc3339::format(since),
        attributes: Attributes {},
    };
    (code, Json(body)).into_response()
}

#[derive(Serialize)]
struct StatusBody {
    start_time: String,
    healthy: bool,
    status: &'static str,
    status_time: String,
    attributes: Attributes,
}

/// Always empty, and always there.
#[derive(Serialize)]
struct Attributes {}
