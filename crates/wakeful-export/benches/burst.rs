//! A burst of a million spans made by hand, into a Jaeger agent: what is sent and what is lost add up, and nobody waits.
//!
//! Whoever waits for a lock, a socket or memory gives its processor up; whoever is only interrupted loses it. The system counts both
//! for each thread, so the longest call can be told to be one or the other.
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
                let before = Switches::of_this_thread();
                let mut longest = Duration::ZERO;
                for _ in 0..EACH {
                    let span = root.child("burst");
                    let since = Instant::now();
                    span.export();
                    longest = longest.max(since.elapsed());
                }
                (longest, Switches::of_this_thread().since(before))
            })
        })
        .collect();
    let threads: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let made_in = begun.elapsed();
    let lost = exporter.shutdown_blocking(Duration::from_secs(60));
    let (made, sent) = (THREADS * EACH, exporter.exporter().sent_spans());
    assert_eq!(sent + lost.spans(), made, "{lost}");
    println!(
        "made {made} spans in {:.2} s, {:.0} a second",
        made_in.as_secs_f64(),
        made as f64 / made_in.as_secs_f64()
    );
    for (longest, switches) in threads {
        println!(
            "a thread: longest call of `export` {:.3} ms; waited {} times, was interrupted {} times",
            longest.as_secs_f64() * 1e3,
            switches.waited,
            switches.interrupted
        );
    }
    println!("sent {sent}, lost {lost}: together {}", sent + lost.spans());
}

/// How often a thread left its processor, as Linux counts it; 0 elsewhere.
#[derive(Clone, Copy)]
struct Switches {
    waited: u64,
    interrupted: u64,
}

impl Switches {
    fn of_this_thread() -> Self {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        let count = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
        };
        Self {
            waited: count("voluntary_ctxt_switches:"),
            interrupted: count("nonvoluntary_ctxt_switches:"),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            waited: self.waited - before.waited,
            interrupted: self.interrupted - before.interrupted,
        }
    }
}
