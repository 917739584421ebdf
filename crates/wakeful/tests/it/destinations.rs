//! Several receivers of one program: none waits for another, and what waits has a bound.

use std::time::{Duration, Instant};

use wakeful::{LogFormat, LostCause};
use wakeful_trace::{Span, SpanRecorder};
use wakeful_wire::frame::{self, Item};

use crate::ends::example;
use crate::exporters::builder;
use crate::outage::Lines;
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
    let deadline = Instant::now() + PATIENCE;
    while queue_full() < 5_000 {
        assert!(Instant::now() < deadline, "{} found no room", queue_full());
        tracing::dispatcher::with_default(&dispatch, || {
            (0..2_000).for_each(|at| tracing::info!(at, "said"));
        });
        guard.flush_blocking(MOMENT);
    }
    guard.shutdown_blocking(MOMENT);
}

#[test]
fn spans_that_nobody_takes_hold_no_log_records_up() {
    let silent = format!("http://{}", Peer::Silent.start());
    let receiver = Http::start(|_| Reply::ok());
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", silent.as_str()),
        (
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            &format!("{}/v1/logs", receiver.url()),
        ),
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
    let lost = guard.shutdown_blocking(10 * MOMENT);
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
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_once() {
    let lines = Lines::default();
    let (dispatch, guard) = builder(&[])
        .without_exporters()
        .recording("/dev/full")
        .log_format(LogFormat::Text)
        .log_writer(lines.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        tracing::dispatcher::with_default(&dispatch, || spans(1));
        guard.flush_blocking(PATIENCE);
    }
    assert_eq!(guard.shutdown_blocking(PATIENCE).spans(), 3);
    let said: Vec<String> = lines
        .all()
        .into_iter()
        .filter(|line| line.contains(" spans "))
        .collect();
    let [said] = said.as_slice() else {
        panic!("{said:#?}")
    };
    assert!(
        said.contains("cannot send spans to /dev/full: cannot write: "),
        "{said}"
    );
}

#[test]
#[cfg(unix)]
fn a_recording_ends_with_a_whole_frame_when_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.wakeful");
    // A file may have 8 blocks, of 512 bytes or of 1,024.
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(example("ends"))
        .args(["record", "90"])
        .arg(&path)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() <= 8 << 10, "{} bytes", bytes.len());
    let mut at = 0;
    while let Item::Frame(frame) = frame::read_at(&bytes, at, frame::NO_KEY) {
        at = frame.end;
    }
    assert!(
        at > 0 && at == bytes.len(),
        "{at} of {} bytes are frames",
        bytes.len()
    );
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
