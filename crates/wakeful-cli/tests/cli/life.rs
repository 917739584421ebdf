//! From start to end.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, free_ports, wakeful};

#[test]
fn a_signal_ends_the_server_well() {
    for signal in ["TERM", "INT"] {
        let server = Running::start("serve", &["--backend", "memory"]);
        assert_eq!(server.get("/api/ui/about")["backend"], "memory");
        server.signal(signal);
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    end_by_two_signals(Running::start("serve", &["--backend", "memory"]));
}

#[test]
fn a_demo_leaves_no_folder_behind_however_it_ends() {
    let demo = Running::start("demo", &["--no-open"]);
    let about = demo.get("/api/ui/about");
    let folder = Path::new(about["dataDir"].as_str().unwrap()).to_owned();
    assert!(folder.is_dir(), "{about}");
    end_by_two_signals(demo);
    assert!(!folder.exists(), "{}", folder.display());
}

fn end_by_two_signals(mut server: Running) {
    // Half a request keeps the server from its end, once the server waits for the other half.
    let mut begun = TcpStream::connect(server.address("otlp-http")).unwrap();
    begun
        .write_all(
            b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
              content-length: 2\r\nexpect: 100-continue\r\n\r\n",
        )
        .unwrap();
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    begun.read_exact(&mut go_on).unwrap();
    begun.write_all(b"{").unwrap();
    server.signal("INT");
    server.await_said("stopping");
    server.signal("INT");
    assert_eq!(server.end().0, Some(130));
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--data-dir", folder.path().to_str().unwrap()];
    let mut first = Running::start("serve", &arguments);
    let datagrams = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/captured/jaeger/rust-mini-redis/udp-compact-simple");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for name in ["001-datagram.bin", "002-datagram.bin", "003-datagram.bin"] {
        let datagram = fs::read(datagrams.join(name)).unwrap();
        socket
            .send_to(&datagram, first.address("jaeger-compact"))
            .unwrap();
    }
    let whole = |answer: &Value| answer["spans"] == 3;
    first.await_get("/api/ui/about", whole);
    let always = "/api/traces?service=mini-redis&start=1&end=4102444800000000";
    let before = first.get(always);
    assert_eq!(
        before["data"][0]["spans"].as_array().map(Vec::len),
        Some(3),
        "{before}"
    );
    for signal in ["KILL", "TERM"] {
        first.signal(signal);
        first.end();
        first = Running::start("serve", &arguments);
        assert_eq!(
            first.get("/api/traces?service=mini-redis"),
            before,
            "after {signal}"
        );
    }
}

#[test]
fn a_folder_has_one_server() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().to_str().unwrap();
    let first = Running::start("serve", &["--data-dir", folder]);
    let second = wakeful(&["serve", "--data-dir", folder])
        .args(free_ports())
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("is in use by another wakeful process"), "{said}");
    assert!(said.contains("--data-dir"), "{said}");
    first.signal("TERM");
    assert_eq!(first.end().0, Some(0));
}

#[test]
fn variables_of_jaeger_1_are_answered_with_a_word() {
    let mut command = wakeful(&["serve", "--backend", "memory", "--listen-host", "192.0.2.1"]);
    let said = command
        .env("SPAN_STORAGE_TYPE", "badger")
        .args(free_ports())
        .output()
        .unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(
        said.contains("SPAN_STORAGE_TYPE is set, but has no effect here; choose with --backend"),
        "{said}"
    );
}

#[test]
fn the_demo_shows_traces_of_its_shop_and_ends_with_its_server() {
    let demo = Running::start("demo", &["--no-open"]);
    let services = demo.await_get("/api/services", |answer| {
        let services = answer["data"].as_array();
        services.is_some_and(|services| services.len() >= 5)
    });
    let text = services["data"].to_string();
    for service in ["frontend", "checkout", "inventory", "payment", "mini-redis"] {
        assert!(text.contains(service), "{text}");
    }
    demo.signal("TERM");
    let (code, said) = demo.end();
    assert_eq!(code, Some(0), "{said}");
}
