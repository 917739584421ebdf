//! The asking side of HTTP: calls to another service, with a span and the trace's context.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

use crate::failure::{Failure, FailureBody};
use crate::propagation;

/// No answer in this shop is longer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Another service, and the connections to it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    name: &'static str,
    address: SocketAddr,
    connections: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// One request to a peer.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    template: &'static str,
    path: String,
    body: Bytes,
    resend_count: u32,
}

impl Call {
    /// A `GET`; `template` is `path` with the names of its variables, for the span's name.
    pub(crate) fn get(template: &'static str, path: String) -> Self {
        Self {
            method: Method::GET,
            template,
            path,
            body: Bytes::new(),
            resend_count: 0,
        }
    }

    /// A `POST` of JSON.
    pub(crate) fn post(template: &'static str, path: String, body: &impl Serialize) -> Self {
        // The shop's own types have string keys and finite numbers: they always have a JSON form.
        let body = serde_json::to_vec(body).unwrap_or_default().into();
        Self {
            method: Method::POST,
            template,
            path,
            body,
            resend_count: 0,
        }
    }

    /// Says that this is the `count`th repetition.
    pub(crate) fn resend(mut self, count: u32) -> Self {
        self.resend_count = count;
        self
    }

    /// The request to `authority`, not yet in any trace.
    pub(crate) fn request(self, authority: SocketAddr) -> Result<Request<Full<Bytes>>, http::Error> {
        Request::builder()
            .method(self.method)
            .uri(format!("http://{authority}{}", self.path))
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(Full::new(self.body))
    }
}

impl Peer {
    pub(crate) fn new(name: &'static str, address: SocketAddr) -> Self {
        let connections = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self {
            name,
            address,
            connections,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks, in a client span of its own, and reads the answer's JSON.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let span = info_span!(
            "call",
            otel.name = format!("{} {}", call.method, call.template),
            otel.kind = "client",
            otel.status_code = Empty,
            otel.status_description = Empty,
            http.request.method = call.method.as_str(),
            http.request.resend_count = (call.resend_count > 0).then_some(call.resend_count),
            http.response.status_code = Empty,
            url.full = format!("http://{}{}", self.address, call.path),
            url.template = call.template,
            server.address = %self.address.ip(),
            server.port = self.address.port(),
            peer.service = self.name,
            "error.type" = Empty,
        );
        let answered = async {
            let unasked = |error: http::Error| self.unreachable(&error);
            let mut request = call.request(self.address).map_err(unasked)?;
            propagation::inject(&Span::current(), request.headers_mut());
            let (status, body) = self.send(request).await?;
            Span::current().record("http.response.status_code", status.as_u16());
            self.read(status, &body)
        };
        let answered = answered.instrument(span.clone()).await;
        if let Err(failure) = &answered {
            span.record("error.type", &failure.kind);
            span.record("otel.status_code", "error");
            span.record("otel.status_description", &failure.message);
        }
        answered
    }

    /// Sends a request as it is, and waits for the whole answer.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Failure> {
        let response = self
            .connections
            .request(request)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        Ok((
            head.status,
            body.map_err(|error| self.unreachable(&*error))?.to_bytes(),
        ))
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, body: &[u8]) -> Result<T, Failure> {
        if status.is_success() {
            return serde_json::from_slice(body).map_err(|error| self.unreachable(&error));
        }
        Err(match serde_json::from_slice::<FailureBody>(body) {
            Ok(FailureBody { kind, message }) => Failure {
                status,
                kind,
                message,
            },
            Err(_) => Failure::new(
                status,
                status.as_str(),
                format!("{} answered {status}", self.name),
            ),
        })
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Failure {
        Failure::new(
            StatusCode::BAD_GATEWAY,
            "Unreachable",
            format!("{} gave no answer: {error}", self.name),
        )
    }
}
