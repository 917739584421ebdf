//! `wakeful demo`: a server, and a program that keeps sending traces to it.

mod browser;
pub(crate) mod program;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use wakeful_server::Listener;

use crate::args::DemoArgs;
use crate::old_variables;
use crate::ready::reachable;
use crate::serve::{self, Running};
use crate::signals::Signals;
use program::Program;

/// Serves, with the program beside it, until a signal comes.
pub(crate) fn run(args: DemoArgs) -> anyhow::Result<()> {
    old_variables::warn();
    let temporary = match &args.data_dir {
        Some(_) => None,
        None => {
            let folder = tempfile::Builder::new().prefix("wakeful-demo-").tempdir();
            Some(folder.context("cannot make a temporary folder; choose one with --data-dir")?)
        }
    };
    let of_demo = temporary.as_ref().map(|folder| folder.path().to_owned());
    let folder = args.data_dir.clone().or_else(|| of_demo.clone());
    let runtime = serve::runtime()?;
    let ended = runtime.block_on(async {
        let folder = folder.context("no folder for the data; choose one with --data-dir");
        let running = Running::start(&args.server, folder).await?;
        let ready = running.ready(&args.server);
        let otlp = ready.address(Listener::OtlpGrpc);
        let otlp = otlp.context("the demo sends its traces to the OTLP gRPC port; leave that port open")?;
        let url = ready.url();
        let signals = Signals::listen();
        ready
            .say(args.server.ready_json)
            .context("cannot write to stdout")?;
        let frames = ready
            .address(Listener::OtlpHttp)
            .map(|http| format!("{}/wakeful/v1/frames", endpoint(http)));
        let mut program = Program::start(&endpoint(otlp), frames.as_deref(), args.requests_per_second)?;
        if let Some(url) = url {
            if !args.server.ready_json {
                // A closed stdout is no reason to stop.
                let _ = writeln!(
                    std::io::stdout(),
                    "\nLook at {url}search?service=frontend (Ctrl-C stops the demo)"
                );
            }
            browser::open(&url, args.no_open);
        }
        let stop = async {
            let stop = signals.stop(move || {
                if let Some(folder) = of_demo {
                    remove(&folder);
                }
            });
            let mut stop = std::pin::pin!(stop);
            tokio::select! {
                () = &mut stop => {}
                () = program.ended() => {
                    tracing::warn!("the demo's program has ended; what it sent can still be looked at");
                    stop.await;
                }
            }
            // First the program, so that its last spans arrive while the server still takes them.
            program.stop().await;
        };
        running.until(stop).await;
        Ok(())
    });
    serve::end(runtime);
    if let Some(folder) = temporary {
        remove(folder.path());
    }
    ended
}

/// Removes the demo's data. A store that was not closed in time may be writing into it yet.
fn remove(folder: &Path) {
    let _ = (0..10).any(|_| std::fs::remove_dir_all(folder).is_ok());
}

fn endpoint(otlp: SocketAddr) -> String {
    format!("http://{}", reachable(otlp))
}
