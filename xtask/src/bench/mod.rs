//! `cargo xtask bench`: the server beside the load that its peers were measured with, or beside the peer itself.

mod ingest;
mod query;
mod table;
mod ui;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use pico_args::Arguments;
use serde_json::Value;
use tempfile::TempDir;

use crate::programs::{self, Profile};
use crate::server::{self, Server};
use crate::shell;
use table::Table;

/// Over how much of the past the load's times are spread.
const WINDOW_SECONDS: u64 = 3_600;

/// Measures wakeful, then the peer if there is one, and prints a table.
pub(crate) fn run(mut args: Arguments) -> anyhow::Result<()> {
    let measure = match args.subcommand()?.as_deref() {
        Some("ingest") => ingest::measure,
        Some("query") => query::measure,
        Some("ui") => return ui::run(args),
        _ => bail!("name what to measure: cargo xtask bench ingest, query or ui"),
    };
    let spans = args.opt_value_from_str("--spans")?.unwrap_or(1_000_000);
    let shape = args
        .opt_value_from_str("--shape")?
        .unwrap_or_else(|| "collector".to_owned());
    let peer: Option<PathBuf> = args.opt_value_from_str("--peer")?;
    let programs = programs::build(Profile::take(&mut args), &["wakeful", "wakeful-load"])?;
    shell::finish(args)?;

    let subject = |binary: Binary| Subject {
        binary,
        load: programs.join("wakeful-load"),
        spans,
        shape: &shape,
    };
    let mut table = Table::default();
    table.add(
        "wakeful",
        measure(&subject(Binary::Wakeful(programs.join("wakeful"))))?,
    );
    if let Some(peer) = peer {
        table.add("jaeger", measure(&subject(Binary::Jaeger(peer)))?);
    }
    println!("\n{spans} spans\n{table}");
    Ok(())
}

enum Binary {
    Wakeful(PathBuf),
    Jaeger(PathBuf),
}

/// What is measured, and with how many spans.
struct Subject<'a> {
    binary: Binary,
    load: PathBuf,
    spans: u64,
    shape: &'a str,
}

impl Subject<'_> {
    /// Starts the server on an empty folder, which goes with the answer.
    fn start(&self) -> anyhow::Result<(Server, TempDir)> {
        let folder = tempfile::tempdir()?;
        let server = match &self.binary {
            Binary::Wakeful(binary) => Server::wakeful(binary, folder.path())?,
            // Its ring is allocated whole: as many traces as come, and a fifth more.
            Binary::Jaeger(binary) => {
                Server::jaeger(binary, folder.path(), self.spans / 10 * 12 / 10 + 1_000)?
            }
        };
        Ok((server, folder))
    }

    /// Sends `spans` on so many connections and returns the sender's report.
    fn send(&self, server: &Server, spans: u64, connections: u32, ledger: &Path) -> anyhow::Result<Value> {
        let mut send = self.load();
        send.args(["send", "--target", &format!("grpc://{}", server.otlp_grpc)]);
        send.args([
            "--spans",
            &spans.to_string(),
            "--connections",
            &connections.to_string(),
        ]);
        send.args([
            "--shape",
            self.shape,
            "--window",
            &WINDOW_SECONDS.to_string(),
            "--ledger",
        ])
        .arg(ledger);
        let report: Value = serde_json::from_str(&shell::read(&mut send)?)?;
        if let Some(lost) = report["lost"].as_str() {
            bail!("the server dropped the load: {lost}");
        }
        if report["refusals"] != 0 {
            println!(
                "{} requests were refused and sent again: {}",
                report["refusals"], report["refusal"]
            );
        }
        Ok(report)
    }

    fn load(&self) -> Command {
        server::load(&self.load)
    }
}

/// A number of a report.
fn number(report: &Value, name: &str) -> anyhow::Result<f64> {
    report[name]
        .as_f64()
        .with_context(|| format!("the load's report has no {name}"))
}
