//! The end of a server.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wakeful_server::{Limits, Listener, ServerOptions};

use crate::server::{TestServer, options};

#[tokio::test]
async fn requests_are_finished_and_the_rest_is_cut_off() {
    let limits = Limits {
        drain_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let mut begun = TcpStream::connect(server.addresses[&Listener::OtlpHttp])
        .await
        .unwrap();
    let head =
        "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
    begun.write_all(head.as_bytes()).await.unwrap();
    begun.write_all(b"{").await.unwrap();
    let mut silent = TcpStream::connect(server.addresses[&Listener::OtlpGrpc])
        .await
        .unwrap();
    // A request that was answered shows that the others have been accepted.
    assert_eq!(server.get(Listener::Health, "/status").await.status, 200);
    let started = Instant::now();
    let stopping = tokio::spawn(server.stop());
    begun.write_all(b"}").await.unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    stopping.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn those_who_never_ask_lose_their_place() {
    let limits = Limits {
        connections_max: 1,
        header_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let _silent = TcpStream::connect(server.addresses[&Listener::OtlpHttp])
        .await
        .unwrap();
    let mut half = TcpStream::connect(server.addresses[&Listener::OtlpHttp])
        .await
        .unwrap();
    half.write_all(b"POST /v1/traces HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    let headers = [("content-type", "application/json")];
    assert_eq!(
        server
            .post(Listener::OtlpHttp, "/v1/traces", &headers, b"{}")
            .await
            .status,
        200
    );
    server.stop().await;
}
