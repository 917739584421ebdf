//! Every transport: what is recorded is what arrives.

use std::time::{Duration, Instant};

use wakeful::{LogFormat, LostCause, Processor};
use wakeful_model::{Kind, StatusCode, Value};
use wakeful_wire::frame::{self, Item};

use crate::receiver::{Arrival, Grpc, Http, PATIENCE, Reply, decode};

/// A recorder that heeds these variables alone.
pub(crate) fn builder(variables: &[(&str, &str)]) -> wakeful::Builder {
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let lookup = move |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    wakeful::builder()
        .variables(lookup)
        .log_format(LogFormat::None)
        .service_name("shop")
}

/// Records a request with a child, an event and an error.
fn work() {
    let request = tracing::info_span!("request", otel.kind = "server", number = 7, text = "größe");
    request.in_scope(|| {
        tracing::info!(answer = 42, "said");
        tracing::info_span!("child", otel.status_code = "error").in_scope(|| {});
    });
}

fn check_work(name: &str, arrivals: &[Arrival]) {
    let spans: Vec<_> = arrivals.iter().flat_map(|it| &it.traces.spans).collect();
    let [child, request] = spans.as_slice() else {
        panic!("{name}: {spans:#?}")
    };
    assert_eq!((child.name.as_str(), request.name.as_str()), ("child", "request"));
    assert_eq!(child.trace_id, request.trace_id, "{name}");
    assert_eq!(child.parent_span_id, Some(request.span_id), "{name}");
    assert_eq!(request.parent_span_id, None, "{name}");
    assert_eq!(request.kind, Kind::Server, "{name}");
    assert_eq!(child.status.code, StatusCode::Error, "{name}");
    assert_eq!(request.attribute("number"), Some(&Value::Int(7)), "{name}");
    assert_eq!(request.attribute("text"), Some(&"größe".into()), "{name}");
    assert!(
        matches!(request.attribute("busy_ns"), Some(Value::Int(1..))),
        "{name}"
    );
    assert!(
        matches!(request.attribute("wakeful.intervals"), Some(Value::Bytes(_))),
        "{name}"
    );
    let [said] = request.events.as_slice() else {
        panic!("{name}: {request:#?}")
    };
    assert_eq!(said.name, "said", "{name}");
    assert!(
        said.attributes
            .iter()
            .any(|it| it.key == "answer" && it.value == Value::Int(42))
    );
    assert_eq!(arrivals[0].service(), "shop", "{name}");
    assert_eq!(arrivals[0].traces.scopes[0].name, "wakeful", "{name}");
}

fn check(name: &str, variables: &[(&str, &str)], arrivals: &crate::receiver::Arrivals) -> Arrival {
    let (dispatch, guard) = builder(variables).build().unwrap();
    tracing::dispatcher::with_default(&dispatch, work);
    let lost = guard.shutdown_blocking(PATIENCE);
    assert!(lost.is_nothing(), "{name}: {lost}");
    let all = arrivals.all();
    check_work(name, &all);
    all[0].clone()
}

#[test]
fn grpc() {
    for compression in ["none", "gzip", "zstd"] {
        let receiver = Grpc::start();
        let arrival = check(
            compression,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ],
            &receiver.arrivals,
        );
        let encoding = arrival.header("grpc-encoding").unwrap_or("none");
        assert_eq!(encoding, compression);
        assert_eq!(arrival.header("grpc-timeout"), Some("10000m"));
    }
}

#[test]
fn http() {
    for (protocol, content_type) in [
        ("http/protobuf", "application/x-protobuf"),
        ("http/json", "application/json"),
    ] {
        for compression in ["none", "gzip", "zstd"] {
            let receiver = Http::start(|_| Reply::ok());
            let arrival = check(
                &format!("{protocol} {compression}"),
                &[
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                    ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
                ],
                &receiver.arrivals,
            );
            assert_eq!(arrival.path, "/v1/traces");
            assert_eq!(arrival.header("content-type"), Some(content_type));
            assert_eq!(arrival.header("content-encoding").unwrap_or("none"), compression);
            assert_eq!(
                arrival.header("host"),
                Some(receiver.address.to_string().as_str())
            );
        }
    }
}

#[test]
fn a_recording_has_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.wakeful");
    let (dispatch, guard) = builder(&[]).without_exporters().recording(&path).build().unwrap();
    tracing::dispatcher::with_default(&dispatch, work);
    assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
    let bytes = std::fs::read(&path).unwrap();
    let (mut at, mut arrivals) = (0, Vec::new());
    while let Item::Frame(frame) = frame::read_at(&bytes, at, frame::NO_KEY) {
        assert_eq!(frame.kind, frame::Kind::OtlpTraces);
        arrivals.push(Arrival {
            traces: decode(frame.payload),
            ..Arrival::default()
        });
        at = frame.end;
    }
    assert_eq!(at, bytes.len());
    check_work("recording", &arrivals);
}

