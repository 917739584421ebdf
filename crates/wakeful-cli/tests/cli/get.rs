//! `wakeful get`, from the example service to the page's search.

use std::net::SocketAddr;

use clap::Parser;
use wakeful_iox_service::{Service, ServiceArgs};

use crate::process::{Running, output};

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    service: ServiceArgs,
}

/// The example, sending to the server's agent port.
struct Example {
    address: SocketAddr,
    collector: std::sync::Arc<wakeful::AsyncExporter>,
    _runtime: tokio::runtime::Runtime,
}

impl Example {
    fn start(server: &Running) -> Self {
        let port = format!(
            "--traces-exporter-jaeger-agent-port={}",
            server.address("jaeger-compact").port()
        );
        let arguments = [
            "service",
            "--traces-exporter=jaeger",
            "--traces-exporter-jaeger-agent-host=127.0.0.1",
            &port,
        ];
        let args = Args::parse_from(arguments).service;
        let collector = std::sync::Arc::new(args.traces.start().unwrap().unwrap());
        let service = Service::new(&args, Some(collector.clone()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, service.router()).await });
        Self {
            address,
            collector,
            _runtime: runtime,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/query", self.address)
    }
}

#[test]
fn a_debug_id_is_found_again() {
    let server = Running::start("serve", &["--backend", "memory"]);
    let example = Example::start(&server);
    let said = output(&["get", &example.url(), "--header", "jaeger-debug-id:needle"]);
    assert!(said.status.success(), "{said:?}");
    assert!(String::from_utf8(said.stdout).unwrap().contains(" rows\n"));
    let stderr = String::from_utf8(said.stderr).unwrap();
    let trace = stderr
        .lines()
        .find_map(|line| line.strip_prefix("trace: "))
        .unwrap();
    let (_, trace_id) = trace.rsplit_once('/').unwrap();
    let search = "http://localhost:16686/search?service=__all_services__&tags=%7B%22jaeger-debug-id%22%3A%22needle%22%7D";
    assert!(stderr.contains(search), "{stderr}");

    let patience = std::time::Duration::from_secs(60);
    assert!(example.collector.drain_blocking(patience).is_nothing());
    // What the page asks for when it shows that search.
    let path = "/api/traces?service=iox-conductor&tags=%7B%22jaeger-debug-id%22%3A%22needle%22%7D&lookback=1h&limit=20";
    let found = server.await_get(path, |answer| {
        answer["data"].as_array().is_some_and(|data| !data.is_empty())
    });
    let [found] = found["data"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!(
        found["traceID"].as_str().unwrap().trim_start_matches('0'),
        trace_id.trim_start_matches('0')
    );
    // The page's own search, by the address that was printed.
    let (_, query) = stderr.split_once("/search?").unwrap();
    let query = query.lines().next().unwrap();
    assert!(
        server.text(&format!("/api/ui/search?{query}")).contains(trace_id),
        "{query}"
    );
    let names: Vec<_> = found["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| span["operationName"].as_str().unwrap())
        .collect();
    for name in ["IOx http", "query", "SortExec", "FilterExec", "ParquetExec"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn a_trace_id_of_its_own_is_sent() {
    let server = Running::start("serve", &["--backend", "memory"]);
    let example = Example::start(&server);
    let said = output(&[
        "get",
        &example.url(),
        "--gen-trace-id",
        "--ui-url",
        "http://page:1/jaeger/",
    ]);
    let stderr = String::from_utf8(said.stderr).unwrap();
    let (_, trace_id) = stderr
        .trim()
        .split_once("trace: http://page:1/jaeger/trace/")
        .unwrap();
    example
        .collector
        .drain_blocking(std::time::Duration::from_secs(60));
    let answer = server.await_get(&format!("/api/traces/{trace_id}"), |answer| {
        answer["data"].is_array()
    });
    assert_eq!(
        answer["data"][0]["processes"]["p1"]["serviceName"],
        "iox-conductor"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let server = Running::start("serve", &["--backend", "memory"]);
    let example = Example::start(&server);
    let check = |arguments: &[&str], code: i32, part: &str| {
        let said = output(arguments);
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(code), "{text}");
        assert!(text.contains(part), "{text}");
    };
    check(
        &["get", "https://localhost/"],
        2,
        "give a URL that begins with http://",
    );
    check(
        &["get", "http://localhost/", "--header", "none"],
        2,
        "like jaeger-debug-id:needle",
    );
    check(
        &["get", &format!("http://{}/nowhere", example.address)],
        1,
        "the answer is 404 Not Found",
    );
    check(
        &["get", &example.url()],
        0,
        "not traced; ask for it with --gen-trace-id",
    );
}
