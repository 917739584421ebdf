//! The binary `wakeful`: receives, keeps and shows what programs do.

mod args;
mod data_dir;
mod demo;
mod get;
mod listen;
mod old_variables;
mod page;
mod ready;
mod scrape;
mod serve;
mod signals;
mod telemetry;
mod top;
mod units;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = telemetry::start(&cli.command).and_then(|_telemetry| match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Get(args) => get::run(args),
        Command::Top(args) => top::run(args),
        Command::DemoProgram(args) => demo::program::run(args),
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
