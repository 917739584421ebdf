//! `cargo xtask test`: every test there is.

use std::path::PathBuf;
use std::process::Command;

use crate::programs::{self, Profile};
use crate::shell;

/// Runs Rust's tests, the page's, and a browser against the binary.
pub(crate) fn run() -> anyhow::Result<()> {
    rust()?;
    rings()?;
    npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"], None)?;
    npm(&["test"], None)?;
    let binary = programs::build(Profile::Debug, &["wakeful"])?.join("wakeful");
    npm(&["run", "test:browser"], Some(binary))
}

/// Rust's tests alone.
fn rust() -> anyhow::Result<()> {
    shell::run(&mut shell::cargo(&[
        "test",
        "--workspace",
        "--features",
        "wakeful-testkit/load",
    ]))
}

/// The recorder's rings and slots in every order of their steps; loom's atomics need a build of their own.
fn rings() -> anyhow::Result<()> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
    shell::run(
        shell::cargo(&[
            "test",
            "--package",
            "wakeful-subscriber",
            "--release",
            "--lib",
            "loom_tests",
        ])
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", target.join("loom")),
    )
}

/// Runs npm in the page's sources; the browser is told which binary serves it.
pub(crate) fn npm(arguments: &[&str], binary: Option<PathBuf>) -> anyhow::Result<()> {
    let mut command = npm_command(arguments);
    if let Some(binary) = binary {
        command.env("WAKEFUL_BIN", binary);
    }
    shell::run(&mut command)
}

/// npm in the page's sources.
pub(crate) fn npm_command(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(shell::root().join("crates/wakeful-ui/ui"));
    command
}
