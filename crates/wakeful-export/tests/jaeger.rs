//! The Jaeger agent's side of the exporter, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use wakeful_export::settings::{ExporterKind, JaegerSettings};
use wakeful_export::{AsyncExporter, LostCause, Settings};
use wakeful_model::{Span as ReceivedSpan, Value};
use wakeful_trace::{Span, SpanKind, SpanRecorder, SpanStatus, TraceCollector};
use wakeful_wire::jaeger::{Protocol, decode_agent};

const PATIENCE: Duration = Duration::from_secs(60);

fn agent() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn settings(agent: &UdpSocket) -> Settings {
    let mut settings = Settings::default();
    settings.traces.exporters = vec![ExporterKind::JaegerAgent];
    settings.resource.set("service.name", "iox-conductor");
    settings.resource.set("zone", "a");
    settings.jaeger = JaegerSettings {
        host: "127.0.0.1".to_owned(),
        port: agent.local_addr().unwrap().port().try_into().unwrap(),
        messages_per_second_max: 100_000.try_into().unwrap(),
        ..JaegerSettings::default()
    };
    settings
}

/// One datagram: its spans and the bytes behind them.
fn receive(agent: &UdpSocket) -> (Vec<ReceivedSpan>, Vec<u8>) {
    let mut bytes = vec![0; 70_000];
    let length = agent.recv(&mut bytes).unwrap();
    bytes.truncate(length);
    let (batch, _) = decode_agent(&bytes, Protocol::Compact).unwrap();
    let resource = &batch.resources[0];
    assert_eq!(resource.service_name(), "iox-conductor");
    assert!(
        resource
            .attributes
            .iter()
            .any(|it| it.key == "zone" && it.value == Value::from("a"))
    );
    (batch.spans, bytes)
}

#[test]
fn batches_arrive_whole_and_numbered() {
    let agent = agent();
    let exporter = Arc::new(AsyncExporter::start(&settings(&agent)).unwrap());
    let root = Span::root("request", exporter.clone());
    let context = root.context.clone();
    let mut recorder = SpanRecorder::new(Some(context.child("query")));
    recorder.set_metadata("rows", 7);
    recorder.event_msg("parsed");
    recorder.status(SpanStatus::Ok);
    recorder.link(&context);
    drop(recorder);
    assert!(exporter.drain_blocking(PATIENCE).is_nothing());
    let (spans, bytes) = receive(&agent);
    let [query] = spans.as_slice() else {
        panic!("{spans:?}")
    };
    assert_eq!(
        (query.trace_id, query.parent_span_id),
        (context.trace_id, Some(context.span_id))
    );
    assert_eq!(query.attribute("rows"), Some(&Value::Int(7)));
    assert_eq!(query.attribute("ok"), Some(&Value::Bool(true)));
    assert_eq!(query.events[0].name, "parsed");
    assert_eq!(query.links[0].span_id, Some(context.span_id));
    // `seqNo`, the last field: 0, then 1.
    assert_eq!(bytes[bytes.len() - 4..], [0x16, 0, 0, 0]);

    let mut late = context.child("late");
    late.kind = SpanKind::Client;
    (late.start, late.end) = (
        Some(SystemTime::UNIX_EPOCH),
        Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(5_999)),
    );
    late.export();
    assert!(exporter.shutdown_blocking(PATIENCE).is_nothing());
    let (spans, bytes) = receive(&agent);
    assert_eq!((spans[0].start_unix_nanos, spans[0].end_unix_nanos), (0, 5_000));
    assert_eq!(bytes[bytes.len() - 4..], [0x16, 2, 0, 0]);
    assert_eq!(exporter.exporter().sent_spans(), 2);
}

