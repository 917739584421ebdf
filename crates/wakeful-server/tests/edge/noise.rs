//! Ten thousand random and ten thousand mutated messages on every port: each is answered or dropped and counted,
//! and the server goes on.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpStream, UdpSocket};
use wakeful_server::Listener;

use crate::server::TestServer;

const MESSAGES: usize = 10_000;

/// A small generator (xorshift64*), so that a failure comes again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(300)).map(|_| self.next() as u8).collect()
    }

    /// A copy with a few bytes changed, cut or repeated.
    fn mutated(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.extend_from_within(at..),
                _ if bytes.is_empty() => {}
                2 => bytes[at] = self.next() as u8,
                _ => bytes[at] ^= 1 << self.below(8),
            }
            bytes.truncate(64 << 10);
        }
        bytes
    }
}

/// Half of them random, half a payload that was mutated.
fn messages(captured: &str) -> impl Iterator<Item = Bytes> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/captured")
        .join(captured);
    let original = fs::read(file).unwrap();
    let mut random = Random(0x5eed);
    (0..2 * MESSAGES).map(move |index| {
        let bytes = if index % 2 == 0 {
            random.bytes()
        } else {
            random.mutated(&original)
        };
        Bytes::from(bytes)
    })
}

#[tokio::test]
async fn grpc() {
    let server = TestServer::start().await;
    let stream = TcpStream::connect(server.addresses[&Listener::OtlpGrpc])
        .await
        .unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let uri = "http://localhost/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    for (index, message) in messages("otlp/rust-shop/grpc/002-traces.bin").enumerate() {
        // Every fourth is not even framed.
        let body = if index % 4 == 0 {
            message
        } else {
            let length = (message.len() as u32).to_be_bytes();
            [&[0][..], &length, &message].concat().into()
        };
        let request = Request::post(uri)
            .header("content-type", "application/grpc")
            .body(Full::new(body))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.into_body().collect().await.unwrap();
    }
    server.await_answered("otlp_grpc").await;
    server.stop().await;
}

async fn check_http(listener: Listener, receiver: &str, path: &str, content_type: &str, captured: &str) {
    let server = TestServer::start().await;
    let stream = TcpStream::connect(server.addresses[&listener]).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for message in messages(captured) {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", content_type);
        let answer = sender
            .send_request(request.body(Full::new(message)).unwrap())
            .await
            .unwrap();
        assert!(
            matches!(answer.status().as_u16(), 200 | 202 | 400),
            "{}",
            answer.status()
        );
        answer.into_body().collect().await.unwrap();
    }
    server.await_answered(receiver).await;
    server.stop().await;
}

#[tokio::test]
async fn http_protobuf() {
    let captured = "otlp/rust-shop/http-proto/002-traces.bin";
    check_http(
        Listener::OtlpHttp,
        "otlp_http",
        "/v1/traces",
        "application/x-protobuf",
        captured,
    )
    .await;
}

#[tokio::test]
async fn http_json() {
    let captured = "otlp/node-shop/http-json/002-traces.bin";
    check_http(
        Listener::OtlpHttp,
        "otlp_http",
        "/v1/traces",
        "application/json",
        captured,
    )
    .await;
}

#[tokio::test]
async fn jaeger_http() {
    let captured = "jaeger/rust-mini-redis/http-thrift/001-batch.bin";
    check_http(
        Listener::JaegerHttp,
        "jaeger_http",
        "/api/traces",
        "application/x-thrift",
        captured,
    )
    .await;
}

async fn check_udp(listener: Listener, receiver: &str, captured: &str) {
    let server = TestServer::start().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for (index, message) in messages(captured).enumerate() {
        socket
            .send_to(&message, server.addresses[&listener])
            .await
            .unwrap();
        if index % 64 == 63 {
            // Nobody answers a datagram: stay within what the system holds for the server.
            server.await_messages(receiver, index + 1).await;
        }
    }
    server.await_answered(receiver).await;
    server.stop().await;
}

#[tokio::test]
async fn jaeger_compact() {
    let captured = "jaeger/python-jaeger-client/udp-compact/001-datagram.bin";
    check_udp(Listener::JaegerCompact, "jaeger_compact", captured).await;
}

#[tokio::test]
async fn jaeger_binary() {
    let captured = "jaeger/node-jaeger-client/udp-binary/001-datagram.bin";
    check_udp(Listener::JaegerBinary, "jaeger_binary", captured).await;
}

impl TestServer {
    /// Every message was kept or refused for a reason, and some of each.
    async fn await_answered(&self, receiver: &str) {
        self.await_messages(receiver, 2 * MESSAGES).await;
        let (kept, refused) = self.messages(receiver).await;
        assert!(kept > 0 && refused > 0, "{kept} kept, {refused} refused");
    }

    async fn await_messages(&self, receiver: &str, expected: usize) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let (kept, refused) = self.messages(receiver).await;
            if kept + refused == expected {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{kept} kept, {refused} refused, of {expected}"
            );
            tokio::task::yield_now().await;
        }
    }

    /// How many messages were kept and how many were refused.
    async fn messages(&self, receiver: &str) -> (usize, usize) {
        let page = self.get(Listener::Metrics, "/metrics").await;
        let sum = |family: &str| -> f64 {
            let prefix = format!("{family}{{receiver=\"{receiver}\"");
            let samples = page.text().lines().filter(|line| line.starts_with(&prefix));
            samples
                .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
                .sum()
        };
        let kept = sum("wakeful_receiver_accepted_messages_total");
        (
            kept as usize,
            sum("wakeful_receiver_refused_messages_total") as usize,
        )
    }
}
