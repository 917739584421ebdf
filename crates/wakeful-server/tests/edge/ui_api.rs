//! The page's own API, asked about what a real client sent.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use expect_test::expect;
use tokio::net::UdpSocket;
use wakeful_server::Listener;

use crate::server::TestServer;

/// The three datagrams of mini-redis' tutorial.
const MINI_REDIS: [&[u8]; 3] = [
    include_bytes!(
        "../../../../testdata/captured/jaeger/rust-mini-redis/udp-compact-simple/001-datagram.bin"
    ),
    include_bytes!(
        "../../../../testdata/captured/jaeger/rust-mini-redis/udp-compact-simple/002-datagram.bin"
    ),
    include_bytes!(
        "../../../../testdata/captured/jaeger/rust-mini-redis/udp-compact-simple/003-datagram.bin"
    ),
];

async fn with_mini_redis() -> TestServer {
    let server = TestServer::start().await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for datagram in MINI_REDIS {
        socket
            .send_to(datagram, server.addresses[&Listener::JaegerCompact])
            .await
            .unwrap();
    }
    server
        .await_figure(
            "wakeful_receiver_accepted_spans_total{receiver=\"jaeger_compact\"}",
            3.0,
        )
        .await;
    server
}

#[tokio::test]
async fn one_trace_of_three_spans() {
    let server = with_mini_redis().await;
    let get = async |path: String| {
        let answer = server.get(Listener::Query, &format!("/api/ui/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        assert_eq!(answer.header("x-wakeful-ui"), env!("CARGO_PKG_VERSION"));
        answer
    };
    expect![[r#"{"services":["mini-redis"]}"#]].assert_eq(get("services".to_owned()).await.text());
    let operations = get("operations?service=mini-redis".to_owned()).await;
    expect![[r#"{"operations":[{"name":"apply","kind":""},{"name":"run","kind":""}]}"#]]
        .assert_eq(operations.text());

    let found = get("search?service=mini-redis".to_owned()).await;
    let lines: Vec<serde_json::Value> = found
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [trace, end] = lines.as_slice() else {
        panic!("{}", found.text())
    };
    assert_eq!(
        (&trace["type"], &trace["spans"], &trace["depth"]),
        (&"trace".into(), &3.into(), &2.into())
    );
    assert_eq!(
        (&end["type"], &end["complete"], &end["truncated"]),
        (&"end".into(), &true.into(), &false.into())
    );
    assert_eq!(end["query"], r#"{ resource.service.name = "mini-redis" }"#);

    let id = trace["id"].as_str().unwrap();
    let again = get(format!("search?traceID={id}")).await;
    assert_eq!(again.text().lines().next(), found.text().lines().next());

    let columns = get(format!("trace/{id}")).await;
    let reader = StreamReader::try_new(Cursor::new(&columns.body), None).unwrap();
    let facts = reader.schema().metadata().clone();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
    assert_eq!(
        (
            facts["spans"].as_str(),
            facts["depth"].as_str(),
            facts["services"].as_str()
        ),
        ("3", "2", "1")
    );

    let rev = &facts["rev"];
    let root = get(format!("trace/{id}/span/0?rev={rev}")).await.json();
    assert_eq!(root["service"], "mini-redis");
    assert!(root.get("parentSpanId").is_none(), "{root}");
    server.stop().await;
}

#[tokio::test]
async fn questions_without_an_answer() {
    let server = with_mini_redis().await;
    let id = "000000000000000000000000000000ff";
    let check = async |path: &str, status, part: &str| {
        let answer = server.get(Listener::Query, &format!("/api/ui/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {:?}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert!(answer.text().contains(part), "{path}: {}", answer.text());
    };
    check(&format!("trace/{id}"), 404, "no span of trace").await;
    check("trace/nonsense", 400, r#""parameter":"traceID""#).await;
    check("search?minDuration=7", 400, r#""parameter":"minDuration""#).await;
    check("search?limit=100000", 400, "from 1 to 1500").await;
    check("nothing", 404, "no such path").await;
    server.stop().await;
}

#[tokio::test]
async fn about_this_server() {
    let server = TestServer::start().await;
    let about = server.get(Listener::Query, "/api/ui/about").await.json();
    assert_eq!(
        (&about["backend"], &about["spans"]),
        (&"memory".into(), &0.into())
    );
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert!(about.get("newestUnixNanos").is_none(), "{about}");
    server.stop().await;
}
