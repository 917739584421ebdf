//! `wakeful-load`: sends generated spans to a server, and asks for them again.
//!
//! Reports go to the standard output as one JSON object a line, for `cargo xtask` to read.

#![allow(clippy::print_stdout, reason = "the report is what the program is for")]

mod args;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use clap::Parser as _;
use serde_json::json;
use wakeful_testkit::load::{self, Api, Connection, Outcome, Question, Target};
use wakeful_testkit::{BigTrace, Ledger};

use args::{Args, Command, Query, Send, Trace, Verify};

/// How long one kind of question is asked.
const QUESTION_MAX: Duration = Duration::from_secs(10);

fn main() -> anyhow::Result<ExitCode> {
    // One thread: a benchmark pins the load to one core, and the server to another.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match Args::parse().command {
            Command::Send(args) => send(args).await,
            Command::Trace(args) => trace(args).await,
            Command::Verify(args) => verify(args).await,
            Command::Query(args) => query(args).await,
        }
    })
}

async fn send(args: Send) -> anyhow::Result<ExitCode> {
    let report = load::send(args.options()).await?;
    if let Some(path) = &args.ledger {
        let write = || report.ledger.write(BufWriter::new(File::create(path)?));
        write().with_context(|| format!("cannot write the ledger {}", path.display()))?;
    }
    let line = json!({
        "spans_acknowledged": report.spans_acknowledged,
        "traces": report.ledger.entries().len(),
        "seconds": report.elapsed.as_secs_f64(),
        "generator_cpu_seconds": report.cpu.as_secs_f64(),
        "p50_ms": report.latencies.quantile_ms(0.5),
        "p99_ms": report.latencies.quantile_ms(0.99),
        "max_ms": report.latencies.quantile_ms(1.0),
        "refusals": report.refusals,
        "refusal": report.refusal,
        "lost": report.lost,
    });
    println!("{line}");
    Ok(ExitCode::SUCCESS)
}

async fn trace(args: Trace) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let plan = args.plan(now.as_nanos() as u64);
    let trace = BigTrace::new(plan);
    match &args.out {
        Some(path) => {
            // Messages of one type make one message when they stand behind each other.
            let write = || {
                let mut file = BufWriter::new(File::create(path)?);
                for request in trace {
                    file.write_all(&request.protobuf())?;
                }
                file.flush()
            };
            write().with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => deliver(trace, args.target).await?,
    }
    let line = json!({
        "trace": format!("{:032x}", plan.trace_id()),
        "spans": plan.spans,
        "start_unix_nanos": plan.start_unix_nanos.to_string(),
        "duration_nanos": plan.duration_nanos(),
    });
    println!("{line}");
    Ok(ExitCode::SUCCESS)
}

/// Sends all requests, one after the other; the first refusal ends it, because a part of a trace is no use.
async fn deliver(trace: BigTrace, target: Target) -> anyhow::Result<()> {
    let mut connection = Connection::open(target).await?;
    for request in trace {
        if let Outcome::Refused(reason) = connection.send(&request).await? {
            bail!("the server refused a part of the trace: {reason}");
        }
    }
    Ok(())
}

async fn verify(args: Verify) -> anyhow::Result<ExitCode> {
    let ledger = read(&args.ledger)?;
    let verdict = load::verify(&Api::new(args.api), &ledger, args.step).await?;
    let line = json!({
        "traces": verdict.traces,
        "found": verdict.found,
        "lost": verdict.lost,
        "twice": verdict.twice,
        "foreign": verdict.foreign,
    });
    println!("{line}");
    Ok(if verdict.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn query(args: Query) -> anyhow::Result<ExitCode> {
    let ledger = read(&args.ledger)?;
    let api = Api::new(args.api);
    for question in Question::ALL {
        let report = load::ask(&api, &ledger, question, QUESTION_MAX).await?;
        let line = json!({
            "question": question.name(),
            "asked": report.latencies.count(),
            "p50_ms": report.latencies.quantile_ms(0.5),
            "p99_ms": report.latencies.quantile_ms(0.99),
            "empty": report.empty,
            "refused": report.refused,
        });
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Ledger> {
    let read = || Ledger::read(BufReader::new(File::open(path)?));
    read().with_context(|| format!("cannot use the ledger {}", path.display()))
}
