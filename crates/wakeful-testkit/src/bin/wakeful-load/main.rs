//! `wakeful-load`: sends generated spans to a server, and asks for them again.
//!
//! Reports go to the standard output as one JSON object a line, for `cargo xtask` to read.

#![allow(clippy::print_stdout, reason = "the report is what the program is for")]

mod args;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use serde_json::json;
use wakeful_testkit::Ledger;
use wakeful_testkit::load::{self, Api, Question};

use args::{Args, Command, Query, Send, Verify};

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
