//! What `wakeful-load` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use wakeful_testkit::load::{SendOptions, Target};
use wakeful_testkit::{BigTracePlan, Plan, Shape};

/// Sends generated spans to a server, and asks for them again.
#[derive(Debug, Parser)]
#[command(name = "wakeful-load")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send generated spans.
    Send(Send),
    /// Make one large trace, and send it or write it to a file.
    Trace(Trace),
    /// Compare a server's traces with a ledger; fails if an acknowledged span is lost, or one is there twice.
    Verify(Verify),
    /// Ask the questions that a trace store is measured by.
    Query(Query),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Send {
    /// Where to: grpc://ADDRESS:PORT or http://ADDRESS:PORT.
    #[arg(long)]
    target: Target,
    /// How many spans.
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,
    /// On how many connections, one request in flight on each.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// How many spans a request.
    #[arg(long, default_value_t = 512)]
    batch: usize,
    /// How many spans a second; as fast as they are acknowledged if not given.
    #[arg(long)]
    rate: Option<f64>,
    /// Over how many seconds of the past the spans' times are spread; they are of the present if not given.
    #[arg(long)]
    window: Option<u64>,
    /// What chance is made of.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How spans are spread over requests.
    #[arg(long, value_enum, default_value_t = ShapeArg::Collector)]
    shape: ShapeArg,
    /// Send traces of so many spans each, in place of the mix.
    #[arg(long)]
    trace_of: Option<usize>,
    /// Where to write which trace was acknowledged.
    #[arg(long)]
    pub(crate) ledger: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShapeArg {
    /// Whole traces under many resources.
    Collector,
    /// One process a request.
    Sdk,
}

impl Send {
    pub(crate) fn options(&self) -> SendOptions {
        let shape = match self.shape {
            ShapeArg::Collector => Shape::Collector,
            ShapeArg::Sdk => Shape::Sdk,
        };
        SendOptions {
            target: self.target,
            plan: Plan {
                seed: self.seed,
                shape,
                spans_per_request: self.batch,
                trace_of: self.trace_of,
            },
            spans: self.spans,
            connections: self.connections,
            spans_per_second: self.rate,
            window: self.window.map(Duration::from_secs),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Trace {
    /// How many spans.
    #[arg(long, default_value_t = 100_000)]
    spans: u64,
    /// What chance is made of.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When it starts, Unix nanoseconds; it ends now if not given.
    #[arg(long)]
    start: Option<u64>,
    /// Where to: grpc://ADDRESS:PORT or http://ADDRESS:PORT.
    #[arg(long, default_value = "http://127.0.0.1:4318", conflicts_with = "out")]
    pub(crate) target: Target,
    /// Write it to this file, as one OTLP protobuf message, in place of sending it.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

impl Trace {
    pub(crate) fn plan(&self, now_unix_nanos: u64) -> BigTracePlan {
        let plan = BigTracePlan {
            seed: self.seed,
            spans: self.spans,
            start_unix_nanos: 0,
        };
        let start = self
            .start
            .unwrap_or(now_unix_nanos.saturating_sub(plan.duration_nanos()));
        BigTracePlan {
            start_unix_nanos: start,
            ..plan
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The server's query port, as http://ADDRESS:PORT.
    #[arg(long)]
    pub(crate) api: String,
    /// What was acknowledged.
    #[arg(long)]
    pub(crate) ledger: PathBuf,
    /// Ask for every so manieth trace alone.
    #[arg(long, default_value_t = 1)]
    pub(crate) step: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Query {
    /// The server's query port, as http://ADDRESS:PORT.
    #[arg(long)]
    pub(crate) api: String,
    /// Which traces there are.
    #[arg(long)]
    pub(crate) ledger: PathBuf,
}
