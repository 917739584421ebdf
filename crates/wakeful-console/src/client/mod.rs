//! Attaches to a program.

mod target;

use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use wakeful_model::Resource;
use wakeful_model::runtime::{RuntimeBatch, TaskId};
use wakeful_wire::console::{Message, Reader, TaskDetails, TaskDetailsRequest, Update, path};

use crate::framing::{self, FramingError};
pub use target::{Target, TargetError};

/// A stock server sends 4 MiB at most, since stock clients read no more; ours may read larger ones.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Why a program cannot be watched, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("cannot reach {target}: {source}; start the program, or give the address of its console")]
    Connect {
        /// The address.
        target: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody answers who speaks another protocol.
    #[error(
        "{target} does not speak tokio-console's protocol ({said}); give the address of a program's console"
    )]
    Foreign {
        /// The address.
        target: String,
        /// What it answered.
        said: String,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    /// It sends what cannot be read.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// It sends what cannot be read.
    #[error(transparent)]
    Decode(#[from] wakeful_wire::console::DecodeError),
}

/// A connection to a program's console.
#[derive(Debug)]
pub struct Client {
    target: Target,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`ClientError::Connect`] and [`ClientError::Foreign`], both with the address.
    pub async fn connect(target: &Target) -> Result<Self, ClientError> {
        let failed = |source| ClientError::Connect {
            target: target.to_string(),
            source,
        };
        let sender = match target {
            Target::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                handshake(target, TokioIo::new(stream)).await?
            }
            #[cfg(unix)]
            Target::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await.map_err(failed)?;
                handshake(target, TokioIo::new(stream)).await?
            }
        };
        Ok(Self {
            target: target.clone(),
            sender,
        })
    }

    /// Everything the program knows, then what changes. `program` is what is known of it: the protocol does not say who speaks.
    ///
    /// # Errors
    ///
    /// The program does not answer, or not in this protocol.
    pub async fn updates(&self, program: Resource) -> Result<Updates, ClientError> {
        Ok(Updates {
            stream: self.call(path::WATCH_UPDATES, &[]).await?,
            reader: Reader::new(program),
            details: None,
        })
    }

    /// Watches a task's histograms, which come with the [`Updates`] from then on, in the place of another task's.
    ///
    /// # Errors
    ///
    /// The program does not answer. A task that is gone is no error.
    pub async fn watch_details(&self, task: TaskId, updates: &mut Updates) -> Result<(), ClientError> {
        updates.details = match updates.reader.span_of(task) {
            None => None,
            Some(span) => {
                let request = TaskDetailsRequest { task: span }.encode();
                Some(self.call(path::WATCH_TASK_DETAILS, &request).await?)
            }
        };
        Ok(())
    }

    async fn call<M>(&self, path: &str, message: &[u8]) -> Result<Stream<M>, ClientError> {
        let foreign = |said: String| ClientError::Foreign {
            target: self.target.to_string(),
            said,
        };
        let request = Request::post(format!("http://{}{path}", self.target.authority()))
            .header(http::header::CONTENT_TYPE, "application/grpc")
            .header(http::header::TE, "trailers")
            .body(Full::new(framing::framed(message)))
            .map_err(|error| foreign(error.to_string()))?;
        let mut sender = self.sender.clone();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        if !response.status().is_success() {
            return Err(foreign(format!("HTTP status {}", response.status())));
        }
        if let Some(status) = bad_status(response.headers()) {
            return Err(foreign(status));
        }
        Ok(Stream::new(response.into_body()))
    }
}

async fn handshake(
    target: &Target,
    io: impl Read + Write + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, ClientError> {
    let shaken = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1 << 20)
        .handshake(io)
        .await;
    let (sender, connection) = shaken.map_err(|error| ClientError::Foreign {
        target: target.to_string(),
        said: error.to_string(),
    })?;
    // Its errors come to the calls too.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

/// gRPC's status, if it is not that of a good end.
fn bad_status(headers: &HeaderMap) -> Option<String> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    let code = text("grpc-status").filter(|code| code != "0")?;
    let message = text("grpc-message").unwrap_or_default();
    Some(format!("gRPC status {code} {message}").trim_end().to_owned())
}

/// What a program reports.
#[derive(Debug)]
pub struct Updates {
    stream: Stream<Update>,
    reader: Reader,
    details: Option<Stream<TaskDetails>>,
}

impl Updates {
    /// The next batch; `None` when the program has ended. May be dropped while it waits, and loses nothing.
    ///
    /// # Errors
    ///
    /// The connection broke, or brings what cannot be read.
    pub async fn next(&mut self) -> Result<Option<RuntimeBatch>, ClientError> {
        loop {
            let Some(details) = &mut self.details else {
                let update = self.stream.next().await?;
                return Ok(update.map(|update| self.reader.update(update)));
            };
            tokio::select! {
                update = self.stream.next() => {
                    return Ok(update?.map(|update| self.reader.update(update)));
                }
                found = details.next() => match found? {
                    Some(found) => if let Some(batch) = self.reader.details(&found) {
                        return Ok(Some(batch));
                    },
                    // The task has ended.
                    None => self.details = None,
                },
            }
        }
    }
}

/// The messages of a call.
#[derive(Debug)]
struct Stream<M> {
    body: Incoming,
    arrived: BytesMut,
    of: std::marker::PhantomData<fn() -> M>,
}

impl<M> Stream<M> {
    fn new(body: Incoming) -> Self {
        Self {
            body,
            arrived: BytesMut::new(),
            of: std::marker::PhantomData,
        }
    }
}

impl<M: Message> Stream<M> {
    /// The next message; `None` at the end, good or bad.
    async fn next(&mut self) -> Result<Option<M>, ClientError> {
        loop {
            if let Some(message) = framing::take(&mut self.arrived, MESSAGE_BYTES_MAX)? {
                return Ok(Some(M::decode(&message)?));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.arrived.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}