#[test]
fn user_password_and_host_are_sent_as_headers_once() {
    let receiver = Http::start(|_| Reply::ok());
    let url = format!("http://ada:secret@{}", receiver.address);
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "host=collector.example,x-key=7"),
    ])
    .build()
    .unwrap();
    tracing::dispatcher::with_default(&dispatch, work);
    // No deadline is too far away.
    assert!(guard.flush_blocking(Duration::MAX).is_nothing());
    let arrival = &receiver.arrivals.all()[0];
    let headers = arrival.headers.iter();
    let mut headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    headers.retain(|line| ["authorization", "host", "x-key"].contains(&line.split(':').next().unwrap()));
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "authorization: Basic YWRhOnNlY3JldA==",
            "host: collector.example",
            "x-key: 7"
        ]
    );
    assert!(guard.shutdown_blocking(Duration::MAX).is_nothing());
}

#[test]
fn a_receiver_that_asks_to_wait_is_waited_for() {
    let receiver = Http::start(|request| match request {
        0 => Reply {
            status: 503,
            headers: vec![("retry-after", "1".to_owned())],
            ..Reply::default()
        },
        1 => Reply {
            status: 429,
            ..Reply::default()
        },
        _ => Reply::ok(),
    });
    let (dispatch, guard) = http_builder(&receiver).build().unwrap();
    let start = Instant::now();
    tracing::dispatcher::with_default(&dispatch, work);
    assert!(guard.flush_blocking(PATIENCE).is_nothing());
    check_work("retried", &receiver.arrivals.all());
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

fn http_builder(receiver: &Http) -> wakeful::Builder {
    builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ])
}

#[test]
fn what_is_refused_is_counted() {
    // A partial success that refuses one span, then a refusal.
    for (reply, rejected) in [
        (
            Reply {
                body: b"\x0a\x08\x08\x01\x12\x04full".to_vec(),
                ..Reply::ok()
            },
            1,
        ),
        (
            Reply {
                status: 400,
                ..Reply::default()
            },
            2,
        ),
    ] {
        let receiver = Http::start(move |_| reply.clone());
        let (dispatch, guard) = http_builder(&receiver).build().unwrap();
        tracing::dispatcher::with_default(&dispatch, work);
        let lost = guard.shutdown_blocking(PATIENCE);
        let causes: Vec<_> = lost
            .by_cause()
            .map(|(cause, count)| (cause, count.spans))
            .collect();
        assert_eq!(causes, [(LostCause::Rejected, rejected)]);
    }
}

#[test]
fn log_records_carry_the_ids_of_their_span() {
    let receiver = Grpc::start();
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
    ])
    .build()
    .unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        tracing::warn!("outside");
        work();
    });
    assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
    let arrivals = receiver.arrivals.all();
    let logs: Vec<_> = arrivals.iter().flat_map(|it| &it.logs).collect();
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert!(
        logs[0].contains("outside") && logs[1].contains("said"),
        "{logs:?}"
    );
    let attributes: Vec<_> = arrivals.iter().flat_map(|it| &it.log_attributes).collect();
    assert!(
        attributes[1]
            .iter()
            .any(|(key, value)| key == "answer" && value.contains("42"))
    );
}

#[test]
fn simple_sends_each_span_by_itself() {
    let receiver = Http::start(|_| Reply::ok());
    let (dispatch, guard) = http_builder(&receiver)
        .processor(Processor::Simple)
        .build()
        .unwrap();
    tracing::dispatcher::with_default(&dispatch, work);
    // No flush: they come by themselves, long before the delay of a batch.
    let arrivals = receiver.arrivals.wait("two requests", |all| all.len() == 2);
    assert!(arrivals.iter().all(|it| it.traces.spans.len() == 1));
    drop(guard);
}

/// Spans made by hand arrive beside those of `tracing`, by the same exporter and within the same limits.
#[test]
fn spans_made_by_hand() {
    use wakeful::SpanExt as _;
    use wakeful_trace::{SpanExt as _, SpanKind, SpanRecorder};

    let receiver = Grpc::start();
    let endpoint = format!("http://{}", receiver.address);
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2"),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"),
    ])
    .build()
    .unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        let request = tracing::info_span!("request");
        let context = request.context();
        let mut by_hand = SpanRecorder::new(context.child_span("by hand"));
        by_hand.set_metadata("text", "größe");
        by_hand.set_metadata("rows", 7);
        by_hand.set_metadata("one too many", true);
        by_hand.error("no such table");
        by_hand.link(&context.clone().unwrap());
        let mut span = by_hand.take().unwrap();
        span.kind = SpanKind::Client;
        span.end = span.start.map(|start| start + Duration::from_millis(3));
        span.export();
    });
    assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
    let spans = receiver.arrivals.spans();
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (request, by_hand) = (find("request"), find("by hand"));
    assert_eq!(by_hand.trace_id, request.trace_id);
    assert_eq!(by_hand.parent_span_id, Some(request.span_id));
    assert_eq!(
        (by_hand.kind, by_hand.status.code),
        (Kind::Client, StatusCode::Error)
    );
    assert_eq!(by_hand.attribute("text"), Some(&"grö".into()));
    assert_eq!(by_hand.attribute("rows"), Some(&Value::Int(7)));
    assert_eq!(
        (by_hand.attributes.len(), by_hand.dropped_attributes_count),
        (2, 1)
    );
    assert_eq!(by_hand.events[0].name, "no such table");
    assert_eq!(by_hand.links[0].span_id, Some(request.span_id));
    assert_eq!(by_hand.end_unix_nanos - by_hand.start_unix_nanos, 3_000_000);
}
