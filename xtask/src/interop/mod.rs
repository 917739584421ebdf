//! `interop`: wakeful's exporters and propagation against code that is not ours; see `interop/README.md`.

mod chain;
mod helper;
mod jaeger;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use pico_args::Arguments;
use serde_json::Value;

use crate::{programs, shell};
use helper::Helper;

/// Versions of the day when this was written; newer ones should do.
const PYTHON_PACKAGES: [&str; 7] = [
    "grpcio>=1.85",
    "opentelemetry-proto>=1.45",
    "opentelemetry-sdk>=1.45",
    "opentelemetry-exporter-otlp-proto-grpc>=1.45",
    "opentelemetry-propagator-b3>=1.45",
    "opentelemetry-propagator-jaeger>=1.45",
    "opentelemetry-propagator-aws-xray>=1.0.2",
];

const SPANS: usize = 5000;

pub(crate) fn run(mut args: Arguments) -> anyhow::Result<()> {
    let jaeger: Option<PathBuf> = args.opt_value_from_str("--jaeger")?;
    shell::finish(args)?;
    match jaeger {
        Some(binary) => jaeger::check(&binary)?,
        None => println!("Jaeger: no binary was given (--jaeger PATH), so none was asked"),
    }

    let folder = programs::target_dir()?.join("interop");
    let python = python(&folder)?;
    let program = program()?;
    let scripts = shell::root().join("interop/python");

    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let receiver = Helper::start(Command::new(&python).arg(scripts.join("receive.py")))?;
        let port = if protocol == "grpc" { "grpc" } else { "http" };
        let mut command = Command::new(&program);
        command.args(["spans", &SPANS.to_string()]);
        send(command, &receiver.url(port)?, protocol)?;
        check_spans(&format!("Python, {protocol}"), &receiver.end()?)?;
    }

    let receiver = Helper::start(Command::new(&python).arg(scripts.join("receive.py")))?;
    let to = receiver.url("grpc")?;
    let service_script = scripts.join("service.py");
    let service = Helper::start(
        Command::new(&python)
            .arg(&service_script)
            .arg(to.trim_start_matches("http://")),
    )?;
    let mut command = Command::new(&program);
    command.args(["request", &service.url("http")?]);
    send(command, &to, "grpc")?;
    service.end()?;
    check_request(&receiver.end()?)?;

    chain::run(&python, &service_script)?;

    if Command::new("go").arg("version").output().is_err() {
        println!("Go: there is no `go` here, so its stubs were not asked");
        return Ok(());
    }
    let binary = folder.join("receive-go");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&binary).arg("./...");
    shell::run(build.current_dir(shell::root().join("interop/go")))?;
    let receiver = Helper::start(&mut Command::new(binary))?;
    let mut command = Command::new(&program);
    command.args(["spans", &SPANS.to_string()]);
    send(command, &receiver.url("grpc")?, "grpc")?;
    check_spans("Go, grpc", &receiver.end()?)
}

/// The interpreter of an environment with the packages.
fn python(folder: &Path) -> anyhow::Result<PathBuf> {
    let python = folder.join("python/bin/python");
    if !python.exists() {
        shell::run(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(folder.join("python")),
        )?;
    }
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet"])
        .args(PYTHON_PACKAGES);
    shell::run(&mut install)?;
    Ok(python)
}

/// The example program that records.
fn program() -> anyhow::Result<PathBuf> {
    shell::run(&mut shell::cargo(&[
        "build",
        "--package",
        "wakeful",
        "--example",
        "interop",
    ]))?;
    Ok(programs::target_dir()?.join("debug/examples/interop"))
}

fn send(mut command: Command, endpoint: &str, protocol: &str) -> anyhow::Result<()> {
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_SERVICE_NAME", "rust");
    shell::run(&mut command)
}

fn check_spans(what: &str, came: &Value) -> anyhow::Result<()> {
    let spans = came.as_array().context("no list of spans")?;
    let ids: BTreeSet<&str> = spans.iter().filter_map(|span| span["id"].as_str()).collect();
    ensure!(
        ids.len() == SPANS && spans.len() == SPANS,
        "{what}: {} spans of {SPANS}",
        ids.len()
    );
    for span in spans {
        let is_right = (span["name"] == "work")
            && span["kind"] == 3
            && span["status"] == 2
            && span["service"] == "rust"
            && span["scope"] == "wakeful"
            && span["parent"] == "";
        ensure!(is_right, "{what}: {span}");
        // Go's side tells no attributes.
        if let Some(attributes) = span["attributes"].as_object() {
            let is_right = attributes["number"].is_u64()
                && attributes["ratio"] == 0.5
                && attributes["text"] == "größe"
                && attributes["yes"] == true
                && attributes["large"] == u128::MAX.to_string()
                && span["events"][0] == "retry";
            ensure!(is_right, "{what}: {span}");
        }
    }
    println!("{what}: {SPANS} spans, as they were recorded");
    Ok(())
}

/// Rust's call, Python's two spans and Rust's answer are one trace, each the parent of the next.
fn check_request(came: &Value) -> anyhow::Result<()> {
    let spans = came.as_array().context("no list of spans")?;
    let named: BTreeMap<&str, &Value> = spans
        .iter()
        .filter_map(|span| Some((span["name"].as_str()?, span)))
        .collect();
    let way = ["call", "serve", "ask", "answer"];
    for (name, service) in way.into_iter().zip(["rust", "python", "python", "rust"]) {
        let span = named
            .get(name)
            .with_context(|| format!("no span {name} in {came}"))?;
        ensure!(span["service"] == service, "{span}");
        ensure!(span["trace"] == named["call"]["trace"], "another trace: {span}");
    }
    for pair in way.windows(2) {
        let (parent, child) = (named[pair[0]], named[pair[1]]);
        if child["parent"] != parent["id"] {
            bail!("{} is not the parent of {}: {came}", pair[0], pair[1]);
        }
    }
    println!(
        "a request from Rust through Python and back: one trace of {} spans",
        spans.len()
    );
    Ok(())
}
