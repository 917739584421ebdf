//! Ports that cannot be opened.

use std::net::{TcpListener, UdpSocket};

use crate::process::{free_ports, wakeful};

/// Starts a server that must fail, and gives what it says.
fn refusal(arguments: &[&str]) -> String {
    let mut command = wakeful(&["serve", "--backend", "memory"]);
    // A setting given twice counts the second time.
    let said = command.args(free_ports()).args(arguments).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(said.stdout.is_empty(), "nothing is ready: {said:?}");
    String::from_utf8(said.stderr).unwrap()
}

#[test]
fn each_port_that_is_taken_is_named_with_its_setting() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (tcp, udp) = (&tcp, &udp);
    let (grpc, agent) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    let said = refusal(&[
        "--otlp-grpc-port",
        &grpc.to_string(),
        "--jaeger-compact-port",
        &agent.to_string(),
    ]);
    let remedy = "is in use by another program; stop that one, or choose another port with";
    assert_eq!(
        said,
        format!(
            "error: port {grpc} (OTLP gRPC) {remedy} --otlp-grpc-port\n\
             error: port {agent} (Jaeger agent (compact)) {remedy} --jaeger-compact-port\n"
        )
    );
}

#[test]
fn a_foreign_address_is_named_once() {
    let said = refusal(&["--listen-host", "192.0.2.1"]);
    assert!(
        said.starts_with("error: 192.0.2.1 is not an address of this machine ("),
        "{said}"
    );
    assert!(said.ends_with("choose another with --listen-host\n"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
