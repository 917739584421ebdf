//! Rust's tests, with one more chance for what failed.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, bail};

use crate::shell;

/// How cargo says which target had a test that failed.
const RERUN: &str = "to rerun pass `";

/// Runs `cargo test` with `arguments`, and the targets in which something failed once more, alone.
///
/// Returns what passed only then: a test that depends on how busy the machine was. It does not hide what else a run shows, and its name is
/// there for whoever mends it.
pub(crate) fn run(arguments: &[&str], prepare: impl Fn(&mut Command)) -> anyhow::Result<Vec<String>> {
    let command = |more: &[&str]| {
        let mut command = shell::cargo(&["test", "--no-fail-fast"]);
        command.args(arguments).args(more);
        prepare(&mut command);
        command
    };
    let (status, failed) = run_and_read(&mut command(&[]))?;
    if status.success() {
        return Ok(Vec::new());
    }
    let again: Vec<&str> = failed.iter().flat_map(|target| selection(target)).collect();
    if again.is_empty() || !run_and_read(&mut command(&again))?.0.success() {
        bail!("`{}` failed: {status}", shell::line(&command(&[])));
    }
    Ok(failed)
}

/// Runs cargo, whose messages are passed on as they come, and returns the targets that it says have failed.
fn run_and_read(command: &mut Command) -> anyhow::Result<(ExitStatus, Vec<String>)> {
    println!("$ {}", shell::line(command));
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo; is it installed?")?;
    let messages = child.stderr.take().context("cargo has no standard error")?;
    let mut failed = Vec::new();
    for line in BufReader::new(messages).lines() {
        let line = line?;
        eprintln!("{line}");
        failed.extend(failed_target(&line));
    }
    Ok((child.wait()?, failed))
}

/// The target that one of cargo's lines says has failed: `-p wakeful-store --test runtime`.
fn failed_target(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(RERUN)?;
    Some(rest.split_once('`')?.0.to_owned())
}

/// What selects a target without its package: a package alone would be built with other features, and so anew.
fn selection(target: &str) -> impl Iterator<Item = &str> {
    let mut words = target.split(' ');
    let package = words.clone().next() == Some("-p");
    if package {
        words.nth(1);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_names_what_failed() {
        let line = "error: test failed, to rerun pass `-p wakeful-store --test runtime`";
        let target = failed_target(line);
        assert_eq!(target.as_deref(), Some("-p wakeful-store --test runtime"));
        assert_eq!(
            selection(&target.unwrap_or_default()).collect::<Vec<_>>(),
            ["--test", "runtime"]
        );
        assert_eq!(selection("--doc").collect::<Vec<_>>(), ["--doc"]);
        assert_eq!(failed_target("error: could not compile `wakeful-store`"), None);
    }
}
