//! One warning when a receiver goes away, one line when it is back, and a count that travels.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wakeful::LogFormat;
use wakeful_model::Value;

use crate::exporters::builder;
use crate::receiver::{Grpc, Http, PATIENCE, Peer, Reply, take};

#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn all(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn wait(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = self.all();
            if enough(&lines) {
                return lines;
            }
            assert!(Instant::now() < deadline, "{lines:#?}");
            take(Duration::from_millis(5));
        }
    }
}

/// A network between an exporter and its receiver.
struct Network {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// What is sent over connections before this one is lost, and nobody is told.
    dead_before: Arc<AtomicUsize>,
}

impl Network {
    fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, dead_before) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (count, dead) = (connections.clone(), dead_before.clone());
        std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let far = TcpStream::connect(to).unwrap();
                for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)]
                {
                    let dead = dead.clone();
                    std::thread::spawn(move || {
                        let mut bytes = [0; 4096];
                        while let Ok(length @ 1..) = from.read(&mut bytes) {
                            if number >= dead.load(Ordering::SeqCst)
                                && to.write_all(&bytes[..length]).is_err()
                            {
                                return;
                            }
                        }
                    });
                }
            }
        });
        Self {
            address,
            connections,
            dead_before,
        }
    }

    fn fail(&self) {
        self.dead_before
            .store(self.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

#[test]
fn a_connection_whose_other_end_is_gone_is_not_used_again() {
    for protocol in ["grpc", "http/protobuf"] {
        let (grpc, http) = (Grpc::start(), Http::start(|_| Reply::ok()));
        let (to, arrivals) = match protocol {
            "grpc" => (grpc.address, &grpc.arrivals),
            _ => (http.address, &http.arrivals),
        };
        let network = Network::start(to);
        let (dispatch, guard) = builder(&[
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                format!("http://{}", network.address).as_str(),
            ),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "600000"),
        ])
        .build()
        .unwrap();
        let record = |name: &'static str| {
            tracing::dispatcher::with_default(&dispatch, || {
                drop(tracing::info_span!("work", otel.name = name));
            });
            guard.flush_blocking(PATIENCE);
            let spans = arrivals.spans();
            assert!(
                spans.iter().any(|span| span.name == name),
                "{protocol}: no {name:?} in {spans:#?}"
            );
        };
        record("before");
        network.fail();
        record("after");
    }
}

#[test]
fn an_outage_is_said_once_and_its_end_too() {
    let address = Peer::None.start();
    let url = format!("http://{address}");
    let lines = Lines::default();
    let (dispatch, guard) = builder(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1000"),
    ])
    .log_format(LogFormat::Text)
    .log_writer(lines.clone())
    .build()
    .unwrap();
    let record = || tracing::dispatcher::with_default(&dispatch, || drop(tracing::info_span!("work")));
    // More than one batch is lost, each with several attempts: the first has hardly more than a span.
    let deadline = Instant::now() + PATIENCE;
    while guard.lost().spans() < 50 {
        record();
        assert!(Instant::now() < deadline, "{}", guard.lost());
        take(Duration::from_millis(5));
    }
    assert_eq!(lines.all().len(), 1, "{:#?}", lines.all());
    let receiver = Grpc::start_at(address);
    let lines_now = lines.wait(|lines| {
        record();
        lines.len() == 2
    });
    assert!(
        lines_now[0].contains("WARN")
            && lines_now[0].contains("cannot send spans to")
            && lines_now[0].contains(&url),
        "{}",
        lines_now[0]
    );
    assert!(
        lines_now[1].contains("INFO") && lines_now[1].contains("spans are received again"),
        "{}",
        lines_now[1]
    );
    let lost = guard.shutdown_blocking(PATIENCE);
    // The receiver was told of what it could not get.
    let told: i64 = receiver
        .arrivals
        .all()
        .iter()
        .flat_map(|it| {
            it.traces
                .scopes
                .iter()
                .flat_map(|scope| &scope.attributes)
                .cloned()
                .collect::<Vec<_>>()
        })
        .filter(|it| it.key == "wakeful.lost.spans")
        .map(|it| match it.value {
            Value::Int(count) => count,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(told as u64, lost.spans(), "{lost}");
}
