//! A burst of a million spans made by hand, into a Jaeger agent: what is sent and what is lost add up, and nobody waits.
//!
//! `cargo bench -p wakeful-export --bench burst`

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakeful_export::settings::{ExporterKind, JaegerSettings};
use wakeful_export::{AsyncExporter, Settings};
use wakeful_trace::{Span, TraceCollector};

const THREADS: u64 = 2;
const EACH: u64 = 500_000;

fn main() {
    let agent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut settings = Settings::default();
    settings.traces.exporters = vec![ExporterKind::JaegerAgent];
    settings.jaeger = JaegerSettings {
        host: "127.0.0.1".to_owned(),
        port: agent.local_addr().unwrap().port().try_into().unwrap(),
        ..JaegerSettings::default()
    };
    let exporter = Arc::new(AsyncExporter::start(&settings).unwrap());
    let begun = Instant::now();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let collector: Arc<dyn TraceCollector> = exporter.clone();
            std::thread::spawn(move || {
                let root = Span::root("root", collector);
                let mut longest = Duration::ZERO;
                for _ in 0..EACH {
                    let span = root.child("burst");
                    let since = Instant::now();
                    span.export();
                    longest = longest.max(since.elapsed());
                }
                longest
            })
        })
        .collect();
    let longest = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .max()
        .unwrap_or_default();
    let made_in = begun.elapsed();
    let lost = exporter.shutdown_blocking(Duration::from_secs(60));
    let (made, sent) = (THREADS * EACH, exporter.exporter().sent_spans());
    assert_eq!(sent + lost.spans(), made, "{lost}");
    println!(
        "made {made} spans in {:.2} s, {:.0} a second",
        made_in.as_secs_f64(),
        made as f64 / made_in.as_secs_f64()
    );
    println!("longest call of `export` {:.3} ms", longest.as_secs_f64() * 1e3);
    println!("sent {sent}, lost {lost}: together {}", sent + lost.spans());
}
