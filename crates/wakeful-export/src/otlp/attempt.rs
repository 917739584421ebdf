//! One attempt at sending one message, and why it may fail.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
#[cfg(feature = "json")]
use wakeful_wire::otlp::request_to_json;
use wakeful_wire::otlp::{Answer, DecodeError};

use super::{Shared, compress, connection, grpc, http};
use crate::settings::Protocol;

/// Answers longer than this are not read to their end.
pub(super) const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why a request was not received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] hyper::Error),
    /// No answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The receiver said no.
    #[error("{said}")]
    Refused {
        /// The status, and what it said.
        said: String,
        /// Whether it may say yes later.
        again: bool,
        /// How long it asks to wait.
        delay: Option<Duration>,
    },
    /// The receiver has nothing at that path.
    #[error("{said}")]
    NoSuchPath {
        /// The status, and what it said.
        said: String,
    },
    /// The answer was not understood.
    #[error("an answer that is no OTLP: {0}")]
    Answer(#[from] DecodeError),
    /// The request could not be made.
    #[error("cannot make the request: {0}")]
    Request(#[source] io::Error),
    /// What is on this machine does not take it.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
}

impl Failure {
    /// Whether another attempt may succeed.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Broken(_) | Self::Timeout(_) => true,
            Self::Refused { again, .. } => *again,
            Self::NoSuchPath { .. } | Self::Answer(_) | Self::Request(_) | Self::Write(_) => false,
        }
    }

    /// Whether the receiver itself turned the request down.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { again: false, .. } | Self::NoSuchPath { .. })
    }
}

/// A message as it goes over the wire, made once for all attempts.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Bytes,
}

impl Message {
    /// Puts a protobuf request into the form that the receiver wants.
    pub(super) fn new(shared: &Shared, request: Bytes) -> Result<Self, Failure> {
        let plain = match shared.protocol {
            #[cfg(feature = "json")]
            Protocol::HttpJson => Bytes::from(request_to_json(shared.signal, &request)?),
            Protocol::Grpc | Protocol::HttpProtobuf => request,
        };
        let bytes = compress::compress(shared.compression, plain).map_err(Failure::Request)?;
        Ok(Self { bytes })
    }
}

/// Sends a message once, within the time that one attempt has.
pub(super) async fn send(shared: &Shared, message: &Message) -> Result<Answer, Failure> {
    let attempt = async {
        let mut connection = shared.connections.take().await.map_err(Failure::Connect)?;
        let answer = match shared.protocol {
            Protocol::Grpc => grpc::call(shared, &mut connection, message).await,
            _ => http::post(shared, &mut connection, message).await,
        };
        // A connection whose answer was not read to its end is of no more use.
        if !matches!(answer, Err(Failure::Broken(_) | Failure::Answer(_))) {
            shared.connections.put_back(connection);
        }
        answer
    };
    let answer = tokio::time::timeout(shared.timeout, attempt)
        .await
        .unwrap_or(Err(Failure::Timeout(shared.timeout)));
    // An HTTP/2 connection is shared and says nothing when its other end is gone, for a quarter of an hour or more: whoever waits in
    // vain has the next attempt begin with a new one.
    if matches!(answer, Err(Failure::Timeout(_) | Failure::Broken(_))) {
        shared.connections.forget();
    }
    answer
}

/// A request with the headers that every one has; [`finish`] ends it.
pub(super) fn begin(
    shared: &Shared,
    connection: &connection::Connection,
    content_type: &'static str,
) -> ::http::request::Builder {
    ::http::Request::post(connection.target(&shared.url))
        .header(::http::header::CONTENT_TYPE, content_type)
        .header(
            ::http::header::USER_AGENT,
            concat!("wakeful/", env!("CARGO_PKG_VERSION")),
        )
}

/// The request with what the user sets, which wins over ours, and its body.
pub(super) fn finish(
    shared: &Shared,
    mut request: ::http::request::Builder,
    body: Bytes,
) -> Result<::http::Request<Full<Bytes>>, Failure> {
    if let Some(headers) = request.headers_mut() {
        for (name, value) in &shared.headers {
            headers.insert(name.clone(), value.clone());
        }
    }
    request
        .body(Full::new(body))
        .map_err(|error| Failure::Request(io::Error::other(error)))
}
