//! `cargo xtask test`: every test there is.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use crate::programs::{self, Profile};
use crate::shell;

type Part = fn() -> anyhow::Result<()>;

/// Runs Rust's tests, the page's, and a browser against the binary: all of them, so that one run tells all that is broken.
pub(crate) fn run() -> anyhow::Result<()> {
    let parts: [(&str, Part); 5] = [
        ("Rust", rust),
        ("rings", rings),
        ("hooks", hooks),
        ("page", page),
        ("browser", browser),
    ];
    let mut failures = Vec::new();
    for (name, part) in parts {
        if let Err(error) = part() {
            failures.push(format!("{name}: {error:#}"));
        }
    }
    if !failures.is_empty() {
        bail!(
            "{} of {} parts failed:\n  {}",
            failures.len(),
            parts.len(),
            failures.join("\n  ")
        );
    }
    Ok(())
}

/// Rust's tests alone.
fn rust() -> anyhow::Result<()> {
    shell::run(&mut shell::cargo(&[
        "test",
        "--workspace",
        "--features",
        "wakeful-testkit/load",
        "--no-fail-fast",
    ]))
}

/// The page's tests without a browser, and with them the packages that it needs.
fn page() -> anyhow::Result<()> {
    npm_packages()?;
    npm(&["test"])
}

/// The page in a browser, on the real binary and on programs that really run.
fn browser() -> anyhow::Result<()> {
    let binary = programs::build(Profile::Debug, &["wakeful"])?.join("wakeful");
    let examples = programs::build_example("two_steps")?;
    let mut tests = npm_command(&["run", "test:browser"]);
    shell::run(tests.env("WAKEFUL_BIN", binary).env("WAKEFUL_EXAMPLES", examples))
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

/// Tokio's hooks, which a build of their own has.
fn hooks() -> anyhow::Result<()> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from);
    shell::run(
        shell::cargo(&["test", "--package", "wakeful-tokio"])
            .env("RUSTFLAGS", "--cfg tokio_unstable")
            .env("CARGO_TARGET_DIR", target.join("unstable")),
    )
}

/// The packages that the page's tests and measurements need.
pub(crate) fn npm_packages() -> anyhow::Result<()> {
    npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
}

/// Runs npm in the page's sources.
pub(crate) fn npm(arguments: &[&str]) -> anyhow::Result<()> {
    shell::run(&mut npm_command(arguments))
}

/// npm in the page's sources.
pub(crate) fn npm_command(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(shell::root().join("crates/wakeful-ui/ui"));
    command
}
