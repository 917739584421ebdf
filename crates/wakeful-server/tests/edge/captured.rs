//! Every captured payload of every client, sent to its port as it was sent then.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::net::UdpSocket;
use wakeful_server::Listener;

use crate::client;
use crate::server::TestServer;

/// A payload, with how it was sent.
struct Captured {
    name: String,
    about: Value,
    bytes: Vec<u8>,
}

fn captured(folder: &str) -> Vec<Captured> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/captured")
        .join(folder);
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    let load = |file: &PathBuf| Captured {
        name: file.strip_prefix(&root).unwrap().display().to_string(),
        about: serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap(),
        bytes: fs::read(file).unwrap(),
    };
    files.iter().map(load).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "bin") {
            files.push(path);
        }
    }
}

impl Captured {
    fn text(&self, field: &str) -> &str {
        self.about[field].as_str().unwrap_or_default()
    }

    /// What says how the payload is to be read.
    fn headers(&self) -> Vec<(&str, &str)> {
        let all = self.about["headers"].as_array().unwrap().iter();
        let pairs = all.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
        pairs
            .filter(|(name, _)| matches!(*name, "content-type" | "content-encoding" | "x-tenant"))
            .collect()
    }
}

#[tokio::test]
async fn otlp_of_every_language_is_taken() {
    let server = TestServer::start().await;
    send_otlp(&server).await;
    assert!(
        server
            .figure("wakeful_receiver_accepted_spans_total{receiver=\"otlp_grpc\"}")
            .await
            > 50.0
    );
    assert!(
        server
            .figure("wakeful_receiver_accepted_spans_total{receiver=\"otlp_http\"}")
            .await
            > 50.0
    );
    server.stop().await;
}

/// Sends all there is of OTLP, and checks each answer.
pub(crate) async fn send_otlp(server: &TestServer) {
    let payloads = captured("otlp");
    assert!(payloads.len() > 80, "{} payloads", payloads.len());
    for payload in &payloads {
        let traces = payload.name.ends_with("-traces.bin");
        match payload.text("transport") {
            "grpc" => check_grpc(server, payload, traces).await,
            _ => check_http(server, payload, traces).await,
        }
    }
}

async fn check_grpc(server: &TestServer, payload: &Captured, traces: bool) {
    let encoding = payload.about["compression"].as_str();
    let address = server.addresses[&Listener::OtlpGrpc];
    let path = payload.text("path");
    let answer = client::grpc(address, path, encoding, &payload.bytes)
        .await
        .unwrap();
    let (status, message) = answer.grpc_status();
    if traces {
        assert_eq!((status, message.as_str()), (0, ""), "{}", payload.name);
        assert_eq!(answer.body[..], [0, 0, 0, 0, 2, 0x0a, 0x00], "{}", payload.name);
    } else {
        let service = path.trim_start_matches('/').trim_end_matches("/Export");
        assert_eq!(
            (status, message),
            (12, format!("unknown service {service}")),
            "{}",
            payload.name
        );
    }
}

async fn check_http(server: &TestServer, payload: &Captured, traces: bool) {
    let answer = server
        .post(
            Listener::OtlpHttp,
            payload.text("path"),
            &payload.headers(),
            &payload.bytes,
        )
        .await;
    if !traces {
        // As in Jaeger, but with the remedy behind it.
        let said =
            answer.text().starts_with("404 page not found: ") && answer.text().contains("EXPORTER=none");
        assert!(
            answer.status == 404 && said,
            "{}: {}",
            payload.name,
            answer.text()
        );
        return;
    }
    assert_eq!(answer.status, 200, "{}: {:?}", payload.name, answer.body);
    let sent = payload
        .headers()
        .iter()
        .any(|(_, value)| *value == "application/json");
    if sent {
        assert_eq!(answer.text(), "{\"partialSuccess\":{}}", "{}", payload.name);
    } else {
        assert_eq!(answer.body[..], [0x0a, 0x00], "{}", payload.name);
    }
}

#[tokio::test]
async fn jaeger_of_every_client_is_taken() {
    let server = TestServer::start().await;
    send_jaeger(&server).await;
    assert!(
        server
            .figure("wakeful_receiver_accepted_spans_total{receiver=\"jaeger_http\"}")
            .await
            > 10.0
    );
    server.stop().await;
}

/// Sends all there is of Jaeger's clients, and waits until the server has it.
pub(crate) async fn send_jaeger(server: &TestServer) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut datagrams = [0.0; 2];
    for payload in &captured("jaeger") {
        match (payload.text("transport"), payload.about["port"].as_u64().unwrap()) {
            ("udp", port) => {
                let (listener, count) = match port {
                    6831 => (Listener::JaegerCompact, 0),
                    _ => (Listener::JaegerBinary, 1),
                };
                socket
                    .send_to(&payload.bytes, server.addresses[&listener])
                    .await
                    .unwrap();
                datagrams[count] += 1.0;
            }
            ("http", 14268) => {
                let path = payload.text("path");
                let answer = server
                    .post(Listener::JaegerHttp, path, &payload.headers(), &payload.bytes)
                    .await;
                assert_eq!((answer.status, answer.text()), (202, ""), "{}", payload.name);
            }
            // Jaeger's own gRPC port is not opened.
            _ => {}
        }
    }
    let [compact, binary] = datagrams;
    server
        .await_figure(
            "wakeful_receiver_accepted_messages_total{receiver=\"jaeger_compact\"}",
            compact,
        )
        .await;
    server
        .await_figure(
            "wakeful_receiver_accepted_messages_total{receiver=\"jaeger_binary\"}",
            binary,
        )
        .await;
}
