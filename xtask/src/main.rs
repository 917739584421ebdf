//! The project's chores, one command each: `cargo xtask test`, `check`, `bench`, `crash`, `gen-trace`, `interop`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its reports are for whoever typed the command"
)]

mod bench;
mod cargo_test;
mod check;
mod crash;
mod gen_trace;
mod interop;
mod programs;
mod server;
mod shell;
mod test;
#[cfg(test)]
mod tidy;
mod wait;

use std::process::ExitCode;

use pico_args::Arguments;

const HELP: &str = "\
usage: cargo xtask COMMAND

  test                 all tests: Rust, TypeScript, browser
  check                what CI runs: format, lints, tidy, documentation, then all tests
  bench ingest|query   measure the server beside the load that peers were measured with
      --spans N        how many spans [1000000]
      --shape SHAPE    how spans are spread over requests: collector, or sdk [collector]
      --peer PATH      run a Jaeger binary in the same way and print ratios
  bench ui             measure the trace page in a browser, against its budgets
      --spans N,N,…    how many spans the traces have [1421,100000,1000000]
  crash                kill -9 under load, restart, compare with what was acknowledged
      --rounds N       how often [10]
      --rate N         spans a second [20000]
  gen-trace            make one large trace and send it to a server
      --spans N        how many spans [100000]
      --to TARGET      http://ADDRESS:PORT or grpc://ADDRESS:PORT [http://127.0.0.1:4318]
      --out FILE       write it as OTLP protobuf, in place of sending it
      --seed N         another trace of as many spans [1]
      --start NANOS    when it starts, Unix time; it ends now otherwise
  interop              other people's OpenTelemetry code against ours; fetches it (interop/README.md)
      --jaeger PATH    a Jaeger binary that takes part too
  --debug              with bench, crash and gen-trace: unoptimised programs, for trying things out
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // No backtrace: of chores that run other programs it says nothing, and it hides what failed.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut args = Arguments::from_env();
    match args.subcommand()?.as_deref() {
        Some("test") => shell::finish(args).and_then(|()| test::run()),
        Some("check") => shell::finish(args).and_then(|()| check::run()),
        Some("bench") => bench::run(args),
        Some("crash") => crash::run(args),
        Some("gen-trace") => gen_trace::run(args),
        Some("interop") => interop::run(args),
        Some("help") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => anyhow::bail!("there is no command {other}; `cargo xtask help` lists them"),
    }
}
