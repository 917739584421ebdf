//! Several receivers of one program: none waits for another, and what waits has a bound.

use std::time::Duration;

use wakeful::LostCause;
use wakeful_trace::{Span, SpanRecorder};
use wakeful_wire::frame::{self, Item};

use crate::exporters::builder;
use crate::receiver::{Grpc, Http, PATIENCE, Peer, Reply, decode};

/// Long enough for the rings to be read, too short for a receiver that never answers.
const MOMENT: Duration = Duration::from_millis(300);

fn spans(count: usize) {
    for _ in 0..count {
        tracing::info_span!("work").in_scope(|| {});
    }
}

#[test]
fn log_records_do_not_pile_up_where_nobody_takes_them() {
    let url = format!("http://{}", Peer::Silent.start());
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_LOGS_EXPORTER", "otlp"),
    ])
    .export(|settings| settings.logs.batch.queue_items_max = None)
    .build()
    .unwrap();
    let queue_full = || {
        let lost = guard.lost();
        let full = lost.by_cause().find(|(cause, _)| *cause == LostCause::QueueFull);
        full.map_or(0, |(_, count)| count.logs)
    };
    tracing::dispatcher::with_default(&dispatch, || {
        for _ in 0..5 {
            (0..2_000).for_each(|at| tracing::info!(at, "said"));
            guard.flush_blocking(MOMENT);
        }
    });
    // One request is on its way, and the queue is full.
    let lost = queue_full();
    assert!((7_000..10_000).contains(&lost), "{lost} of 10,000 found no room");
}

#[test]
fn spans_that_nobody_takes_hold_no_log_records_up() {
    let silent = format!("http://{}", Peer::Silent.start());
    let receiver = Http::start(|_| Reply::ok());
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", silent.as_str()),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &format!("{}/v1/logs", receiver.url())),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/protobuf"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "1"),
        // Longer than the test waits.
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "600000"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "600000"),
    ])
    .build()
    .unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        spans(4_000);
        guard.flush_blocking(MOMENT);
        tracing::info!("said");
    });
    receiver.arrivals.wait("the log record", |all| {
        all.iter().any(|arrival| !arrival.logs.is_empty())
    });
    guard.shutdown_blocking(MOMENT);
}

#[test]
fn a_recording_has_what_a_receiver_never_took() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.wakeful");
    let silent = format!("http://{}", Peer::Silent.start());
    let (dispatch, guard) = builder(&[("OTEL_EXPORTER_OTLP_ENDPOINT", silent.as_str())])
        .recording(&path)
        .build()
        .unwrap();
    tracing::dispatcher::with_default(&dispatch, || spans(1_500));
    let lost = guard.shutdown_blocking(MOMENT);
    assert_eq!(lost.spans(), 1_500, "{lost}");
    let bytes = std::fs::read(&path).unwrap();
    let (mut at, mut recorded) = (0, 0);
    while let Item::Frame(frame) = frame::read_at(&bytes, at, frame::NO_KEY) {
        recorded += match frame.kind {
            frame::Kind::OtlpTraces => decode(frame.payload).spans.len(),
            _ => 0,
        };
        at = frame.end;
    }
    assert_eq!((recorded, at), (1_500, bytes.len()));
}

#[test]
fn many_big_spans_are_sent_in_requests_that_a_receiver_takes() {
    let receiver = Grpc::start();
    let (_dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])
    .build()
    .unwrap();
    let collector = guard.collector().unwrap();
    for _ in 0..1_000 {
        let mut span = SpanRecorder::new(Some(Span::root("big", collector.clone())));
        span.set_metadata("text", "x".repeat(10_000));
    }
    let lost = guard.shutdown_blocking(PATIENCE);
    assert!(lost.is_nothing(), "{lost}");
    assert_eq!(receiver.arrivals.spans().len(), 1_000);
    // tonic's default, which other receivers have too, is 4 MiB.
    assert!(receiver.arrivals.all().len() >= 3);
}
