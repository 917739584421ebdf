//! The page's own API under `/api/ui/`; `docs/ui-api.md` is its contract.

mod about;
mod columns;
mod duration;
mod error;
mod heat;
mod layout;
mod lines;
mod names;
mod search;
mod search_params;
mod span;
mod tags;
mod trace;
mod traceql;
mod traceql_read;
mod value;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::{any, get};
use http::HeaderValue;
use wakeful_query::Engine;

use crate::About;
use crate::queries::Queries;
use error::ApiError;

/// The version of assets and API together: a page of another one offers to reload.
const VERSION_HEADER: &str = "x-wakeful-ui";

/// Names and values of a URL's query, in order; names may come again.
type Parameters = Vec<(String, String)>;

/// The routes, below `/api/ui`.
pub(crate) fn router(queries: Queries, about: About) -> Router {
    let state = UiApi {
        queries,
        about: Arc::new(about),
    };
    Router::new()
        .route("/services", get(names::services))
        .route("/operations", get(names::operations))
        .route("/search", get(search::search))
        .route("/search/heat", get(heat::heat))
        .route("/trace/{id}", get(trace::trace))
        .route("/trace/{id}/span/{row}", get(span::span))
        .route("/about", get(about::about))
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
    about: Arc<About>,
}

impl FromRef<UiApi> for Queries {
    fn from_ref(state: &UiApi) -> Self {
        state.queries.clone()
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
