//! `cargo xtask check`: what CI runs, cheapest first.

use crate::{shell, test};

const LOAD: [&str; 2] = ["--features", "wakeful-testkit/load"];

/// Format, tidy, lints, documentation, the page's own checks, then all tests.
pub(crate) fn run() -> anyhow::Result<()> {
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut shell::cargo(&["test", "--package", "xtask"]))?;
    shell::run(
        shell::cargo(&["clippy", "--workspace", "--all-targets"])
            .args(LOAD)
            .args(["--", "-D", "warnings"]),
    )?;
    shell::run(
        shell::cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"])
            .args(LOAD)
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    test::npm_packages()?;
    test::npm(&["run", "check"])?;
    test::run()
}
