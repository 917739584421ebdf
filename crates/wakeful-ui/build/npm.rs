//! Runs npm and the bundler on a copy of the sources.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Builds the page in `work` and returns the folder with it, or why that was not possible, on one line.
pub(crate) fn build(ui: &Path, sources: &[&str], work: &Path) -> Result<PathBuf, String> {
    let failed = |error: io::Error| format!("its sources could not be copied to {}: {error}", work.display());
    for source in sources {
        replace(&ui.join(source), &work.join(source)).map_err(failed)?;
    }
    install(work)?;
    let version = env!("CARGO_PKG_VERSION");
    let vite = Path::new("node_modules").join("vite").join("bin").join("vite.js");
    run(
        Command::new("node")
            .arg(vite)
            .args(["build", "--logLevel", "warn"])
            .env("WAKEFUL_VERSION", version),
        work,
    )?;
    Ok(work.join("dist"))
}

/// Installs what the page is made of and built with, not what its tests need; skipped while the lock file is the same.
fn install(work: &Path) -> Result<(), String> {
    let lock = fs::read(work.join("package-lock.json")).map_err(|error| error.to_string())?;
    let stamp = work.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // No scripts of packages run: nothing but the bundler is trusted on the builder's machine.
    run(
        Command::new(NPM).args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]),
        work,
    )?;
    fs::write(&stamp, lock).map_err(|error| error.to_string())
}

fn run(command: &mut Command, work: &Path) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(work).output().map_err(|error| {
        format!("`{program}` did not start ({error}); install Node.js 20.19 or newer with npm")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = if output.stderr.is_empty() {
        output.stdout
    } else {
        output.stderr
    };
    let said = String::from_utf8_lossy(&said);
    let telling = |line: &&str| !line.is_empty() && !line.starts_with("npm warn");
    let mut lines: Vec<&str> = said.lines().map(str::trim).filter(telling).collect();
    // The first lines of an error say what it is; what follows is where.
    lines.truncate(6);
    Err(format!("`{program}` failed: {}", lines.join(" | ")))
}

/// Copies a file or a folder; what was at `to` before is gone.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        if to.exists() {
            fs::remove_dir_all(to)?;
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            replace(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to).map(|_| ())
}
