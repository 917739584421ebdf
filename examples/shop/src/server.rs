//! The answering side of HTTP: a span around every request, as the semantic conventions for HTTP say.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::USER_AGENT;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

use crate::propagation;
use crate::service::Closing;

/// The header by which the frontend knows its customer.
pub(crate) const USER_HEADER: &str = "x-user-id";

/// Serves `routes` with a span around each request, until the shop closes.
pub(crate) async fn serve(listener: TcpListener, routes: Router, closing: Closing) -> Result<(), String> {
    let routes = routes.route_layer(middleware::from_fn(trace));
    // Dropped rather than drained: whoever waits for an answer is closing too.
    tokio::select! {
        result = accept(listener, routes) => match result {
            Err(error) => Err(error.to_string()),
        },
        () = closing.wait() => Ok(()),
    }
}

/// Serves each connection in a task that is watched, which is why this is not `axum::serve`.
async fn accept(listener: TcpListener, routes: Router) -> io::Result<Infallible> {
    loop {
        let (stream, _) = listener.accept().await?;
        let routes = TowerToHyperService::new(routes.clone());
        wakeful::spawn_named("connection", async move {
            let http = http1::Builder::new();
            // A customer who hangs up is no error of the shop's.
            let _served = http.serve_connection(TokioIo::new(stream), routes).await;
        });
    }
}

async fn trace(route: MatchedPath, request: Request, next: Next) -> Response {
    let span = span(&route, &request);
    propagation::adopt(&span, request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    // A client's mistake is no error of the server (semantic conventions for HTTP, "Status").
    if status.is_server_error() {
        span.record("error.type", status.as_u16());
        span.record("otel.status_code", "error");
    }
    response
}

fn span(route: &MatchedPath, request: &Request) -> Span {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    info_span!(
        "request",
        otel.name = format!("{} {}", request.method(), route.as_str()),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.route = route.as_str(),
        http.response.status_code = Empty,
        url.scheme = "http",
        url.path = request.uri().path(),
        url.query = request.uri().query(),
        network.protocol.version = "1.1",
        user_agent.original = header(USER_AGENT.as_str()),
        user.id = header(USER_HEADER),
        "error.type" = Empty,
    )
}
