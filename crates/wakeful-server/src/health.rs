//! Health on 13133: `GET /status`, as Jaeger's `healthcheckv2` answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

use crate::clock::now_unix_nanos;
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

/// Parts of the server, by the names that they have in Jaeger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Whether OTLP is received.
    pub(crate) otlp: bool,
    /// Whether Jaeger's own forms are received.
    pub(crate) jaeger: bool,
    /// Whether questions are answered.
    pub(crate) query: bool,
}

impl Parts {
    fn extensions(self) -> Vec<&'static str> {
        let query = self.query.then_some("extension:jaeger_query");
        let rest = ["extension:jaeger_storage"];
        ["extension:healthcheckv2"]
            .into_iter()
            .chain(query)
            .chain(rest)
            .collect()
    }

    fn pipeline(self) -> Vec<&'static str> {
        let jaeger = self.jaeger.then_some("receiver:jaeger");
        let otlp = self.otlp.then_some("receiver:otlp");
        ["exporter:jaeger_storage_exporter"]
            .into_iter()
            .chain(jaeger)
            .chain(otlp)
            .collect()
    }
}

/// The routes of the health port.
pub(crate) fn router(health: Health, parts: Parts) -> Router {
    // Jaeger has the path without a method: whatever asks is answered.
    Router::new()
        .route("/status", get(status).fallback(status))
        .fallback(not_found)
        .with_state((health, parts))
}

async fn status(
    State((health, parts)): State<(Health, Parts)>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let parameter = |wanted: &str| query.iter().find(|(name, _)| name == wanted);
    let pipeline = parameter("pipeline").map_or("", |(_, value)| value.as_str());
    if !matches!(pipeline, "" | "traces") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut body = health.status();
    if parameter("verbose").is_some() {
        let of = |names: Vec<&'static str>| {
            let each = names.into_iter().map(|name| (name, health.part(None)));
            Some(each.collect())
        };
        body.components = match pipeline {
            "" => Some(BTreeMap::from([
                ("extensions", health.part(of(parts.extensions()))),
                ("pipeline:traces", health.part(of(parts.pipeline()))),
            ])),
            _ => of(parts.pipeline()),
        };
    }
    let code = if body.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(body)).into_response()
}

type Components = BTreeMap<&'static str, Status>;

impl Health {
    fn part(&self, components: Option<Components>) -> Status {
        Status {
            start_time: None,
            components,
            ..self.status()
        }
    }

    fn status(&self) -> Status {
        let stopping_unix_nanos = self.0.stopping_unix_nanos.load(Ordering::Relaxed);
        let healthy = stopping_unix_nanos == 0;
        let (status, since) = if healthy {
            ("StatusOK", self.0.started_unix_nanos)
        } else {
            ("StatusStopping", stopping_unix_nanos)
        };
        Status {
            start_time: Some(rfc3339::format(self.0.started_unix_nanos)),
            healthy,
            status,
            status_time: rfc3339::format(since),
            attributes: Attributes {},
            components: None,
        }
    }
}

/// Of the server, or of one of its parts: they start and stop together.
#[derive(Serialize)]
struct Status {
    /// Of the server alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    healthy: bool,
    status: &'static str,
    status_time: String,
    attributes: Attributes,
    /// If they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Components>,
}

/// Always empty, and always there.
#[derive(Serialize)]
struct Attributes {}
