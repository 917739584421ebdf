//! Connections to one receiver: made when needed, kept between requests.

use std::io;
use std::sync::{Mutex, PoisonError};

use ::http::Uri;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tracing::instrument::WithSubscriber as _;

use super::OtlpError;
use crate::settings::{Endpoint, OtlpSettings, Protocol};

/// Connections are kept that are not in use: as many as there may be requests at once.
const IDLE_MAX: usize = 8;

/// A connection over which one request can be sent.
#[derive(Debug)]
pub(super) enum Connection {
    /// HTTP/1.1.
    Http1(http1::SendRequest<Full<Bytes>>),
    /// HTTP/2, which several requests share.
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Sends a request over it.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// The target of a request: HTTP/1.1 names the host in a header.
    pub(super) fn target(&self, url: &Uri) -> Uri {
        match (self, url.path_and_query()) {
            (Self::Http1(_), Some(path)) => Uri::from(path.clone()),
            _ => url.clone(),
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }
}

/// A receiver's address and the connections to it.
#[derive(Debug)]
pub(super) struct Connections {
    host: String,
    port: u16,
    http2: bool,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Tls>,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    pub(super) fn new(
        endpoint: &Endpoint,
        protocol: Protocol,
        settings: &OtlpSettings,
    ) -> Result<Self, OtlpError> {
        let http2 = protocol == Protocol::Grpc;
        #[cfg(feature = "tls")]
        let tls = match endpoint.is_tls() {
            true => Some(super::tls::Tls::new(endpoint.host(), http2, settings)?),
            false => None,
        };
        #[cfg(not(feature = "tls"))]
        if endpoint.is_tls() || settings.certificate.is_some() {
            let endpoint = endpoint.host().to_owned();
            return Err(OtlpError::NoTls { endpoint });
        }
        Ok(Self {
            host: endpoint.host().to_owned(),
            port: endpoint.port(),
            http2,
            #[cfg(feature = "tls")]
            tls,
            idle: Mutex::default(),
        })
    }

    /// A connection that is open, or a new one.
    pub(super) async fn take(&self) -> io::Result<Connection> {
        let kept = self.take_idle();
        match kept {
            Some(connection) => Ok(connection),
            None => self.connect().await,
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.is_closed());
        match idle.last()? {
            Connection::Http1(_) => idle.pop(),
            Connection::Http2(sender) => Some(Connection::Http2(sender.clone())),
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn put_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = matches!(connection, Connection::Http2(_));
        let room = if shared { 1 } else { IDLE_MAX };
        if !connection.is_closed() && idle.len() < room {
            idle.push(connection);
        }
    }

    /// Forgets them all.
    pub(super) fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return self.handshake(TokioIo::new(tls.connect(stream).await?)).await;
        }
        self.handshake(TokioIo::new(stream)).await
    }

    async fn handshake(&self, io: impl Read + Write + Unpin + Send + 'static) -> io::Result<Connection> {
        // What drives a connection is as silent as what makes it: it would trace its own traces.
        if self.http2 {
            let executor = Silent(TokioExecutor::new());
            let (sender, connection) = http2::handshake(executor, io).await.map_err(io::Error::other)?;
            tokio::spawn(drive(connection).with_current_subscriber());
            Ok(Connection::Http2(sender))
        } else {
            let (sender, connection) = http1::handshake(io).await.map_err(io::Error::other)?;
            tokio::spawn(drive(connection).with_current_subscriber());
            Ok(Connection::Http1(sender))
        }
    }
}

/// Drives a connection to its end. Its errors come to the requests too, where they are heeded.
async fn drive(connection: impl Future<Output = hyper::Result<()>>) {
    let _ = connection.await;
}

/// Spawns tasks that trace no more than who spawns them.
#[derive(Debug, Clone)]
struct Silent(TokioExecutor);

impl<F> hyper::rt::Executor<F> for Silent
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.execute(task.with_current_subscriber());
    }
}
