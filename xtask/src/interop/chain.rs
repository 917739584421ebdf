//! A request through four services, one of them in Python: one trace with the right parents, under each format of headers.
//!
//! `first` and `second` are Rust with `#[instrument]`, `third` is Rust with `SpanRecorder`s (`examples/iox-service`); all three send
//! to the agent's port of a real server. `python` stands behind `first`, and sends to that server by OTLP.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::helper::{Helper, get};
use crate::programs::{self, Profile};
use crate::wait;

/// Each format by its name in `OTEL_PROPAGATORS`, and the headers in which it brings the caller's context: a trace of its own
/// each, and [`PARENT`].
const FORMATS: [(&str, &str, &[&str]); 5] = [
    (
        "tracecontext",
        "5759e988000000000000000000000001",
        &["traceparent: 00-5759e988000000000000000000000001-0000000000000def-01"],
    ),
    (
        "b3",
        "5759e988000000000000000000000002",
        &["b3: 5759e988000000000000000000000002-0000000000000def-1"],
    ),
    (
        "b3multi",
        "5759e988000000000000000000000003",
        &[
            "x-b3-traceid: 5759e988000000000000000000000003",
            "x-b3-spanid: 0000000000000def",
            "x-b3-sampled: 1",
        ],
    ),
    (
        "jaeger",
        "5759e988000000000000000000000004",
        &["uber-trace-id: 5759e988000000000000000000000004:def:0:1"],
    ),
    (
        "xray",
        "5759e988000000000000000000000005",
        &["x-amzn-trace-id: Root=1-5759e988-000000000000000000000005;Parent=0000000000000def;Sampled=1"],
    ),
];

/// The caller's span, which nobody sends.
const PARENT: &str = "0000000000000def";

/// Every span of the trace, and its parent.
const SPANS: [(&str, &str); 16] = [
    ("first/IOx http", PARENT),
    ("first/instrumented", "first/IOx http"),
    ("first/look_up", "first/instrumented"),
    ("first/ask", "first/instrumented"),
    ("python/serve", "first/ask"),
    ("python/ask", "python/serve"),
    ("second/IOx http", "python/ask"),
    ("second/instrumented", "second/IOx http"),
    ("second/look_up", "second/instrumented"),
    ("second/ask", "second/instrumented"),
    ("third/IOx http", "second/ask"),
    ("third/query", "third/IOx http"),
    ("third/SortExec", "third/query"),
    ("third/FilterExec", "third/SortExec"),
    ("third/ParquetExec", "third/FilterExec"),
    ("third/ObjectStore", "third/ParquetExec"),
];

/// How long spans may take from a program to the server's answer.
const ARRIVAL_MAX: Duration = Duration::from_secs(60);

/// Runs the chain under each format, with this interpreter and script as the service in Python.
pub(crate) fn run(python: &Path, script: &Path) -> anyhow::Result<()> {
    let wakeful = programs::build(Profile::Debug, &["wakeful"])?.join("wakeful");
    let service = programs::build_iox_service()?;
    let server = Helper::start(
        Command::new(wakeful)
            .args(["serve", "--backend", "memory", "--ready-json"])
            .args(programs::free_ports()),
    )?;
    let ready: Value = serde_json::from_str(server.said()).context("wakeful did not get ready")?;
    let address = |listener: &str| {
        let address = ready["listeners"][listener].as_str();
        address.with_context(|| format!("wakeful's ready line names no port {listener}"))
    };
    let agent = address("jaeger-compact")?;
    let (host, port) = agent.split_once(':').context("an address has a port")?;
    let (otlp, query) = (address("otlp-grpc")?, address("query")?);

    for (format, trace_id, headers) in FORMATS {
        let rust = |name: &str, next: Option<String>| {
            Helper::start(
                Command::new(&service)
                    .args(["--listen", "127.0.0.1:0"])
                    .args(next.iter().flat_map(|url| ["--next", url.as_str()]))
                    .env("TRACES_EXPORTER", "jaeger")
                    .env("TRACES_EXPORTER_JAEGER_AGENT_HOST", host)
                    .env("TRACES_EXPORTER_JAEGER_AGENT_PORT", port)
                    .env("TRACES_EXPORTER_JAEGER_SERVICE_NAME", name)
                    .env("OTEL_PROPAGATORS", format),
            )
        };
        let third = rust("third", None)?;
        let second = rust("second", Some(format!("{}/query", base(&third)?)))?;
        let between = Helper::start(
            Command::new(python)
                .arg(script)
                .arg(otlp)
                .env("OTEL_PROPAGATORS", format),
        )?;
        let callee = format!("{}/?callee={}/instrumented", between.url("http")?, base(&second)?);
        let first = rust("first", Some(callee))?;
        let headers: Vec<_> = headers.iter().map(ToString::to_string).collect();
        get(&format!("{}/instrumented", base(&first)?), &headers)?;
        // It sends what it has before it ends.
        between.end()?;
        check(format, &format!("http://{query}/api/traces/{trace_id}"))?;
    }
    Ok(())
}

/// Where a service of ours listens.
fn base(service: &Helper) -> anyhow::Result<String> {
    let address = service.said().strip_prefix("listening on ");
    Ok(format!(
        "http://{}",
        address.context("the service does not say where it listens")?
    ))
}

/// Waits until the trace is as it should be.
fn check(format: &str, url: &str) -> anyhow::Result<()> {
    let expected: BTreeMap<_, _> = SPANS
        .iter()
        .map(|(span, parent)| ((*span).to_owned(), (*parent).to_owned()))
        .collect();
    let mut found = BTreeMap::new();
    let arrived = wait::until(ARRIVAL_MAX, || {
        // The server does not know the trace before its first span.
        found = parents(&get(url, &[]).ok()?)?;
        (found == expected).then_some(())
    });
    if arrived.is_none() {
        bail!("{format}: the trace is {found:#?}\nand should be {expected:#?}");
    }
    println!(
        "{format}: a request through Rust, Python, Rust and Rust: one trace of {} spans, every parent right",
        found.len()
    );
    Ok(())
}

/// Each span of a trace in Jaeger's JSON, as `service/operation`, and its parent's name, or its id if it is not there.
fn parents(answer: &str) -> Option<BTreeMap<String, String>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let trace = answer["data"].as_array()?.first()?;
    let spans = trace["spans"].as_array()?;
    let name = |span: &Value| {
        let service = trace["processes"][span["processID"].as_str()?]["serviceName"].as_str()?;
        Some(format!("{service}/{}", span["operationName"].as_str()?))
    };
    let parent = |span: &Value| {
        let references = span["references"].as_array()?;
        let id = references.iter().find(|it| it["refType"] == "CHILD_OF")?["spanID"].as_str()?;
        let found = spans.iter().find(|other| other["spanID"] == id);
        found.map_or_else(|| Some(id.to_owned()), name)
    };
    spans
        .iter()
        .map(|span| Some((name(span)?, parent(span).unwrap_or_default())))
        .collect()
}
