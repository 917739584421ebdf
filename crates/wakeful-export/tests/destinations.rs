//! Several destinations, over real sockets: each has its own pace, and none waits for another.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakeful_export::settings::{Endpoint, ExporterKind, JaegerSettings};
use wakeful_export::{AsyncExporter, Lost, LostCause, Settings};
use wakeful_trace::{Span, SpanRecorder};
use wakeful_wire::jaeger::{Protocol, decode_agent};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test waits.
const NEVER: Duration = Duration::from_secs(3600);
const BATCH: usize = 50;

/// A receiver that is there and does not take anything.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bad {
    /// It accepts connections and never says a word.
    Silent,
    /// Nobody listens.
    Absent,
}

impl Bad {
    fn start(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        if self == Self::Silent {
            std::thread::spawn(move || {
                let kept: Vec<TcpStream> = listener.incoming().map_while(Result::ok).collect();
                drop(kept);
            });
        }
        address
    }
}

/// A Jaeger agent that takes everything, and an exporter that sends to it and to a bad receiver.
struct Pair {
    agent: UdpSocket,
    exporter: Arc<AsyncExporter>,
    arrived: usize,
}

impl Pair {
    fn start(bad: Bad, change: impl FnOnce(&mut Settings)) -> Self {
        let agent = UdpSocket::bind("127.0.0.1:0").unwrap();
        agent.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut settings = Settings::default();
        let traces = &mut settings.traces;
        traces.exporters = vec![ExporterKind::Otlp, ExporterKind::JaegerAgent];
        traces.otlp.endpoint = Some(Endpoint::base(&format!("http://{}", bad.start()), true).unwrap());
        traces.otlp.timeout = NEVER;
        traces.batch.export_timeout = NEVER;
        // A request is sent when it is full.
        traces.batch.delay = NEVER;
        traces.batch.batch_items_max = BATCH;
        settings.jaeger = JaegerSettings {
            host: "127.0.0.1".to_owned(),
            port: agent.local_addr().unwrap().port().try_into().unwrap(),
            messages_per_second_max: 100_000.try_into().unwrap(),
            ..JaegerSettings::default()
        };
        change(&mut settings);
        Self {
            agent,
            exporter: Arc::new(AsyncExporter::start(&settings).unwrap()),
            arrived: 0,
        }
    }

    fn make(&self, spans: usize) {
        for _ in 0..spans {
            drop(SpanRecorder::new(Some(Span::root("work", self.exporter.clone()))));
        }
    }

    /// Waits until the agent has so many spans.
    fn wait(&mut self, spans: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = vec![0; 70_000];
        while self.arrived < spans {
            assert!(Instant::now() < deadline, "{} of {spans} arrived", self.arrived);
            let length = self.agent.recv(&mut bytes).unwrap();
            let (batch, _) = decode_agent(&bytes[..length], Protocol::Compact).unwrap();
            self.arrived += batch.spans.len();
        }
        assert_eq!(self.arrived, spans);
    }
}

#[test]
fn a_destination_gets_its_batches_while_another_hangs_and_at_the_end() {
    for bad in [Bad::Silent, Bad::Absent] {
        let mut pair = Pair::start(bad, |_| {});
        for batch in 1..=4 {
            pair.make(BATCH);
            pair.wait(batch * BATCH);
        }
        // More batches than are on their way at once, and one that is not full.
        let rest = 4 * BATCH + 7;
        pair.make(rest);
        let lost = pair.exporter.shutdown_blocking(Duration::from_secs(3));
        pair.wait(4 * BATCH + rest);
        assert_eq!(lost.spans(), (4 * BATCH + rest) as u64, "{bad:?}: {lost}");
        let causes: Vec<_> = lost.by_cause().map(|(cause, _)| cause).collect();
        assert_eq!(causes, [LostCause::Shutdown], "{bad:?}");
    }
}

#[test]
fn a_destination_that_hangs_keeps_a_bounded_number_of_spans() {
    let mut pair = Pair::start(Bad::Silent, |settings| {
        settings.traces.batch.queue_items_max = Some(2 * BATCH);
    });
    for batch in 1..=5 {
        pair.make(BATCH);
        pair.wait(batch * BATCH);
    }
    // One request is on its way and two wait; the other two found no room, which is counted when the agent is done with them.
    let no_room = |lost: &Lost| lost.by_cause().find(|(cause, _)| *cause == LostCause::QueueFull);
    let deadline = Instant::now() + PATIENCE;
    while no_room(&pair.exporter.lost()).is_none_or(|(_, count)| count.spans < 2 * BATCH as u64) {
        assert!(Instant::now() < deadline, "{}", pair.exporter.lost());
        std::thread::yield_now();
    }
    let lost = pair.exporter.shutdown_blocking(Duration::from_millis(100));
    let by_cause: Vec<_> = lost
        .by_cause()
        .map(|(cause, count)| (cause, count.spans / BATCH as u64))
        .collect();
    assert_eq!(by_cause, [(LostCause::QueueFull, 2), (LostCause::Shutdown, 3)]);
}
