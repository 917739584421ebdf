//! A server's OTLP port, over gRPC or HTTP, one request in flight a connection.

use std::net::SocketAddr;
use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderMap, Request as HttpRequest, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::Request;

const GRPC_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const HTTP_PATH: &str = "/v1/traces";

/// Where spans are sent: `grpc://127.0.0.1:4317` or `http://127.0.0.1:4318`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// OTLP over gRPC.
    Grpc(SocketAddr),
    /// OTLP protobuf over HTTP/1.1.
    Http(SocketAddr),
}

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The text names no target.
    #[error("{0:?} is no target; write grpc://127.0.0.1:4317 or http://127.0.0.1:4318")]
    Syntax(String),
    /// No connection was made.
    #[error("cannot connect to {0}: {1}; is the server running?")]
    Connect(SocketAddr, std::io::Error),
    /// The connection was lost, or its peer speaks another protocol.
    #[error("the connection was lost: {0}")]
    Lost(#[from] hyper::Error),
    /// A request could not be written.
    #[error("cannot write the request: {0}")]
    Request(#[from] http::Error),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let parse = |address: &str| address.parse().ok();
        let target = match text.split_once("://") {
            Some(("grpc", address)) => parse(address).map(Self::Grpc),
            Some(("http", address)) => parse(address).map(Self::Http),
            _ => None,
        };
        target.ok_or_else(|| TargetError::Syntax(text.to_owned()))
    }
}

/// What a server said to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has all of its spans.
    Acknowledged,
    /// It has not, and says why.
    Refused(String),
}

/// One connection to a [`Target`].
#[derive(Debug)]
pub enum Connection {
    /// HTTP/2.
    Grpc(SocketAddr, http2::SendRequest<Full<Bytes>>),
    /// HTTP/1.1.
    Http(SocketAddr, http1::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens there, or the peer speaks another protocol.
    pub async fn open(target: Target) -> Result<Self, TargetError> {
        let (Target::Grpc(address) | Target::Http(address)) = target;
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let io = TokioIo::new(
            connect
                .await
                .map_err(|error| TargetError::Connect(address, error))?,
        );
        // A connection that ends with an error ends the request on it with the same one.
        match target {
            Target::Grpc(_) => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                tokio::spawn(async move { drop(connection.await) });
                Ok(Self::Grpc(address, sender))
            }
            Target::Http(_) => {
                let (sender, connection) = http1::handshake(io).await?;
                tokio::spawn(async move { drop(connection.await) });
                Ok(Self::Http(address, sender))
            }
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// If the connection is lost before the answer; the server may have the spans or not.
    pub async fn send(&mut self, request: &Request) -> Result<Outcome, TargetError> {
        match self {
            Self::Grpc(address, sender) => {
                sender.ready().await?;
                let request = HttpRequest::post(format!("http://{address}{GRPC_PATH}"))
                    .header(header::CONTENT_TYPE, "application/grpc")
                    .header(header::TE, "trailers")
                    .body(Full::new(request.grpc()))?;
                let (head, body) = sender.send_request(request).await?.into_parts();
                let body = body.collect().await?;
                let trailers = body.trailers().cloned().unwrap_or_default();
                // An answer without a message has its status among the headers.
                let status = grpc_status(&trailers).or_else(|| grpc_status(&head.headers));
                let message = body.to_bytes();
                Ok(grpc_outcome(
                    head.status,
                    status,
                    message.get(5..).unwrap_or_default(),
                ))
            }
            Self::Http(address, sender) => {
                sender.ready().await?;
                let request = HttpRequest::post(HTTP_PATH)
                    .header(header::HOST, address.to_string())
                    .header(header::CONTENT_TYPE, "application/x-protobuf")
                    .body(Full::new(request.protobuf()))?;
                let (head, body) = sender.send_request(request).await?.into_parts();
                let message = body.collect().await?.to_bytes();
                Ok(if head.status.is_success() {
                    answered(&message)
                } else {
                    Outcome::Refused(format!("{}: {}", head.status, String::from_utf8_lossy(&message)))
                })
            }
        }
    }
}

fn grpc_status(headers: &HeaderMap) -> Option<(String, String)> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Some((text("grpc-status")?, text("grpc-message").unwrap_or_default()))
}

fn grpc_outcome(http: StatusCode, status: Option<(String, String)>, message: &[u8]) -> Outcome {
    match status {
        Some((code, _)) if code == "0" => answered(message),
        Some((code, text)) => Outcome::Refused(format!("gRPC status {code}: {text}")),
        None => Outcome::Refused(format!("no gRPC status, HTTP {http}")),
    }
}

/// Reads an `ExportTraceServiceResponse`: empty, or with an empty `partial_success`, is all there is on success.
fn answered(message: &[u8]) -> Outcome {
    match message {
        [] | [0x0a, 0] => Outcome::Acknowledged,
        _ => Outcome::Refused(format!("partial success: {}", String::from_utf8_lossy(message))),
    }
}
