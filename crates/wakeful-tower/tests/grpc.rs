//! The layers around a real tonic server and client, over a real connection.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use wakeful_trace::{MetaValue, RingBufferTraceCollector, Span, SpanContext, SpanKind, SpanStatus};

#[path = "../examples/grpc.rs"]
mod grpc;

/// Asks for a service; both spans of the call, the client's and the server's.
async fn check(service: &str, works: bool, status: SpanStatus, grpc_status: i64) {
    let collector = Arc::new(RingBufferTraceCollector::new(100));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(grpc::serve(listener, collector.clone()));
    let context = SpanContext::root(collector.clone());
    let answer = grpc::ask(address, service, context.clone()).await;
    assert_eq!(answer.is_ok(), works, "{answer:?}");

    // The server lets go of its answer a moment after the client has it.
    let deadline = Instant::now() + Duration::from_secs(60);
    while collector.spans().len() < 2 {
        assert!(Instant::now() < deadline, "{:?}", collector.spans());
        tokio::task::yield_now().await;
    }
    let spans = collector.spans();
    let of_kind = |kind: SpanKind| -> Span {
        let found = spans.iter().find(|span| span.kind == kind);
        found
            .unwrap_or_else(|| panic!("no {kind:?} in {spans:?}"))
            .clone()
    };
    let (client, server) = (of_kind(SpanKind::Client), of_kind(SpanKind::Server));
    assert_eq!(client.parent_span_id, Some(context.span_id));
    assert_eq!(server.parent_span_id, Some(client.context.span_id));
    assert_eq!(server.context.trace_id, context.trace_id);
    for span in [&client, &server] {
        assert_eq!(span.status, status, "{span:?}");
        assert_eq!(
            span.metadata.get("rpc.grpc.status_code"),
            Some(&MetaValue::Int(grpc_status)),
            "{span:?}"
        );
    }
}

#[tokio::test]
async fn a_call_that_works() {
    check("shop", true, SpanStatus::Ok, 0).await;
}

#[tokio::test]
async fn a_call_that_fails() {
    check("no such service", false, SpanStatus::Err, 5).await;
}
