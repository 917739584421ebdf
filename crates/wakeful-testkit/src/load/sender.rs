//! The sender: several connections, one request in flight on each, and a book of what was acknowledged.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::task::JoinSet;

use super::{Connection, Latencies, Outcome, Target, TargetError};
use crate::process::Usage;
use crate::{Generator, Ledger, Plan, Request};

/// The wait before a refused request is sent again.
const REFUSED_WAIT: Duration = Duration::from_millis(20);
/// How often a request is sent before it is given up.
const SENDS_MAX: u32 = 500;

/// How a load is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SendOptions {
    /// Where to.
    pub target: Target,
    /// What.
    pub plan: Plan,
    /// How many spans at least; traces are sent whole.
    pub spans: u64,
    /// On how many connections.
    pub connections: usize,
    /// How many spans a second; as fast as they are acknowledged if `None`.
    pub spans_per_second: Option<f64>,
    /// Over how much of the past the spans' times are spread; they are of the present if `None`.
    pub window: Option<Duration>,
}

/// What became of a load.
#[derive(Debug, Default)]
pub struct Report {
    /// Trace by trace.
    pub ledger: Ledger,
    /// How many spans were acknowledged.
    pub spans_acknowledged: u64,
    /// How often a request was refused; it was sent again.
    pub refusals: u64,
    /// The last reason of a refusal.
    pub refusal: Option<String>,
    /// Why a connection ended early.
    pub lost: Option<String>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// What sending has cost this process, the making of requests included.
    pub cpu: Duration,
    /// Of acknowledged requests, from the first byte sent to the answer.
    pub latencies: Latencies,
}

/// Sends a load. A lost connection is no error: the report says what was acknowledged until then.
///
/// # Errors
/// If not a single connection can be made.
pub async fn send(options: SendOptions) -> Result<Report, TargetError> {
    let mut connections = Vec::with_capacity(options.connections);
    for _ in 0..options.connections.max(1) {
        connections.push(Connection::open(options.target).await?);
    }
    // Outlines are encoded before the clock starts.
    let generator = Generator::new(options.plan.clone());
    let (begun, cpu_before) = (Instant::now(), own_cpu());
    let load = Arc::new(Load {
        begun,
        begun_unix_nanos: unix_nanos(),
        state: Mutex::new(State {
            generator,
            sent: 0,
            report: Report::default(),
        }),
        options,
    });
    let mut senders: JoinSet<()> = connections
        .into_iter()
        .map(|connection| Arc::clone(&load).serve(connection))
        .collect();
    while senders.join_next().await.is_some() {}
    let mut report = std::mem::take(&mut load.state().report);
    report.elapsed = begun.elapsed();
    report.cpu = own_cpu().saturating_sub(cpu_before);
    Ok(report)
}

struct Load {
    options: SendOptions,
    begun: Instant,
    begun_unix_nanos: u64,
    state: Mutex<State>,
}

struct State {
    generator: Generator,
    sent: u64,
    report: Report,
}

impl Load {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self: Arc<Self>, mut connection: Connection) {
        while let Some((request, due)) = self.next() {
            if let Some(due) = due {
                tokio::time::sleep_until(due.into()).await;
            }
            if let Err(error) = self.deliver(&mut connection, &request).await {
                self.state().report.lost = Some(error.to_string());
                return;
            }
        }
    }

    /// The next request and when it is due, noted in the book; `None` after the last.
    fn next(&self) -> Option<(Request, Option<Instant>)> {
        let mut state = self.state();
        if state.sent >= self.options.spans && state.generator.is_between_traces() {
            return None;
        }
        // By the spans sent until now: what a stall has held up is sent as soon as it is over.
        let due = self
            .options
            .spans_per_second
            .map(|rate| self.begun + Duration::from_secs_f64(state.sent as f64 / rate));
        let now = match self.options.window {
            Some(window) => {
                let share = (state.sent as f64 / self.options.spans as f64).min(1.0);
                self.begun_unix_nanos - window.mul_f64(1.0 - share).as_nanos() as u64
            }
            None => unix_nanos(),
        };
        let request = state.generator.next(now);
        state.sent += request.spans as u64;
        state.report.ledger.sending(&request.traces);
        Some((request, due))
    }

    async fn deliver(&self, connection: &mut Connection, request: &Request) -> Result<(), TargetError> {
        for _ in 0..SENDS_MAX {
            let begun = Instant::now();
            let outcome = connection.send(request).await?;
            let latency = begun.elapsed();
            if self.note(outcome, latency, request) {
                return Ok(());
            }
            tokio::time::sleep(REFUSED_WAIT).await;
        }
        Ok(())
    }

    /// Writes an answer into the report; whether the request is done with.
    fn note(&self, outcome: Outcome, latency: Duration, request: &Request) -> bool {
        let report = &mut self.state().report;
        match outcome {
            Outcome::Acknowledged => {
                report.latencies.record(latency);
                report.spans_acknowledged += request.spans as u64;
                report.ledger.acknowledged(&request.traces);
                true
            }
            Outcome::Refused(reason) => {
                report.refusals += 1;
                report.refusal = Some(reason);
                false
            }
        }
    }
}

/// Nothing where the system does not count it.
fn own_cpu() -> Duration {
    Usage::own().map(|usage| usage.cpu).unwrap_or_default()
}

fn unix_nanos() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as u64)
}
