//! A running `wakeful`, and what it says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpSocket;

const LISTENERS: [&str; 8] = [
    "otlp-grpc",
    "otlp-http",
    "jaeger-compact",
    "jaeger-binary",
    "jaeger-http",
    "query",
    "health",
    "metrics",
];

/// The binary, without settings from outside.
pub(crate) fn wakeful(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wakeful"));
    command.args(arguments).env_clear().env("RUST_LOG", "info");
    // Demos beside each other.
    command.env("TOKIO_CONSOLE_BIND", "127.0.0.1:0");
    // The home folder, for the default data folder, and what a temporary folder needs.
    for name in ["HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs it to its end.
pub(crate) fn output(arguments: &[&str]) -> Output {
    wakeful(arguments).stdin(Stdio::null()).output().unwrap()
}

/// `--…-port 0` for every port.
pub(crate) fn free_ports() -> Vec<String> {
    LISTENERS
        .iter()
        .flat_map(|name| [format!("--{name}-port"), "0".to_owned()])
        .collect()
}

/// A port that is taken as long as this lives, so that no other test gets it, and on which nobody listens until somebody binds it too.
pub(crate) struct Reserved {
    pub(crate) address: SocketAddr,
    _socket: TcpSocket,
}

impl Reserved {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Both sides must ask for it; listeners do.
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            _socket: socket,
        }
    }
}

/// A server that is ready; killed if it is dropped.
pub(crate) struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    /// Starts a subcommand on free ports.
    pub(crate) fn start(subcommand: &str, arguments: &[&str]) -> Self {
        let mut command = wakeful(&[subcommand, "--ready-json"]);
        command
            .args(free_ports())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self::spawn(command)
    }

    /// Starts a command that says when it is ready; its outputs are pipes.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line.is_empty() {
            panic!("not ready: {}", stderr_of(&mut child));
        }
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        self.ready["listeners"][listener]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// What stands at a path of the query port.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address("query")).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    }

    /// The JSON at a path of the query port.
    pub(crate) fn get(&self, path: &str) -> Value {
        let body = self.text(path);
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// Polls a path until it answers as it should.
    pub(crate) fn await_get(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = self.get(path);
            if done(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{path}: {answer}");
            std::thread::yield_now();
        }
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Reads what it says on stderr until a line contains `part`.
    pub(crate) fn await_said(&mut self, part: &str) {
        let mut lines = BufReader::new(self.child.stderr.as_mut().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().contains(part)),
            "it ended without saying {part:?}"
        );
    }

    /// Waits for the end; its exit code and what it said on stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), stderr_of(&mut self.child));
            }
            assert!(Instant::now() < deadline, "still running after a minute");
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Mostly it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stderr_of(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}
