//! A server under measurement: wakeful, or a Jaeger to put beside it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use wakeful_testkit::process::Usage;

use crate::{programs, wait};

const READY_MAX: Duration = Duration::from_secs(60);

/// Longer than the ten seconds after which data is flushed, so that flushes and merges are counted.
const IDLE_FOR: Duration = Duration::from_secs(12);
const IDLE_MAX: Duration = Duration::from_secs(300);

/// The core that a server has to itself while it is measured; the load has the next.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    pub(crate) otlp_grpc: SocketAddr,
    pub(crate) query: SocketAddr,
}

impl Server {
    /// Starts `wakeful serve` on free ports.
    pub(crate) fn wakeful(binary: &Path, data_dir: &Path) -> anyhow::Result<Self> {
        let mut command = on_core(binary, SERVER_CORE);
        command
            .args(["serve", "--ready-json", "--data-dir"])
            .arg(data_dir)
            .args(programs::free_ports());
        let child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start wakeful")?;
        let mut process = Process(child);
        let stdout = process
            .0
            .stdout
            .take()
            .context("wakeful has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready: Value =
            serde_json::from_str(&line).context("wakeful did not get ready; its reason is above")?;
        let address = |name: &str| {
            let address = ready["listeners"][name]
                .as_str()
                .and_then(|address| address.parse().ok());
            address.with_context(|| format!("wakeful's ready line names no port {name}"))
        };
        Ok(Self {
            otlp_grpc: address("otlp-grpc")?,
            query: address("query")?,
            process,
        })
    }

    /// Starts a Jaeger with memory storage for `traces_max` traces.
    pub(crate) fn jaeger(binary: &Path, folder: &Path, traces_max: u64) -> anyhow::Result<Self> {
        let [otlp_grpc, query, query_grpc] = [free_port()?, free_port()?, free_port()?];
        let settings = folder.join("jaeger.yaml");
        fs::write(
            &settings,
            jaeger_settings(otlp_grpc, query, query_grpc, traces_max),
        )?;
        let mut command = on_core(binary, SERVER_CORE);
        command
            .arg("--config")
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let server = Self {
            process: Process(child),
            otlp_grpc,
            query,
        };
        for port in [otlp_grpc, query] {
            let answers = wait::until(READY_MAX, || TcpStream::connect(port).ok());
            answers.with_context(|| format!("{} does not listen on {port}", binary.display()))?;
        }
        Ok(server)
    }

    /// The base of its query API.
    pub(crate) fn api(&self) -> String {
        format!("http://{}", self.query)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// What it has used since its start.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Ok(Usage::of(self.pid())?)
    }

    /// Waits until it has had nothing to do for a while.
    pub(crate) fn wait_until_idle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let before = self.usage()?.cpu;
            wait::pause(IDLE_FOR);
            let busy = self.usage()?.cpu - before;
            if busy < IDLE_FOR / 100 {
                return Ok(());
            }
            if begun.elapsed() > IDLE_MAX {
                bail!("the server is still busy {IDLE_MAX:?} after the load");
            }
        }
    }
}

/// A child that does not outlive its owner.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The load's program on its core.
pub(crate) fn load(binary: &Path) -> Command {
    on_core(binary, LOAD_CORE)
}

/// `program` pinned to a core, where there are several and `taskset` to do it; else as it is.
fn on_core(program: &Path, core: usize) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let taskset = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if cores < 2 || !taskset.is_ok_and(|status| status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn jaeger_settings(
    otlp_grpc: SocketAddr,
    query: SocketAddr,
    query_grpc: SocketAddr,
    traces_max: u64,
) -> String {
    format!(
        "\
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter]}}
  telemetry:
    metrics: {{level: none}}
    logs: {{level: error}}
extensions:
  jaeger_storage:
    backends:
      memory: {{memory: {{max_traces: {traces_max}}}}}
  jaeger_query:
    storage: {{traces: memory}}
    enable_tracing: false
    http: {{endpoint: \"{query}\"}}
    grpc: {{endpoint: \"{query_grpc}\"}}
receivers:
  otlp:
    protocols:
      grpc: {{endpoint: \"{otlp_grpc}\"}}
processors:
  batch:
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"
    )
}