/// Large spans are cut, and told; those beside them stay whole.
#[test]
fn spans_of_100_kilobytes_arrive_cut() {
    let agent = agent();
    let exporter = Arc::new(AsyncExporter::start(&settings(&agent)).unwrap());
    let root = Span::root("root", exporter.clone());
    for number in 0..6_i64 {
        let mut span = root.child("large");
        span.metadata.insert("number", number);
        span.metadata.insert(
            "text",
            if number % 2 == 0 {
                "x".repeat(100_000)
            } else {
                "y".repeat(30_000)
            },
        );
        span.export();
    }
    assert!(exporter.shutdown_blocking(PATIENCE).is_nothing());
    assert_eq!(
        (exporter.exporter().sent_spans(), exporter.exporter().cut_spans()),
        (6, 3)
    );
    let mut seen = HashMap::new();
    while seen.len() < 6 {
        for span in receive(&agent).0 {
            let number = span.attribute("number").cloned().unwrap();
            seen.insert(format!("{number:?}"), span);
        }
    }
    for number in 0..6 {
        let span = &seen[&format!("{:?}", Value::Int(number))];
        let cut = span.attribute("wakeful.cut_bytes");
        let expected = Value::Int(100_000 - (16 << 10));
        assert_eq!(cut, (number % 2 == 0).then_some(&expected));
    }
}

/// Whatever is made in a burst is sent or counted, and nobody waits for the socket.
#[test]
fn a_burst_is_sent_or_counted() {
    const THREADS: u64 = 4;
    const EACH: u64 = 50_000;
    let agent = agent();
    let received = agent.try_clone().unwrap();
    received
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let over = over.clone();
        move || {
            let (mut bytes, mut spans) = (vec![0; 70_000], 0);
            loop {
                match received.recv(&mut bytes) {
                    Ok(length) => {
                        let (batch, _) = decode_agent(&bytes[..length], Protocol::Compact).unwrap();
                        spans += batch.spans.len();
                    }
                    Err(_) if over.load(Ordering::Relaxed) => return spans as u64,
                    Err(_) => {}
                }
            }
        }
    });
    let exporter = Arc::new(AsyncExporter::start(&settings(&agent)).unwrap());
    let collector: Arc<dyn TraceCollector> = exporter.clone();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let root = Span::root("root", collector.clone());
            std::thread::spawn(move || {
                for _ in 0..EACH {
                    root.child("burst").export();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let lost = exporter.shutdown_blocking(PATIENCE);
    over.store(true, Ordering::Relaxed);
    let received = reader.join().unwrap();
    let sent = exporter.exporter().sent_spans();
    assert_eq!(sent + lost.spans(), THREADS * EACH, "{lost}");
    // What the system takes may still be lost on its way to a reader that is slow.
    assert!(received > 0 && received <= sent, "{received} {sent}");
}

/// What the agent may not be sent in the time that there is, is counted.
#[test]
fn the_rate_is_kept() {
    let agent = agent();
    let mut settings = settings(&agent);
    settings.jaeger.messages_per_second_max = 1.try_into().unwrap();
    settings.traces.batch.batch_items_max = 1;
    // Long enough for one message on a busy machine, and ten times too short for the next.
    settings.traces.batch.export_timeout = Duration::from_millis(100);
    let exporter = Arc::new(AsyncExporter::start(&settings).unwrap());
    let root = Span::root("root", exporter.clone());
    for _ in 0..10 {
        root.child("too many").export();
    }
    let lost = exporter.drain_blocking(PATIENCE);
    let sent = exporter.exporter().sent_spans();
    assert_eq!(sent + lost.spans(), 10);
    assert!(
        lost.by_cause().all(|(cause, _)| cause == LostCause::ExportFailed),
        "{lost}"
    );
    assert!((1..10).contains(&sent), "{sent}");
}

#[test]
fn an_agent_that_cannot_be_looked_up_is_an_error() {
    let mut settings = settings(&agent());
    settings.jaeger.host = "no such host".to_owned();
    let error = AsyncExporter::start(&settings).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot send to the Jaeger agent at no such host:"),
        "{error}"
    );
}
