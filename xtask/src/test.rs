//! `cargo xtask test`: every test there is.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use crate::programs::{self, Profile};
use crate::{cargo_test, shell};

/// Runs some tests, and returns those that passed only when they were run once more.
type Part = fn() -> anyhow::Result<Vec<String>>;

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
    let mut unsteady = Vec::new();
    for (name, part) in parts {
        match part() {
            Ok(again) => unsteady.extend(again),
            Err(error) => failures.push(format!("{name}: {error:#}")),
        }
    }
    for target in unsteady {
        println!("unsteady: `cargo test {target}` failed once and passed when it was run again");
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
fn rust() -> anyhow::Result<Vec<String>> {
    cargo_test::run(&["--workspace", "--features", "wakeful-testkit/load"], |_| {})
}

/// The page's tests without a browser, and with them the packages that it needs.
fn page() -> anyhow::Result<Vec<String>> {
    npm_packages()?;
    npm(&["test"])?;
    Ok(Vec::new())
}

/// The page in a browser, on the real binary and on programs that really run. What fails is run once more there, too, and named.
fn browser() -> anyhow::Result<Vec<String>> {
    let binary = programs::build(Profile::Debug, &["wakeful"])?.join("wakeful");
    let examples = programs::build_examples(&["two_steps", "deadlock"])?;
    let service = programs::build_iox_service()?;
    let mut tests = npm_command(&["run", "test:browser"]);
    tests
        .env("WAKEFUL_BIN", binary)
        .env("WAKEFUL_EXAMPLES", examples)
        .env("WAKEFUL_IOX_SERVICE", service);
    shell::run(&mut tests)?;
    Ok(Vec::new())
}

/// The recorder's rings and slots in every order of their steps; loom's atomics need a build of their own.
fn rings() -> anyhow::Result<Vec<String>> {
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
        .env("CARGO_TARGET_DIR", target().join("loom")),
    )?;
    Ok(Vec::new())
}

/// Tokio's hooks, which a build of their own has.
fn hooks() -> anyhow::Result<Vec<String>> {
    cargo_test::run(&["--package", "wakeful-tokio"], |command| {
        command
            .env("RUSTFLAGS", "--cfg tokio_unstable")
            .env("CARGO_TARGET_DIR", target().join("unstable"));
    })
}

/// Where cargo builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from)
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
