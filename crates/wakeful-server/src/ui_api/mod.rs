//! The page's own API under `/api/ui/`; `docs/ui-api.md` is its contract.

mod about;
mod arrow;
mod attributes;
mod chunks;
mod columns;
mod download;
mod duration;
mod error;
mod find;
mod heat;
mod ids;
mod intervals;
mod layout;
mod lines;
mod logs;
mod lookup;
mod loss;
mod names;
mod news;
mod points;
mod runtime;
mod search;
mod search_params;
mod span;
mod tags;
mod trace;
mod trace_cache;
mod trace_loss;
mod trace_values;
mod traceql;
mod traceql_read;
mod upload;
mod value;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::HeaderValue;
use tokio::sync::watch::Receiver;
use wakeful_query::Engine;

use crate::About;
use crate::queries::Queries;
use crate::query::Receiving;
use error::ApiError;
use trace_cache::Traces;

/// The version of assets and API together: a page of another one offers to reload.
const VERSION_HEADER: &str = "x-wakeful-ui";

/// Names and values of a URL's query, in order; names may come again.
type Parameters = Vec<(String, String)>;

/// The routes, below `/api/ui`. Answers without an end of their own end when the sender of `stop` is gone.
pub(crate) fn router(queries: Queries, receiving: Receiving, about: About, stop: Receiver<()>) -> Router {
    let state = UiApi {
        traces: Traces::new(receiving.ingest.limits()),
        queries,
        receiving,
        about: Arc::new(about),
        stop,
    };
    Router::new()
        .route("/services", get(names::services))
        .route("/operations", get(names::operations))
        .route("/search", get(search::search))
        .route("/search/heat", get(heat::heat))
        .route("/trace/{id}", get(trace::trace))
        .route("/trace/{id}/attribute", get(trace_values::attribute))
        .route("/trace/{id}/attributes", get(trace_values::attributes))
        .route("/trace/{id}/critical", get(trace::critical))
        .route("/trace/{id}/download", get(download::download))
        .route("/trace/{id}/find", get(find::find))
        .route("/trace/{id}/ids", get(ids::ids))
        .route("/trace/{id}/intervals", get(intervals::intervals))
        .route("/trace/{id}/logs", get(logs::logs))
        .route("/trace/{id}/points", get(points::points))
        .route("/trace/{id}/rows", get(ids::rows))
        .route("/trace/{id}/span/{row}", get(span::span))
        .route("/trace/{id}/span/{row}/value", get(span::value))
        .route("/trace/{id}/watch", get(watch::watch))
        .route("/attributes", get(attributes::keys))
        .route("/attribute-values", get(attributes::values))
        .route("/upload", post(upload::upload))
        .route("/lookup", get(lookup::lookup))
        .route("/loss", get(loss::loss))
        .route("/about", get(about::about))
        .merge(runtime::routes())
        // A route, not a fallback: Jaeger's API has a route for everything under `/api`, which would come first.
        .route("/{*rest}", any(unknown))
        .with_state(state)
        .layer(axum::middleware::map_response(with_version))
}

async fn unknown() -> ApiError {
    ApiError::not_found("there is no such path in the page's API")
}

async fn with_version(mut response: Response) -> Response {
    response.headers_mut().insert(
        VERSION_HEADER,
        HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
    );
    response
}

#[derive(Debug, Clone)]
struct UiApi {
    queries: Queries,
    receiving: Receiving,
    about: Arc<About>,
    traces: Traces,
    /// Loses its sender when the server ends.
    stop: Receiver<()>,
}

impl FromRef<UiApi> for Queries {
    fn from_ref(state: &UiApi) -> Self {
        state.queries.clone()
    }
}

impl FromRef<UiApi> for Receiving {
    fn from_ref(state: &UiApi) -> Self {
        state.receiving.clone()
    }
}

impl FromRef<UiApi> for Arc<About> {
    fn from_ref(state: &UiApi) -> Self {
        Arc::clone(&state.about)
    }
}

impl Queries {
    /// Runs `question` on a blocking thread, once it is its turn.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run(question).await?
    }
}
