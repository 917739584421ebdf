//! A program that is compared: a server with its clients in one process, working when it is told to.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tracing::instrument;
use wakeful::{Guard, LogFormat};

use crate::case::Case;
use crate::work::SHUTDOWN;

const CLIENTS: usize = 8;
/// Until what was stopped runs again.
const WARM_UP: Duration = Duration::from_millis(20);
const MEASURED: Duration = Duration::from_millis(110);
/// Spans of a request.
const SPANS: u64 = 3;

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

/// Runs it: says when the first request was answered, then does what standard input says.
pub fn run((case, receiver): (Case, Option<SocketAddr>)) -> Result<()> {
    let began = Instant::now();
    let runtime = case.runtime().build()?;
    let guard = {
        let _entered = runtime.enter();
        receiver.map(|receiver| trace(case, receiver)).transpose()?
    };
    let address = serve_in_background(runtime)?;
    Client::connect(address)?.ask(1)?;
    println!("{}", began.elapsed().as_secs_f64() * 1e3);

    let answered = AtomicU64::new(1);
    let gates: Vec<Gate> = (0..CLIENTS).map(|_| Gate::default()).collect();
    std::thread::scope(|scope| -> Result<()> {
        let clients: Vec<_> = gates
            .iter()
            .map(|gate| scope.spawn(|| Client::connect(address)?.work(gate, &answered)))
            .collect();
        for order in io::stdin().lock().lines() {
            match order?.as_str() {
                "slice" => println!("{}", slice(&clients, &gates, &answered)?),
                _ => break,
            }
        }
        for (client, gate) in clients.into_iter().zip(&gates) {
            gate.end.store(true, Ordering::Release);
            client.thread().unpark();
            client
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok(())
    })?;
    let spans = if guard.is_some() {
        SPANS * answered.into_inner()
    } else {
        0
    };
    let began = Instant::now();
    let lost = guard.map_or(0, |guard| guard.shutdown_blocking(SHUTDOWN).spans());
    println!("{} {spans} {lost}", began.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn trace(case: Case, receiver: SocketAddr) -> Result<Guard> {
    let Case::Traced(processor, ..) = case else {
        anyhow::bail!("{case} has no receiver");
    };
    let guard = wakeful::builder()
        .variables(move |name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(format!("http://{receiver}")),
            "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/protobuf".to_owned()),
            _ => None,
        })
        .processor(processor)
        // Log lines are not what is measured.
        .log_format(LogFormat::None)
        .try_init()?;
    Ok(guard)
}

/// Serves until the process ends.
fn serve_in_background(runtime: tokio::runtime::Runtime) -> Result<SocketAddr> {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let router = Router::new().route("/order/{id}", get(order));
        runtime.block_on(async { axum::serve(listener, router).await })
    });
    Ok(address)
}

/// What a client may do.
#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    end: AtomicBool,
}

/// Lets the clients work for a while; returns requests a second, and CPU microseconds a request.
fn slice<T>(
    clients: &[std::thread::ScopedJoinHandle<'_, T>],
    gates: &[Gate],
    answered: &AtomicU64,
) -> Result<String> {
    for (client, gate) in clients.iter().zip(gates) {
        gate.is_open.store(true, Ordering::Release);
        client.thread().unpark();
    }
    std::thread::sleep(WARM_UP);
    let (before, cpu, began) = (answered.load(Ordering::Relaxed), process_cpu(), Instant::now());
    std::thread::sleep(MEASURED);
    let count = (answered.load(Ordering::Relaxed) - before) as f64;
    let (cpu, elapsed) = (process_cpu() - cpu, began.elapsed());
    for gate in gates {
        gate.is_open.store(false, Ordering::Release);
    }
    ensure!(count > 0.0, "nothing was answered in {elapsed:?}");
    Ok(format!(
        "{} {}",
        count / elapsed.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / count
    ))
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

    /// Sends requests while the gate is open.
    fn work(mut self, gate: &Gate, answered: &AtomicU64) -> Result<()> {
        while !gate.end.load(Ordering::Acquire) {
            if gate.is_open.load(Ordering::Acquire) {
                let id = answered.load(Ordering::Relaxed);
                self.ask(id)?;
                answered.fetch_add(1, Ordering::Relaxed);
            } else {
                std::thread::park();
            }
        }
        Ok(())
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

/// CPU time of this process.
fn process_cpu() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of ours; on failure it stays zero.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
