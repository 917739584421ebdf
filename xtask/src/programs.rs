//! The workspace's own programs, built before they are run.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::shell;

/// `--…-port 0` for every port of `wakeful serve`.
pub(crate) fn free_ports() -> impl Iterator<Item = String> {
    [
        "otlp-grpc",
        "otlp-http",
        "jaeger-compact",
        "jaeger-binary",
        "jaeger-http",
        "query",
        "health",
        "metrics",
    ]
    .into_iter()
    .flat_map(|name| [format!("--{name}-port"), "0".to_owned()])
}

/// How programs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// Takes `--debug` from the arguments; without it, what is measured is optimised.
    pub(crate) fn take(args: &mut pico_args::Arguments) -> Self {
        if args.contains("--debug") {
            Self::Debug
        } else {
            Self::Release
        }
    }
}

/// Builds programs; the answer is the folder that they are in.
pub(crate) fn build(profile: Profile, programs: &[&str]) -> anyhow::Result<PathBuf> {
    let mut command = shell::cargo(&[
        "build",
        "--package",
        "wakeful-cli",
        "--package",
        "wakeful-testkit",
    ]);
    command.args(["--features", "wakeful-testkit/load"]);
    for program in programs {
        command.args(["--bin", program]);
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    shell::run(&mut command)?;
    Ok(target_dir()?.join(match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    }))
}

/// Builds examples of the crate `wakeful`, unoptimised; the answer is the folder that they are in.
pub(crate) fn build_examples(names: &[&str]) -> anyhow::Result<PathBuf> {
    let mut build = shell::cargo(&["build", "--package", "wakeful"]);
    for name in names {
        build.args(["--example", name]);
    }
    shell::run(&mut build)?;
    Ok(target_dir()?.join("debug").join("examples"))
}

/// Builds the example service that context is passed through, unoptimised; the answer is the program.
pub(crate) fn build_iox_service() -> anyhow::Result<PathBuf> {
    shell::run(&mut shell::cargo(&["build", "--package", "wakeful-iox-service"]))?;
    Ok(target_dir()?.join("debug").join("iox-service"))
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> anyhow::Result<PathBuf> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let metadata: serde_json::Value = serde_json::from_str(&shell::read(&mut shell::cargo(&arguments))?)?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target directory")?;
    Ok(folder.into())
}
