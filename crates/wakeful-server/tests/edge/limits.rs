//! What is too large, compressed beyond measure or marked wrongly is refused in the protocol's own words, and the
//! server goes on.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::UdpSocket;
use wakeful_model::runtime::{RuntimeBatch, TaskId, TaskStart};
use wakeful_server::{Limits, Listener, ServerOptions};

use crate::client::{self, Answer};
use crate::runtime;
use crate::server::{TestServer, options};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LIMIT: usize = 64 << 10;

async fn small_server() -> TestServer {
    let limits = Limits {
        grpc_message_bytes_max: LIMIT,
        http_message_bytes_max: LIMIT,
        ..Limits::default()
    };
    TestServer::start_with(ServerOptions { limits, ..options() }).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gigabyte of zeros for a thousandth of it is what a bomb is; a hundred times the limit does as well.
fn bombs() -> [(&'static str, Vec<u8>); 2] {
    let zeros = vec![0; 100 * LIMIT];
    [
        ("gzip", gzip(&zeros)),
        ("zstd", zstd::encode_all(&zeros[..], 1).unwrap()),
    ]
}

#[tokio::test]
async fn grpc_messages_that_are_too_large() {
    let server = small_server().await;
    let address = server.addresses[&Listener::OtlpGrpc];
    let check = |answer: Answer| {
        let (status, message) = answer.grpc_status();
        assert_eq!((answer.status, status), (200, 8), "{message}");
        assert!(message.contains("larger than 65536 bytes"), "{message}");
        assert!(message.contains("--max-message-bytes"), "{message}");
    };
    check(
        client::grpc(address, EXPORT, None, &vec![0; LIMIT + 1])
            .await
            .unwrap(),
    );
    check(
        client::grpc(address, EXPORT, None, &vec![0; 8 << 20])
            .await
            .unwrap(),
    );
    for (encoding, bomb) in bombs() {
        check(
            client::grpc(address, EXPORT, Some(encoding), &bomb)
                .await
                .unwrap(),
        );
    }
    let refused = "wakeful_receiver_refused_messages_total{receiver=\"otlp_grpc\",reason=\"too_large\"}";
    assert_eq!(server.figure(refused).await, 4.0);
    assert_eq!(
        client::grpc(address, EXPORT, None, b"")
            .await
            .unwrap()
            .grpc_status()
            .0,
        0
    );
    server.stop().await;
}

#[tokio::test]
async fn http_bodies_that_are_too_large() {
    let server = small_server().await;
    let check = |answer: Answer| {
        assert_eq!(answer.status, 413);
        assert!(
            String::from_utf8_lossy(&answer.body).contains("--max-message-bytes"),
            "{:?}",
            answer.body
        );
    };
    let ports = [
        (
            Listener::OtlpHttp,
            "/v1/traces",
            "application/x-protobuf",
            "otlp_http",
        ),
        (Listener::OtlpHttp, "/v1/traces", "application/json", "otlp_http"),
        (
            Listener::JaegerHttp,
            "/api/traces",
            "application/x-thrift",
            "jaeger_http",
        ),
    ];
    for (listener, path, content_type, _) in ports {
        check(
            server
                .post(
                    listener,
                    path,
                    &[("content-type", content_type)],
                    &vec![0; LIMIT + 1],
                )
                .await,
        );
        check(
            server
                .post(
                    listener,
                    path,
                    &[("content-type", content_type)],
                    &vec![0; 8 << 20],
                )
                .await,
        );
        for (encoding, bomb) in bombs() {
            let headers = [("content-type", content_type), ("content-encoding", encoding)];
            check(server.post(listener, path, &headers, &bomb).await);
        }
    }
    for (receiver, expected) in [("otlp_http", 8.0), ("jaeger_http", 4.0)] {
        let refused = format!(
            "wakeful_receiver_refused_messages_total{{receiver=\"{receiver}\",reason=\"too_large\"}}"
        );
        assert_eq!(server.figure(&refused).await, expected);
    }
    server.stop().await;
}

#[tokio::test]
async fn grpc_calls_that_are_no_messages() {
    let server = TestServer::start().await;
    let address = server.addresses[&Listener::OtlpGrpc];
    let check = async |encoding, body: &[u8], status, part: &str| {
        let answer = client::grpc_raw(address, EXPORT, encoding, body).await.unwrap();
        let (found, message) = answer.grpc_status();
        assert_eq!(found, status, "{message}");
        assert!(message.contains(part), "{message}");
    };
    check(None, b"", 3, "no message").await;
    check(
        None,
        &[0, 0xff, 0xff, 0xff, 0xff, 1],
        3,
        "says 4294967295 bytes, but 1 follow",
    )
    .await;
    check(None, &[0, 0, 0, 0, 1, 0xff], 3, "malformed protobuf").await;
    check(None, &[2, 0, 0, 0, 0], 13, "unknown compression flag 2").await;
    check(None, &[1, 0, 0, 0, 1, 0], 13, "grpc-encoding is not set").await;
    check(
        Some("br"),
        &[1, 0, 0, 0, 1, 0],
        12,
        "encoding \"br\" is not supported",
    )
    .await;
    check(Some("gzip"), &[1, 0, 0, 0, 1, 0], 3, "").await;
    let unknown = client::grpc(address, "/a.B/C", None, b"").await.unwrap();
    assert_eq!(unknown.grpc_status(), (12, "unknown service a.B".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn what_is_in_flight_is_bounded() {
    let limits = Limits {
        in_flight_bytes_max: 1000,
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let headers = [("content-type", "application/x-protobuf")];
    let answer = server
        .post(Listener::OtlpHttp, "/v1/traces", &headers, &[0; 2000])
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    let address = server.addresses[&Listener::OtlpGrpc];
    let answer = client::grpc(address, EXPORT, None, &[0; 2000]).await.unwrap();
    assert_eq!(answer.grpc_status().0, 14);
    assert!(
        !answer.header("grpc-status-details-bin").is_empty(),
        "a hint when to try again"
    );
    // What was refused is given back.
    assert_eq!(
        server
            .post(Listener::OtlpHttp, "/v1/traces", &headers, b"")
            .await
            .status,
        200
    );
    server.stop().await;
}

/// Frames are small on the wire and large once they are read.
#[tokio::test]
async fn what_frames_unpack_to_is_in_flight_too() {
    let limits = Limits {
        in_flight_bytes_max: 256 << 10,
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let body = |tasks| {
        let start = |id| TaskStart {
            id: TaskId(id),
            start_unix_nanos: runtime::BEGIN,
            name: "connection".to_owned(),
            ..TaskStart::default()
        };
        runtime::frames(&[RuntimeBatch {
            resource: runtime::program(),
            task_starts: (1..=tasks).map(start).collect(),
            ..RuntimeBatch::default()
        }])
    };
    let (small, large) = (body(200), body(2_000));
    assert!(large.len() < 64 << 10, "it fits in as it is: {}", large.len());
    for _ in 0..5 {
        let refused = runtime::post(&server, &large).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
        // What was refused is given back, and what was taken too.
        assert_eq!(runtime::post(&server, &small).await.status, 200);
    }
    let refused = "wakeful_receiver_refused_messages_total{receiver=\"frames\",reason=\"busy\"}";
    assert_eq!(server.figure(refused).await, 5.0);
    server.stop().await;
}

#[tokio::test]
async fn a_store_that_refuses_is_a_reason_to_try_again() {
    let server = TestServer::start().await;
    server.store.close();
    let message = include_bytes!("../../../../testdata/captured/otlp/rust-shop/http-proto/002-traces.bin");
    let headers = [("content-type", "application/x-protobuf")];
    let answer = server
        .post(Listener::OtlpHttp, "/v1/traces", &headers, message)
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    let batch =
        include_bytes!("../../../../testdata/captured/jaeger/rust-mini-redis/http-thrift/001-batch.bin");
    let headers = [("content-type", "application/x-thrift")];
    let answer = server
        .post(Listener::JaegerHttp, "/api/traces", &headers, batch)
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    let answer = client::grpc(server.addresses[&Listener::OtlpGrpc], EXPORT, None, message)
        .await
        .unwrap();
    assert_eq!(answer.grpc_status().0, 14);
    let refused = "wakeful_receiver_refused_spans_total{receiver=\"otlp_grpc\",reason=\"stopping\"}";
    assert!(server.figure(refused).await > 0.0);
    server.stop().await;
}

/// A datagram whose process has so many tags without a sound key, and so many spans of one trace that begins with it.
fn faults_times_spans(tags: usize, spans: usize) -> Vec<u8> {
    let list = |elements: usize| {
        let mut header = vec![0x19, 0xfc];
        let mut rest = elements;
        while rest > 0x7f {
            header.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        header.push(rest as u8);
        header
    };
    // A oneway message `emitBatch` of Thrift's compact protocol; its batch; the batch's process, named `s`.
    let mut datagram = [&b"\x82\x81\x00\x09emitBatch"[..], b"\x1c\x1c\x18\x01s"].concat();
    datagram.extend(list(tags));
    // key: a byte that is not UTF-8; type: text.
    datagram.extend(b"\x18\x01\xff\x15\x00\x00".repeat(tags));
    datagram.push(0);
    datagram.extend(list(spans));
    // Trace 1, span 1, no parent, no name, no flags, at 0, for 0.
    let span = b"\x16\x02\x16\x00\x16\x02\x16\x00\x18\x00\x25\x00\x16\x00\x16\x00\x00";
    datagram.extend(span.repeat(spans));
    datagram.extend([0, 0]);
    datagram
}

#[tokio::test]
async fn faults_of_a_resource_are_told_on_its_spans_but_not_without_end() {
    let server = TestServer::start().await;
    let datagram = faults_times_spans(5_000, 2_000);
    assert!(datagram.len() < 65_000, "{}", datagram.len());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = server.addresses[&Listener::JaegerCompact];
    socket.send_to(&datagram, address).await.unwrap();
    // Each sentence of each span compared with all before would take minutes.
    let accepted = "wakeful_receiver_accepted_spans_total{receiver=\"jaeger_compact\"}";
    server.await_figure(accepted, 2_000.0).await;
    let answer = server.get(Listener::Query, "/api/traces/1?raw=true").await.json();
    let warnings = answer["data"][0]["spans"][0]["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 9);
    assert_eq!(warnings[8], "more was mended than is told here");
    server.stop().await;
}

#[tokio::test]
async fn other_origins_may_send_only_if_told() {
    let preflight = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let check = async |origins: &[&'static str], expected: &str| {
        let cors_allow_origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        let server = TestServer::start_with(ServerOptions {
            cors_allow_origins,
            ..options()
        })
        .await;
        let address = server.addresses[&Listener::OtlpHttp];
        let answer = client::http(address, "OPTIONS", "/v1/traces", &preflight, b"")
            .await
            .unwrap();
        assert_eq!(
            answer.header("access-control-allow-origin"),
            expected,
            "{origins:?}"
        );
        server.stop().await;
    };
    check(&[], "").await;
    check(&["*"], "*").await;
    check(&["https://shop.example"], "https://shop.example").await;
    check(&["https://other.example"], "").await;
}
