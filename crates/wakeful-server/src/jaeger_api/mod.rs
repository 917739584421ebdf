//! Jaeger's HTTP API, as clients of Jaeger 2.20 know it: `/api/…` (`legacy`) and `/api/v3/…` (`v3`).
//!
//! The paths, parameters, statuses and texts are Jaeger's, to the letter where a client may look at them; recorded
//! answers of the real one are replayed in `tests/jaeger_scenarios/`, and what differs on purpose stands in
//! `testdata/jaeger-differences.json` with the reason.

mod error;
mod go;
mod ids;
mod legacy;
mod legacy_search;
mod params;
mod redirect;
mod search;
mod transform;
mod unconfigured;
mod v3;
mod v3_search;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{any, get, post};
use wakeful_query::Engine;

use crate::queries::Queries;
use crate::{Ingest, Limits, plain};

/// The routes of Jaeger's API over `engine`, and a 404 for everything else under `/api`.
pub fn router(engine: Engine) -> Router {
    let ingest = Ingest::new(engine.store().clone(), Limits::default());
    routes(Queries::new(engine), ingest)
}

/// What the routes share.
#[derive(Debug, Clone)]
struct JaegerApi {
    queries: Queries,
    ingest: Ingest,
}

impl FromRef<JaegerApi> for Queries {
    fn from_ref(state: &JaegerApi) -> Self {
        state.queries.clone()
    }
}

impl FromRef<JaegerApi> for Ingest {
    fn from_ref(state: &JaegerApi) -> Self {
        state.ingest.clone()
    }
}

/// The routes, sharing the bounds on questions with other APIs and on bytes with the receivers.
pub(crate) fn routes(queries: Queries, ingest: Ingest) -> Router {
    Router::new()
        .route("/api/services", get(legacy::services))
        .route(
            "/api/services/{service}/operations",
            get(legacy::operations_of_service),
        )
        .route("/api/operations", get(legacy::operations))
        .route("/api/traces", get(legacy::traces))
        .route("/api/traces/{id}", get(legacy::trace))
        .route("/api/dependencies", get(legacy::dependencies))
        .route("/api/transform", post(transform::transform))
        .route("/api/archive/{id}", post(unconfigured::archive))
        .route("/api/metrics/latencies", get(unconfigured::latencies))
        .route("/api/metrics/calls", get(unconfigured::rates))
        .route("/api/metrics/errors", get(unconfigured::rates))
        .route("/api/v3/services", get(v3::services))
        .route("/api/v3/operations", get(v3::operations))
        .route("/api/v3/traces", get(v3::traces))
        .route("/api/v3/traces/{id}", get(v3::trace))
        .route("/api/v3/trace-summaries", get(v3::summaries))
        .route("/api", any(redirect::to_folder))
        .route("//api/{*rest}", any(redirect::to_clean_path))
        .route("/api/", any(plain::not_found))
        .route("/api/{*rest}", any(plain::not_found))
        .method_not_allowed_fallback(plain::not_found)
        .with_state(JaegerApi { queries, ingest })
}
