//! The program that sends traces: this binary once more, as a process of its own.
//!
//! A process of its own because a real client is one, and because its work must not show in the server's figures.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use wakeful::console::ServerOptions;
use wakeful_shop::Options;

use crate::args::DemoProgramArgs;
use crate::serve;

/// How long the program may take to send its last spans.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// The running program.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    /// Apart from the child, because waiting for that would close it.
    lifeline: Option<ChildStdin>,
}

impl Program {
    /// Starts it.
    pub(super) fn start(
        otlp_endpoint: &str,
        frames_endpoint: Option<&str>,
        requests_per_second: f64,
    ) -> anyhow::Result<Self> {
        let binary =
            std::env::current_exe().context("cannot find the demo's program, which is this binary")?;
        let child = Command::new(binary)
            .args(["demo-program", "--otlp-endpoint", otlp_endpoint])
            .args(
                frames_endpoint
                    .into_iter()
                    .flat_map(|url| ["--frames-endpoint", url]),
            )
            .args(["--requests-per-second", &requests_per_second.to_string()])
            // The program lives as long as this pipe, so it ends with the server however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.context("cannot start the demo's program")?;
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline })
    }

    /// Waits until it ends by itself, which it should not.
    pub(super) async fn ended(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "cannot watch the demo's program");
            std::future::pending::<()>().await;
        }
    }

    /// Lets it send what it has, and ends it.
    pub(super) async fn stop(mut self) {
        drop(self.lifeline.take());
        if tokio::time::timeout(STOP_TIMEOUT, self.child.wait())
            .await
            .is_err()
        {
            tracing::debug!("the demo's program takes long to end and is killed");
        }
    }
}

/// Runs the program itself, until its standard input ends.
pub(crate) fn run(args: DemoProgramArgs) -> anyhow::Result<()> {
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(move || {
            let mut nothing = [0];
            // Neither bytes nor an error are expected; both mean that nobody holds the other end as agreed.
            let _ = std::io::stdin().read(&mut nothing);
            let _ = ended.send(());
        })?;
    // Where tokio-console looks if it is told nothing.
    let console = ServerOptions::from_env();
    let options = Options {
        frames_endpoint: args.frames_endpoint,
        console: console
            .inspect_err(|error| tracing::warn!("{error}; no tokio-console can attach"))
            .ok(),
        requests_per_second: args.requests_per_second,
        ..Options::new(args.otlp_endpoint)
    };
    let runtime = serve::runtime()?;
    let shop = runtime.block_on(wakeful_shop::run(options, async {
        // Either way the lifeline is gone.
        let _ = end.await;
    }));
    serve::end(runtime);
    Ok(shop?)
}
