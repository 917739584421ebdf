//! The query port: Jaeger's API, the page's API and the page.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::any;
use wakeful_query::Engine;

use crate::page::{Assets, Page};
use crate::queries::Queries;
use crate::{Listener, jaeger_api, ui_api};

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
}

/// The routes of the query port.
pub(crate) fn router(engine: Engine, options: QueryOptions) -> Router {
    let QueryOptions {
        base_path,
        assets,
        about,
    } = options;
    let queries = Queries::new(engine);
    let base = base_path.trim_end_matches('/');
    let page = Page::new(assets, &format!("{base}/"));
    let page = any(move |method, uri, headers| page.clone().answer(method, uri, headers));
    let routes = Router::new()
        .nest("/api/ui", ui_api::router(queries.clone(), about))
        .merge(jaeger_api::routes(queries))
        .fallback_service(page.clone());
    if base.is_empty() {
        return routes;
    }
    // Nesting leaves out the folder's own path with the slash at its end.
    Router::new()
        .nest(base, routes)
        .route_service(&format!("{base}/"), page)
}
