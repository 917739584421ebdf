//! A real Jaeger as receiver.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::{SPANS, check_spans, program, send};
use crate::server::Server;
use crate::wait;

/// A receiver shows what it has acknowledged after that time.
const SHOWN_MAX: Duration = Duration::from_secs(30);

/// Sends to a real Jaeger, and asks it what came.
pub(super) fn check(binary: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = program()?;
    let server = Server::jaeger(binary, folder.path(), SPANS as u64)?;
    let mut command = Command::new(&program);
    command.args(["spans", &SPANS.to_string()]);
    send(command, &format!("http://{}", server.otlp_grpc), "grpc")?;
    // Each is a trace of its own; Jaeger refuses a limit above what its memory holds.
    let path = format!("/api/traces?service=rust&limit={SPANS}");
    let mut came = Value::Null;
    wait::until(SHOWN_MAX, || {
        came = spans_of_jaeger(&get(&server, &path).ok()?);
        (came.as_array()?.len() >= SPANS).then_some(())
    });
    check_spans("Jaeger, grpc", &came)
}

/// What the query API answers.
fn get(server: &Server, path: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(server.query)?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {}\r\n\r\n", server.query)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer without a body")?;
    Ok(serde_json::from_str(body)?)
}

/// Jaeger's spans as the other receivers tell theirs.
fn spans_of_jaeger(answer: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let by_key = |pairs: &Value| -> Map<String, Value> {
        let pairs = list(pairs).into_iter();
        let pair = |pair: Value| Some((pair["key"].as_str()?.to_owned(), pair["value"].clone()));
        pairs.filter_map(pair).collect()
    };
    let span = |processes: &Value, span: &Value| {
        let attributes = by_key(&span["tags"]);
        let tag = |key: &str| attributes.get(key).cloned().unwrap_or_default();
        let events: Vec<Value> = list(&span["logs"])
            .iter()
            .map(|log| by_key(&log["fields"]).remove("event").unwrap_or_default())
            .collect();
        json!({
            "id": format!("{} {}", span["traceID"], span["spanID"]),
            "name": span["operationName"],
            "kind": if tag("span.kind") == "client" { 3 } else { 0 },
            "status": if tag("otel.status_code") == "ERROR" { 2 } else { 0 },
            "service": processes[span["processID"].as_str().unwrap_or_default()]["serviceName"],
            "scope": tag("otel.scope.name"),
            "parent": if list(&span["references"]).is_empty() { "" } else { "another" },
            "events": events,
            "attributes": attributes,
        })
    };
    let traces = list(&answer["data"]);
    let spans = traces.iter().flat_map(|trace| {
        let spans = list(&trace["spans"]);
        spans
            .iter()
            .map(|it| span(&trace["processes"], it))
            .collect::<Vec<_>>()
    });
    spans.collect()
}
