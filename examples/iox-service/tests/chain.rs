//! Three processes, one trace: two with `#[instrument]`, one with spans by value, under each format of headers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use wakeful_model::{Span, Value};
use wakeful_wire::jaeger::{Protocol, decode_agent};

/// A running service; killed when it is dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(name: &str, propagator: &str, agent: &UdpSocket, next: Option<String>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iox-service"));
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(next.iter().flat_map(|url| ["--next", url.as_str()]))
            .env_clear()
            .env("TRACES_EXPORTER", "jaeger")
            .env("TRACES_EXPORTER_JAEGER_AGENT_HOST", "127.0.0.1")
            .env(
                "TRACES_EXPORTER_JAEGER_AGENT_PORT",
                agent.local_addr().unwrap().port().to_string(),
            )
            .env("TRACES_EXPORTER_JAEGER_SERVICE_NAME", name)
            .env("OTEL_PROPAGATORS", propagator)
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{line:?}"));
        Self {
            address: address.parse().unwrap(),
            child,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: SocketAddr, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Service and name of each span, until there are `count`.
fn receive(agent: &UdpSocket, count: usize) -> HashMap<(String, String), Span> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut spans = HashMap::new();
    let mut bytes = vec![0; 70_000];
    while spans.len() < count {
        assert!(
            Instant::now() < deadline,
            "{count} spans did not come; there are {:?}",
            spans.keys()
        );
        let Ok(length) = agent.recv(&mut bytes) else {
            continue;
        };
        let (batch, _) = decode_agent(&bytes[..length], Protocol::Compact).unwrap();
        let service = batch.resources[0].service_name().to_owned();
        spans.extend(
            batch
                .spans
                .into_iter()
                .map(|span| ((service.clone(), span.name.clone()), span)),
        );
    }
    spans
}

fn agent() -> UdpSocket {
    let agent = UdpSocket::bind("127.0.0.1:0").unwrap();
    agent.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    agent
}

fn check(propagator: &str, header: &str) {
    let agent = agent();
    let start = |name: &str, next: Option<String>| Process::start(name, propagator, &agent, next);
    let third = start("third", None);
    let second = start("second", Some(format!("http://{}/query", third.address)));
    let first = start("first", Some(format!("http://{}/instrumented", second.address)));
    let answer = get(first.address, "/instrumented", header);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // A request, two spans and a call in each of the first two; a request, a query and its four operators in the last.
    let spans = receive(&agent, 4 + 4 + 6);
    let id = |service: &str, name: &str| {
        let found = spans.get(&(service.to_owned(), name.to_owned()));
        found
            .unwrap_or_else(|| panic!("{propagator}: no {name} of {service}"))
            .span_id
    };
    let parents = [
        ("first", "instrumented", ("first", "IOx http")),
        ("first", "look_up", ("first", "instrumented")),
        ("first", "ask", ("first", "instrumented")),
        ("second", "IOx http", ("first", "ask")),
        ("second", "instrumented", ("second", "IOx http")),
        ("second", "look_up", ("second", "instrumented")),
        ("second", "ask", ("second", "instrumented")),
        ("third", "IOx http", ("second", "ask")),
        ("third", "query", ("third", "IOx http")),
        ("third", "SortExec", ("third", "query")),
        ("third", "FilterExec", ("third", "SortExec")),
        ("third", "ParquetExec", ("third", "FilterExec")),
        ("third", "ObjectStore", ("third", "ParquetExec")),
    ];
    let trace_id = spans.values().next().unwrap().trace_id;
    for (service, name, parent) in parents {
        let span = &spans[&(service.to_owned(), name.to_owned())];
        assert_eq!(span.trace_id, trace_id, "{propagator}: {name} of {service}");
        assert_eq!(
            span.parent_span_id,
            Some(id(parent.0, parent.1)),
            "{propagator}: {name} of {service}"
        );
    }
    let root = &spans[&("first".to_owned(), "IOx http".to_owned())];
    assert_eq!(
        root.parent_span_id.map(|id| id.to_string()).as_deref(),
        Some("0000000000000def")
    );
    assert_eq!(trace_id.to_string(), "5759e988000000000000000000000abc");
}

const HEADERS: [(&str, &str); 5] = [
    (
        "tracecontext",
        "traceparent: 00-5759e988000000000000000000000abc-0000000000000def-01",
    ),
    ("b3", "b3: 5759e988000000000000000000000abc-0000000000000def-1"),
    (
        "b3multi",
        "x-b3-traceid: 5759e988000000000000000000000abc\r\nx-b3-spanid: 0000000000000def\r\nx-b3-sampled: 1",
    ),
    (
        "jaeger",
        "uber-trace-id: 5759e988000000000000000000000abc:def:0:1",
    ),
    (
        "xray",
        "x-amzn-trace-id: Root=1-5759e988-000000000000000000000abc;Parent=0000000000000def;Sampled=1",
    ),
];

#[test]
fn one_trace_under_every_propagator() {
    for (propagator, header) in HEADERS {
        check(propagator, header);
    }
}

/// Without context nothing is recorded by the layer or by value; a debug header asks for it and is kept.
#[test]
fn only_what_is_asked_for_is_recorded() {
    let agent = agent();
    let service = Process::start("iox-conductor", "jaeger", &agent, None);
    assert!(get(service.address, "/query", "x-none: 1").starts_with("HTTP/1.1 200"));
    let answer = get(service.address, "/query", "jaeger-debug-id: needle");
    let (_, trace_id) = answer.split_once("trace-id: ").unwrap();
    let trace_id = trace_id.lines().next().unwrap();
    let spans = receive(&agent, 6);
    assert!(
        spans
            .values()
            .all(|span| format!("{:x}", span.trace_id.get()) == trace_id),
        "{spans:?}"
    );
    let request = &spans[&("iox-conductor".to_owned(), "IOx http".to_owned())];
    assert_eq!(request.attribute("jaeger-debug-id"), Some(&Value::from("needle")));
    assert_eq!(request.parent_span_id, None);
    let operator = &spans[&("iox-conductor".to_owned(), "FilterExec".to_owned())];
    assert_eq!(operator.attribute("output_rows"), Some(&Value::Int(3332)));
    assert!(matches!(
        operator.attribute("elapsed_compute_nanos"),
        Some(Value::Int(1..))
    ));
}
