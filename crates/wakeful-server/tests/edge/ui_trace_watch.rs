//! A trace that grows while a page is open.

use std::time::Duration;

use serde_json::json;
use wakeful_model::SpanBatch;
use wakeful_server::{Limits, Listener, ServerOptions};
use wakeful_testkit::BigTrace;

use crate::client::{self, Lines};
use crate::server::{TestServer, options};
use crate::ui_trace::{Case, Columns, plan, send};

const ALIVE: &str = r#"{"type":"alive"}"#;

/// Parts of a trace of which the server has the first, and the others still to be sent.
async fn begun(limits: Limits) -> (Case, Vec<bytes::Bytes>) {
    let server = TestServer::start_with(ServerOptions { limits, ..options() }).await;
    let plan = plan(4_500);
    let mut parts: Vec<_> = BigTrace::new(plan).map(|request| request.protobuf()).collect();
    assert_eq!(parts.len(), 3);
    send(&server, &parts.remove(0)).await;
    let case = Case {
        server,
        id: format!("{:032x}", plan.trace_id()),
        sent: SpanBatch::default(),
    };
    (case, parts)
}

async fn watch(case: &Case, rev: &str) -> Lines {
    let path = format!("/api/ui/trace/{}/watch?rev={rev}", case.id);
    let lines = client::lines(case.server.addresses[&Listener::Query], &path).await;
    let lines = lines.unwrap();
    assert_eq!(lines.status, 200);
    lines
}

/// What the next line should be, once there are `new` spans.
fn news(columns: &Columns, new: u64) -> serde_json::Value {
    let number = |fact: &str| columns.facts[fact].parse::<u64>().unwrap();
    json!({
        "type": "trace",
        "rev": columns.facts["rev"],
        "spans": number("spans"),
        "new": new,
        "errors": number("errors"),
        "durationNanos": number("durationNanos"),
    })
}

#[tokio::test]
async fn what_is_new_is_told_at_once_and_at_each_change() {
    let (case, parts) = begun(Limits::default()).await;
    let first = case.columns().await;
    send(&case.server, &parts[0]).await;
    let second = case.columns().await;
    assert_eq!(
        (&*first.facts["spans"], &*second.facts["spans"]),
        ("2000", "4000")
    );

    let mut behind = watch(&case, &first.facts["rev"]).await;
    assert_eq!(behind.next().await.unwrap(), news(&second, 2_000));
    let mut abreast = watch(&case, &second.facts["rev"]).await;
    send(&case.server, &parts[1]).await;
    let third = case.columns().await;
    // Each is told how much more there is than its page has.
    assert_eq!(behind.next().await.unwrap(), news(&third, 2_500));
    assert_eq!(abreast.next().await.unwrap(), news(&third, 500));
    case.server.stop().await;
}

#[tokio::test]
async fn a_watch_without_news_is_alive_and_ends_with_the_server() {
    let limits = Limits {
        watch_alive_interval: Duration::ZERO,
        drain_timeout: Duration::from_secs(600),
        ..Limits::default()
    };
    let (case, _) = begun(limits).await;
    let rev = case.columns().await.facts["rev"].clone();
    let mut lines = watch(&case, &rev).await;
    for _ in 0..2 {
        assert_eq!(lines.next().await.unwrap().to_string(), ALIVE);
    }
    let stopping = tokio::spawn(case.server.stop());
    while let Some(line) = lines.next().await {
        assert_eq!(line.to_string(), ALIVE);
    }
    let stopped = tokio::time::timeout(Duration::from_secs(60), stopping).await;
    stopped.expect("an open page holds the server up").unwrap();
}

#[tokio::test]
async fn a_trace_that_is_not_stored_cannot_be_watched() {
    let server = TestServer::start().await;
    let answer = server
        .get(Listener::Query, "/api/ui/trace/abc/watch?rev=1.1")
        .await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    server.stop().await;
}
