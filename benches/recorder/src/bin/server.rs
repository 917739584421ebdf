//! What tracing costs an HTTP server: requests a second with and without it, in one run.
//!
//! `cargo run --release --manifest-path benches/recorder/Cargo.toml --bin server`
//!
//! Every case runs in a process of its own with its clients in it, in turns, so that a slow spell of the machine meets all of them.
//! A ratio is that to the turn's run without tracing; the middle one of all turns is printed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener as BlockingListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use tracing::instrument;
use wakeful::{Guard, LogFormat};

const TURNS: usize = 7;
const CLIENTS: usize = 8;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(2);
/// No longer than a test would wait.
const LAST_EXPORT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Case {
    Untraced,
    NoReceiver,
    SilentReceiver,
    Receiver,
}

impl Case {
    const ALL: [Self; 4] = [
        Self::Untraced,
        Self::NoReceiver,
        Self::SilentReceiver,
        Self::Receiver,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Untraced => "no tracing",
            Self::NoReceiver => "no receiver",
            Self::SilentReceiver => "a receiver that never answers",
            Self::Receiver => "a receiver, in the same process",
        }
    }
}

#[derive(Serialize)]
struct Order {
    id: u64,
    customer: &'static str,
    lines: Vec<Line>,
    total: f64,
}

#[derive(Serialize)]
struct Line {
    article: String,
    count: u64,
    price: f64,
}

#[instrument(fields(otel.kind = "server"))]
async fn order(Path(id): Path<u64>) -> Json<Order> {
    let lines = lines(id).await;
    let total = total(&lines);
    tracing::info!(total, "answered");
    let customer = "somebody";
    Json(Order {
        id,
        customer,
        lines,
        total,
    })
}

#[instrument]
async fn lines(id: u64) -> Vec<Line> {
    tokio::task::yield_now().await;
    let line = |number| Line {
        article: format!("article {}", id + number),
        count: number,
        price: 9.95,
    };
    (1..20).map(line).collect()
}

#[instrument(skip_all, fields(lines = lines.len()))]
fn total(lines: &[Line]) -> f64 {
    lines.iter().map(|line| line.price * line.count as f64).sum()
}

/// Requests a second, CPU microseconds a request of server, clients and all, and milliseconds until the first answer.
#[derive(Debug, Clone, Copy)]
struct Figures {
    rate: f64,
    cpu: f64,
    first: f64,
}

fn main() -> Result<()> {
    if let Some(name) = std::env::args().nth(1) {
        let case = Case::ALL.into_iter().find(|case| case.name() == name);
        let Figures { rate, cpu, first } = run(case.with_context(|| format!("no case is called {name}"))?)?;
        println!("{rate} {cpu} {first}");
        return Ok(());
    }
    let mut all = Vec::new();
    for _ in 0..TURNS {
        let turn = Case::ALL.map(in_process_of_its_own);
        all.push(turn.into_iter().collect::<Result<Vec<_>>>()?);
    }
    println!(
        "{:<34}{:>12}{:>8}{:>16}{:>8}{:>18}",
        "", "requests/s", "ratio", "CPU us/request", "ratio", "first answer, ms"
    );
    for (at, case) in Case::ALL.into_iter().enumerate() {
        let middle = |of: fn(&[Figures], usize) -> f64| {
            let mut figures: Vec<f64> = all.iter().map(|turn| of(turn, at)).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        println!(
            "{:<34}{:>12.0}{:>8.3}{:>16.1}{:>8.3}{:>18.1}",
            case.name(),
            middle(|turn, at| turn[at].rate),
            middle(|turn, at| turn[at].rate / turn[0].rate),
            middle(|turn, at| turn[at].cpu),
            middle(|turn, at| turn[at].cpu / turn[0].cpu),
            middle(|turn, at| turn[at].first),
        );
    }
    Ok(())
}

fn in_process_of_its_own(case: Case) -> Result<Figures> {
    let output = Command::new(std::env::current_exe()?).arg(case.name()).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed: {error}", case.name());
    let figures: Vec<f64> = String::from_utf8(output.stdout)?
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [rate, cpu, first] = figures[..] else {
        anyhow::bail!("not three figures")
    };
    Ok(Figures { rate, cpu, first })
}

fn run(case: Case) -> Result<Figures> {
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = trace(case, &runtime)?;
    let address = runtime.block_on(serve(Router::new().route("/order/{id}", get(order))))?;
    let began = Instant::now();
    Client::connect(address)?.ask(1)?;
    let first = began.elapsed().as_secs_f64() * 1e3;

    let (answered, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| -> Result<Figures> {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut client = Client::connect(address)?;
                    while !stop.load(Ordering::Relaxed) {
                        client.ask(answered.fetch_add(1, Ordering::Relaxed))?;
                    }
                    Ok(())
                })
            })
            .collect();
        std::thread::sleep(WARM_UP);
        let (before, cpu, began) = (answered.load(Ordering::Relaxed), cpu_seconds()?, Instant::now());
        std::thread::sleep(MEASURED);
        let count = (answered.load(Ordering::Relaxed) - before) as f64;
        let figures = Figures {
            rate: count / began.elapsed().as_secs_f64(),
            cpu: (cpu_seconds()? - cpu) * 1e6 / count,
            first,
        };
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok(figures)
    })
}

fn trace(case: Case, runtime: &tokio::runtime::Runtime) -> Result<Option<Guard>> {
    let receiver = match case {
        Case::Untraced => return Ok(None),
        Case::NoReceiver => {
            let free = BlockingListener::bind("127.0.0.1:0")?;
            free.local_addr()?
        }
        Case::SilentReceiver => {
            let listener = BlockingListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            std::thread::spawn(move || {
                // Connections are kept, and never read.
                let _kept: Vec<_> = listener.incoming().collect();
            });
            address
        }
        Case::Receiver => {
            let swallow = |_body: axum::body::Bytes| async {};
            runtime.block_on(serve(Router::new().route("/v1/traces", post(swallow))))?
        }
    };
    let guard = wakeful::builder()
        .variables(move |name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(format!("http://{receiver}")),
            "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/protobuf".to_owned()),
            _ => None,
        })
        // Log lines are not what is measured.
        .log_format(LogFormat::None)
        .shutdown_timeout(LAST_EXPORT)
        .try_init()?;
    Ok(Some(guard))
}

async fn serve(router: Router) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer whole.
    fn ask(&mut self, id: u64) -> Result<()> {
        let request = format!("GET /order/{id} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.stream.write_all(request.as_bytes())?;
        self.answer.clear();
        let mut part = [0; 4096];
        loop {
            let read = self.stream.read(&mut part)?;
            ensure!(read > 0, "the server closed the connection");
            self.answer.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&self.answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.split("\r\n").next());
                if body.len() >= length.context("no length")?.parse()? {
                    return Ok(());
                }
            }
        }
    }
}

/// User and system time of this process.
fn cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / 100.0)
}
