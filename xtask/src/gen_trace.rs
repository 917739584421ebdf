//! `cargo xtask gen-trace`: one large trace, for looking at and for measuring with.

use pico_args::Arguments;

use crate::programs::{self, Profile};
use crate::shell;

/// Passes its options on to the program that makes the trace, which prints the trace's id.
pub(crate) fn run(mut args: Arguments) -> anyhow::Result<()> {
    let programs = programs::build(Profile::take(&mut args), &["wakeful-load"])?;
    let mut command = std::process::Command::new(programs.join("wakeful-load"));
    command.arg("trace");
    for (option, passed_on) in [
        ("--spans", "--spans"),
        ("--to", "--target"),
        ("--out", "--out"),
        ("--seed", "--seed"),
        ("--start", "--start"),
    ] {
        let value: Option<String> = args.opt_value_from_str(option)?;
        if let Some(value) = value {
            command.args([passed_on, &value]);
        }
    }
    shell::finish(args)?;
    shell::run(&mut command)
}
