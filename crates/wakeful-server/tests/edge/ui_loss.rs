//! What programs say that they lost: told by the page's API and on the figures' port, from the tail and from a segment alike.

use serde_json::{Value, json};
use wakeful_model::{Kind, SpanId, TraceId};
use wakeful_server::Listener;
use wakeful_wire::otlp::{Items, LossLine, SpanHead, ValueRef, encode_resource, encode_scope};

use crate::server::TestServer;
use crate::ui_trace::{Columns, send};

const BEGIN: u64 = 1_760_000_000_000_000_000;

/// A request with one span of a service, from `BEGIN` for a microsecond, and what the service lost.
fn request(service: &str, span: u64, lines: &[LossLine<'_>]) -> Vec<u8> {
    let mut items = Items::default();
    let head = SpanHead {
        trace_id: TraceId::new(7).unwrap(),
        span_id: SpanId::new(span).unwrap(),
        parent_span_id: None,
        trace_state: "",
        flags: 0,
        name: "work",
        kind: Kind::Internal,
        start_unix_nanos: BEGIN,
        end_unix_nanos: BEGIN + 1000,
    };
    items.span(&head, |_| {});
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let resource = encode_resource(|of| of.attribute("service.name", ValueRef::Str(service)));
    let scope = encode_scope("wakeful", "1", |of| {
        of.texts(LossLine::KEY, lines.iter().map(String::as_str));
    });
    items.into_request(&resource, &scope).as_ref().to_vec()
}

fn line(cause: &'static str, spans: u64, from: u64, until: u64) -> LossLine<'static> {
    LossLine {
        cause,
        thread: "flood (3)",
        spans,
        records: 3 * spans,
        from_unix_nanos: BEGIN + from,
        until_unix_nanos: BEGIN + until,
        ..LossLine::default()
    }
}

async fn loss(server: &TestServer, range: &str) -> Value {
    let path = format!("/api/ui/loss{range}");
    let mut loss = server.get(Listener::Query, &path).await.json();
    for cause in loss["causes"].as_array_mut().unwrap() {
        assert!(cause["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
        cause.as_object_mut().unwrap().remove("remedy");
    }
    loss
}

#[tokio::test]
async fn what_programs_lost_is_told_by_program_thread_and_cause() {
    let server = TestServer::start().await;
    let ring = line("ring_full", 9, 100, 400);
    send(
        &server,
        &request("flooded", 1, &[ring, line("my_own", 2, 9_000, 9_000)]),
    )
    .await;
    // The same figures again are as many again: each is told once.
    let later = LossLine {
        until_unix_nanos: BEGIN + 5_000,
        ..ring
    };
    send(&server, &request("flooded", 2, &[later])).await;
    let parts = LossLine {
        spans: 0,
        records: 4,
        thread: "",
        ..line("queue_full", 0, 0, 0)
    };
    send(&server, &request("other", 3, &[parts])).await;
    let elsewhere = request("elsewhere", 4, &[line("ring_full", 5, 100, 400)]);
    let mut elsewhere = elsewhere;
    // Of another trace.
    let at = elsewhere
        .windows(16)
        .position(|bytes| bytes == 7_u128.to_be_bytes());
    elsewhere[at.unwrap() + 15] = 8;
    send(&server, &elsewhere).await;

    for place in ["tail", "segment"] {
        let all = loss(&server, "").await;
        assert_eq!(all["lost"], 29, "{place}");
        assert_eq!(
            all["causes"],
            json!([
                {
                    "cause": "a thread's ring was full", "source": "flooded", "thread": "flood (3)", "records": 18,
                    "firstUnixNanos": (BEGIN + 100).to_string(), "lastUnixNanos": (BEGIN + 5_000).to_string(),
                },
                {
                    "cause": "a thread's ring was full", "source": "elsewhere", "thread": "flood (3)", "records": 5,
                    "firstUnixNanos": (BEGIN + 100).to_string(), "lastUnixNanos": (BEGIN + 400).to_string(),
                },
                {
                    "cause": "the exporter's queue was full", "source": "other", "records": 4,
                    "firstUnixNanos": BEGIN.to_string(), "lastUnixNanos": BEGIN.to_string(),
                },
                {
                    "cause": "my_own", "source": "flooded", "thread": "flood (3)", "records": 2,
                    "firstUnixNanos": (BEGIN + 9_000).to_string(), "lastUnixNanos": (BEGIN + 9_000).to_string(),
                },
            ]),
            "{place}"
        );
        let range = format!("?from={}&to={}", BEGIN + 4_000, BEGIN + 6_000);
        assert_eq!(loss(&server, &range).await["lost"], 9, "{place}");

        // The trace says what its own programs lost in its time.
        let path = format!("/api/ui/trace/{:032x}", 7);
        let facts = Columns::read(&server.get(Listener::Query, &path).await.body).facts;
        assert_eq!(facts["lost"], "22", "{place}");
        let losses: Value = serde_json::from_str(&facts["losses"]).unwrap();
        let ring = |dur: u64| {
            json!({
                "service": "flooded", "cause": "a thread's ring was full", "thread": "flood (3)", "missing": 9,
                "start": 100, "dur": dur,
            })
        };
        let queue = json!({
            "service": "other", "cause": "the exporter's queue was full", "thread": "", "missing": 4, "start": 0, "dur": 0,
        });
        assert_eq!(losses, json!([queue, ring(300), ring(900)]), "{place}");
        server.store.flush().await.unwrap();
    }

    let figure = async |name: &str, cause: &str| {
        let sample = format!("wakeful_program_lost_{name}_total{{cause=\"{cause}\"}}");
        server.figure(&sample).await
    };
    assert_eq!(figure("spans", "ring_full").await, 23.0);
    assert_eq!(figure("records", "ring_full").await, 69.0);
    assert_eq!(figure("records", "queue_full").await, 4.0);
    assert_eq!(figure("spans", "other").await, 2.0);
    assert_eq!(figure("logs", "ring_full").await, 0.0);
    server.stop().await;
}
