//! `cargo xtask bench ui`: the trace page in a real browser, on traces of several sizes, against its budgets.

use anyhow::{Context as _, bail};
use pico_args::Arguments;
use serde_json::Value;

use crate::programs::{self, Profile};
use crate::server::{self, Server};
use crate::shell;
use crate::test;

/// Traces that the page's budgets are written for.
const SPANS: &str = "1421,100000,1000000";

/// Sends the traces to a server of its own and has the page's measurements run against it.
pub(crate) fn run(mut args: Arguments) -> anyhow::Result<()> {
    let spans = args
        .opt_value_from_str("--spans")?
        .unwrap_or_else(|| SPANS.to_owned());
    let programs = programs::build(Profile::take(&mut args), &["wakeful", "wakeful-load"])?;
    shell::finish(args)?;
    test::npm_packages()?;

    let folder = tempfile::tempdir()?;
    let server = Server::wakeful(&programs.join("wakeful"), folder.path())?;
    let mut traces = Vec::new();
    for count in spans.split(',') {
        if count.parse::<u64>().is_err() {
            bail!("--spans takes numbers with commas between them, such as {SPANS}, not {count:?}");
        }
        let mut send = server::load(&programs.join("wakeful-load"));
        send.args(["trace", "--spans", count]);
        send.args(["--target", &format!("grpc://{}", server.otlp_grpc)]);
        let report: Value = serde_json::from_str(&shell::read(&mut send)?)?;
        let id = report["trace"]
            .as_str()
            .context("the sender's report names no trace")?;
        traces.push(format!("{count}:{id}"));
    }
    // Flushes and merges would be measured with the page.
    server.wait_until_idle()?;

    let mut bench = test::npm_command(&["run", "bench"]);
    bench
        .env("WAKEFUL_URL", server.api())
        .env("WAKEFUL_PID", server.pid().to_string())
        .env("WAKEFUL_TRACES", traces.join(","));
    shell::run(&mut bench)
}
