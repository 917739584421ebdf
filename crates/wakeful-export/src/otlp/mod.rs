//! The OTLP exporter: one request, sent until it is received or its time is over.

mod attempt;
mod compress;
mod connection;
mod grpc;
mod http;
mod retry;
#[cfg(feature = "tls")]
mod tls;

use std::sync::Arc;
use std::time::Duration;

use ::http::header::AUTHORIZATION;
use bytes::Bytes;
use wakeful_wire::otlp::{Answer, Signal};

pub(crate) use attempt::Failure;
use connection::Connections;
pub(crate) use retry::Stop;

use crate::settings::{Compression, Endpoint, OtlpSettings, Protocol};

/// Why an exporter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// A certificate or key is no use.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// TLS was asked for.
    #[error("{endpoint} needs TLS; build wakeful with the feature `tls`")]
    NoTls {
        /// Where to.
        endpoint: String,
    },
}

/// A receiver, and how it is spoken to. Connections are made when they are needed, in the runtime that needs them.
#[derive(Debug, Clone)]
pub(crate) struct Otlp {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    #[cfg(feature = "json")]
    signal: Signal,
    protocol: Protocol,
    url: ::http::Uri,
    headers: Vec<(::http::HeaderName, ::http::HeaderValue)>,
    compression: Compression,
    timeout: Duration,
    connections: Connections,
}

impl Otlp {
    /// An exporter for one signal.
    pub(crate) fn new(signal: Signal, settings: &OtlpSettings) -> Result<Self, OtlpError> {
        let usual = settings.endpoint.as_ref().and_then(Endpoint::usual_protocol);
        let protocol = settings.protocol.or(usual).unwrap_or(Protocol::Grpc);
        let endpoint = settings
            .endpoint
            .clone()
            .unwrap_or_else(|| Endpoint::local(protocol));
        // What is set as a header wins.
        let of_url = endpoint
            .authorization()
            .map(|value| (AUTHORIZATION, value.clone()));
        let headers = of_url.into_iter().chain(settings.headers.iter().cloned());
        Ok(Self {
            shared: Arc::new(Shared {
                #[cfg(feature = "json")]
                signal,
                protocol,
                url: endpoint.url(protocol, signal),
                headers: headers.collect(),
                compression: settings.compression,
                timeout: settings.timeout,
                connections: Connections::new(&endpoint, protocol, settings)?,
            }),
        })
    }

    /// Where requests go, for messages.
    pub(crate) fn url(&self) -> &::http::Uri {
        &self.shared.url
    }

    /// Sends a request until it is received, refused, or `stop` says that no more is to be tried. Each failure after which it
    /// goes on is told to `on_failure`.
    pub(crate) async fn send(
        &self,
        request: Bytes,
        stop: &mut Stop,
        on_failure: &(dyn Fn(&Failure) + Send + Sync),
    ) -> Result<Answer, Failure> {
        let message = attempt::Message::new(&self.shared, request)?;
        retry::send(&self.shared, &message, stop, on_failure).await
    }

    /// Forgets connections, which belong to the runtime in which they were made.
    pub(crate) fn forget_connections(&self) {
        self.shared.connections.forget();
    }
}
