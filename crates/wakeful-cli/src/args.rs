//! The command line.

mod get;
mod port;
mod ports;
mod server;
mod storage;
mod top;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use wakeful_console::Target;

pub(crate) use get::GetArgs;
pub(crate) use port::Port;
pub(crate) use ports::PortArgs;
pub(crate) use server::ServerArgs;
pub(crate) use storage::{Backend, StorageArgs};
pub(crate) use top::{Allowed, FirstView, Palette, RetainFor, TopArgs};

/// Receives, keeps and shows the traces of async programs, in the place of the Jaeger container.
#[derive(Debug, Parser)]
#[command(name = "wakeful", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Receive traces on the ports of OpenTelemetry and Jaeger, keep them, and show them in a web page
    #[command(args_override_self = true)]
    Serve(ServeArgs),
    /// The same, with a program beside it that keeps sending traces, to look around
    #[command(args_override_self = true)]
    Demo(DemoArgs),
    /// Ask a service by HTTP as a client that traces, and say where its trace is to be seen
    Get(GetArgs),
    /// Show a program's tasks and resources in the terminal, as tokio-console does and more
    #[command(args_override_self = true)]
    Top(TopArgs),
    #[command(hide = true)]
    DemoProgram(DemoProgramArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Folder for the data [default: `wakeful` in the platform's data folder]
    #[arg(long, value_name = "DIR", env = "WAKEFUL_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Console of a program whose tasks are to be kept, as http://HOST:6669; may be given more than once
    #[arg(
        long,
        value_name = "TARGET_ADDR",
        env = "WAKEFUL_SCRAPE",
        value_delimiter = ','
    )]
    pub(crate) scrape: Vec<Target>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for the data, which then stays [default: a temporary one, deleted at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Requests that the demo's customers make, a second
    #[arg(long, value_name = "NUMBER", default_value_t = 50.0)]
    pub(crate) requests_per_second: f64,
    /// Do not open a browser
    #[arg(long)]
    pub(crate) no_open: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// What `demo` starts beside the server.
#[derive(Debug, Args)]
pub(crate) struct DemoProgramArgs {
    #[arg(long)]
    pub(crate) otlp_endpoint: String,
    #[arg(long)]
    pub(crate) frames_endpoint: Option<String>,
    #[arg(long)]
    pub(crate) requests_per_second: f64,
}
