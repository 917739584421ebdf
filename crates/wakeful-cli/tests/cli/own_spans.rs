//! The server's own spans: sent to another server that is asked for, and never to itself.

use std::process::Stdio;

use serde_json::Value;

use crate::process::{Reserved, Running, free_ports, wakeful};

const MEMORY: [&str; 2] = ["--backend", "memory"];

fn names(answer: &Value) -> Vec<String> {
    let traces = answer["data"].as_array().into_iter().flatten();
    let spans = traces.flat_map(|trace| trace["spans"].as_array().into_iter().flatten());
    let names = spans.filter_map(|span| span["operationName"].as_str());
    names.map(str::to_owned).collect()
}

#[test]
fn a_server_traces_itself_into_another() {
    let second = Running::start("serve", &MEMORY);
    let endpoint = format!("http://{}", second.address("otlp-grpc"));
    let arguments = [&MEMORY[..], &["--tracing-endpoint", &endpoint]].concat();
    let first = Running::start("serve", &arguments);
    first.get("/api/services");
    first.get("/api/ui/trace/7");
    // At the end what is left is sent.
    first.signal("TERM");
    assert_eq!(first.end().0, Some(0));
    let found = names(&second.get("/api/traces?service=wakeful"));
    for expected in ["GET /api/services", "GET /api/ui/trace"] {
        assert!(
            found.iter().any(|name| name == expected),
            "{expected} in {found:?}"
        );
    }
}

#[test]
fn without_an_endpoint_nothing_is_sent_and_a_level_silences_spans() {
    let second = Running::start("serve", &MEMORY);
    let endpoint = format!("http://{}", second.address("otlp-grpc"));
    let silent = ["--tracing-endpoint", &endpoint, "--tracing-level", "off"];
    for arguments in [&[][..], &silent] {
        let first = Running::start("serve", &[&MEMORY[..], arguments].concat());
        first.get("/api/services");
        first.signal("TERM");
        let (code, said) = first.end();
        assert_eq!(code, Some(0), "{said}");
        // What a receiver that is away would be complained of.
        assert!(!said.contains("cannot send"), "{said}");
    }
    assert_eq!(second.get("/api/ui/about")["spans"], 0);
}

#[test]
fn a_server_does_not_send_to_itself() {
    // The endpoint must be known before the server is.
    let reserved = Reserved::new();
    let port = reserved.address.port();
    let mut command = wakeful(&["serve", "--backend", "memory", "--ready-json"]);
    command
        .args(free_ports())
        .args(["--otlp-grpc-port", &port.to_string()])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://localhost:{port}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = Running::spawn(command);
    server.get("/api/services");
    let spans = server.get("/api/ui/about")["spans"].clone();
    server.signal("TERM");
    let (code, said) = server.end();
    assert_eq!((code, spans), (Some(0), 0.into()), "{said}");
    assert!(said.contains("does not send its own spans to itself"), "{said}");
}

#[test]
fn rust_log_is_for_lines_alone() {
    let mut command = wakeful(&["serve", "--backend", "memory", "--ready-json"]);
    command
        .args(free_ports())
        .env("RUST_LOG", "wakeful=loud")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = Running::spawn(command);
    server.signal("TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("RUST_LOG=\"wakeful=loud\"") && said.contains("using info"),
        "{said}"
    );
}
