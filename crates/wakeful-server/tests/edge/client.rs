//! A small HTTP and gRPC client that says exactly what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Everything that came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The status and message of a gRPC call, wherever they stand.
    pub(crate) fn grpc_status(&self) -> (u16, String) {
        let find = |name| self.trailers.get(name).or_else(|| self.headers.get(name));
        let text = |name| find(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned());
        (
            text("grpc-status").parse().unwrap_or(u16::MAX),
            text("grpc-message"),
        )
    }
}

/// One request on a connection of its own, by HTTP/1.1.
pub(crate) async fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer, Failed> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    answer(
        sender
            .send_request(request.body(Full::new(Bytes::copy_from_slice(body)))?)
            .await?,
    )
    .await
}

/// A request for lines of JSON that come while the connection is open.
pub(crate) async fn lines(address: SocketAddr, path: &str) -> Result<Lines, Failed> {
    let request = Request::get(path).header("host", "localhost");
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender
        .send_request(request.body(Full::<Bytes>::default())?)
        .await?;
    Ok(Lines {
        status: response.status().as_u16(),
        body: response.into_body(),
        read: Vec::new(),
    })
}

/// An answer that is still being written.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) status: u16,
    body: Incoming,
    read: Vec<u8>,
}

impl Lines {
    /// The next line; `None` after the last. A server that says nothing for a minute fails the test.
    pub(crate) async fn next(&mut self) -> Option<serde_json::Value> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame());
            let Ok(frame) = frame.await else {
                panic!("nothing was said for a minute");
            };
            let frame = frame?.unwrap();
            self.read.extend(frame.into_data().unwrap_or_default());
        }
    }
}

/// One gRPC call with one message, by HTTP/2 without TLS; `encoding` marks the message as compressed.
pub(crate) async fn grpc(
    address: SocketAddr,
    path: &str,
    encoding: Option<&str>,
    message: &[u8],
) -> Result<Answer, Failed> {
    let mut framed = vec![u8::from(encoding.is_some())];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    grpc_raw(address, path, encoding, &framed).await
}

/// The same with a body that need not be a message.
pub(crate) async fn grpc_raw(
    address: SocketAddr,
    path: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<Answer, Failed> {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    answer(
        sender
            .send_request(request.body(Full::new(Bytes::copy_from_slice(body)))?)
            .await?,
    )
    .await
}

async fn answer(response: http::Response<Incoming>) -> Result<Answer, Failed> {
    let (head, body) = response.into_parts();
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: collected.to_bytes(),
        trailers,
    })
}
