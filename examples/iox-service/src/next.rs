//! The next service in the chain: asked with the context in the request's headers.

use axum::http::StatusCode;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};
use wakeful_tower::{ClientLayer, ClientService, Protocol};
use wakeful_trace::SpanContext;

/// No answer here is longer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Another service, and the connections to it.
#[derive(Debug)]
pub(crate) struct Next {
    url: http::Uri,
    client: ClientService<Client<HttpConnector, Empty<Bytes>>>,
}

impl Next {
    pub(crate) fn new(url: http::Uri) -> Self {
        let layer = ClientLayer::new("ask", Protocol::Http).with_propagator(wakeful::propagator());
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            url,
            client: layer.layer(client),
        }
    }

    /// Asks it under `context`, or under the current one.
    pub(crate) async fn ask(&self, context: Option<&SpanContext>) -> Result<String, (StatusCode, String)> {
        let unreachable = |error: &dyn std::fmt::Display| {
            (
                StatusCode::BAD_GATEWAY,
                format!("cannot ask {}: {error}\n", self.url),
            )
        };
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.url.clone();
        if let Some(context) = context {
            request.extensions_mut().insert(context.clone());
        }
        let answer = self
            .client
            .clone()
            .oneshot(request)
            .await
            .map_err(|error| unreachable(&error))?;
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| unreachable(&error))?.to_bytes();
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}
