//! The service's program: options, recorder, socket, service.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use wakeful_iox_service::{Service, ServiceArgs};

/// A service that answers queries, and says where their time went.
#[derive(Debug, clap::Parser)]
struct Cli {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    service: ServiceArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let traces = cli.service.traces.clone();
    let guard = wakeful::builder()
        .export(move |settings| traces.apply(settings))
        .log_writer(std::io::stderr())
        .try_init()?;
    let listener = tokio::net::TcpListener::bind(cli.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another with --listen", cli.listen))?;
    writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
    let service = Service::new(&cli.service, guard.collector());
    axum::serve(listener, service.router())
        .with_graceful_shutdown(async {
            // Without signals it runs until it is killed.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    guard.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
