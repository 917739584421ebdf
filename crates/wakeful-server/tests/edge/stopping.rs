//! The end of a server.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wakeful_server::{Limits, Listener, ServerOptions};

use crate::server::{TestServer, options};

/// How long anything may take here before the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request of two bytes whose handler waits for them: it has said so.
async fn begun(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.addresses[&Listener::OtlpHttp])
        .await
        .unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished() {
    let limits = Limits {
        drain_timeout: PATIENCE,
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let mut begun = begun(&server).await;
    let address = server.addresses[&Listener::OtlpHttp];
    let stopping = tokio::spawn(server.stop());
    // The server is stopping once it takes nobody else.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    begun.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn who_does_not_finish_is_cut_off() {
    let limits = Limits {
        drain_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let mut begun = begun(&server).await;
    let mut silent = TcpStream::connect(server.addresses[&Listener::OtlpGrpc])
        .await
        .unwrap();
    let stopped = tokio::time::timeout(PATIENCE, server.stop()).await;
    stopped.expect("those who do not finish hold the server up");
    for stream in [&mut begun, &mut silent] {
        // Ended, or broken off.
        assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
    }
}

#[tokio::test]
async fn those_who_never_ask_lose_their_place() {
    let limits = Limits {
        connections_max: 1,
        header_timeout: Duration::from_millis(500),
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

#[tokio::test]
async fn a_connection_may_rest_between_two_requests() {
    let limits = Limits {
        header_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let mut connection = TcpStream::connect(server.addresses[&Listener::Health])
        .await
        .unwrap();
    for _ in 0..2 {
        connection
            .write_all(b"GET /status HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        // Nothing else to wait for: it is the server's clock that must not cut the connection.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut rest = [0; 4096];
        assert!(connection.try_read(&mut rest).unwrap() > 0, "cut off");
    }
    server.stop().await;
}
