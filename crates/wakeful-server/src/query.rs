//! The query port: Jaeger's API, the page's API and the page.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use tokio::sync::watch;
use wakeful_query::Engine;

use crate::page::{Assets, Page};
use crate::queries::Queries;
use crate::{Ingest, Listener, Receiver, jaeger_api, request_span, ui_api};

/// How the query port is set up.
#[derive(Debug, Clone)]
pub struct QueryOptions {
    /// The path under which everything is; begins with a slash (default `/`).
    pub base_path: String,
    /// The page's files.
    pub assets: Assets,
    /// What the page says about the server.
    pub about: About,
}

/// What the page says about the server.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The open ports.
    pub listeners: Vec<(Listener, SocketAddr)>,
    /// `file` or `memory`.
    pub backend: &'static str,
    /// Where data rests, if in a folder.
    pub data_dir: Option<String>,
    /// How long it is kept.
    pub retention: Retention,
}

/// How long data is kept; by default for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// What is older is dropped.
    pub time: Option<Duration>,
    /// The oldest is dropped while there is more than so many bytes.
    pub bytes: Option<u64>,
}

/// What the query port needs of the receivers' side.
#[derive(Debug, Clone)]
pub(crate) struct Receiving {
    pub(crate) ingest: Ingest,
    /// The ports of Jaeger's agent.
    pub(crate) agents: Vec<(Receiver, u16)>,
    pub(crate) started_unix_nanos: u64,
}

/// The routes of the query port. Answers without an end of their own end when the sender of `stop` is gone.
pub(crate) fn router(
    engine: Engine,
    receiving: Receiving,
    options: QueryOptions,
    stop: watch::Receiver<()>,
) -> Router {
    let QueryOptions {
        base_path,
        assets,
        about,
    } = options;
    let queries = Queries::new(engine);
    let base = base_path.trim_end_matches('/');
    let page = Page::new(assets, &format!("{base}/"));
    let page = any(move |method, uri, headers| page.clone().answer(method, uri, headers));
    let ingest = receiving.ingest.clone();
    let routes = Router::new()
        .nest("/api/ui", ui_api::router(queries.clone(), receiving, about, stop))
        .merge(jaeger_api::routes(queries, ingest))
        .layer(axum::middleware::from_fn(request_span::trace))
        .fallback_service(page.clone());
    if base.is_empty() {
        return routes;
    }
    // Nesting leaves out the folder's own path with the slash at its end.
    Router::new()
        .nest(base, routes)
        .route_service(&format!("{base}/"), page)
}
