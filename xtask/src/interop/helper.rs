//! Programs that listen, and the questions that they are asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// A program that says in its first line where it listens; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Helper {
    child: Child,
    said: String,
    output: BufReader<ChildStdout>,
}

impl Helper {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run {command:?}"))?;
        let output = child.stdout.take().context("it has no standard output")?;
        let mut helper = Self {
            child,
            said: String::new(),
            output: BufReader::new(output),
        };
        helper.output.read_line(&mut helper.said)?;
        ensure!(!helper.said.is_empty(), "{command:?} does not listen");
        Ok(helper)
    }

    /// Its first line.
    pub(crate) fn said(&self) -> &str {
        self.said.trim_end()
    }

    /// The URL of one of its ports, if its first line is JSON of their numbers.
    pub(crate) fn url(&self, port: &str) -> anyhow::Result<String> {
        let ports: Value = serde_json::from_str(self.said())?;
        let port = ports[port].as_u64().context("it has no such port")?;
        Ok(format!("http://127.0.0.1:{port}"))
    }

    /// Ends its standard input, and reads the JSON that it says last.
    pub(crate) fn end(mut self) -> anyhow::Result<Value> {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.output.read_to_string(&mut text)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "a helper failed: {status}");
        Ok(serde_json::from_str(&text)?)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The body of a good answer to a GET with these headers (`name: value`).
pub(crate) fn get(url: &str, headers: &[String]) -> anyhow::Result<String> {
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .with_context(|| format!("{url} is not like http://host/path"))?;
    let mut stream = TcpStream::connect(host)?;
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "GET /{path} HTTP/1.0\r\nhost: {host}\r\n{headers}\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer without a body")?;
    let status = head.split(' ').nth(1);
    ensure!(
        status == Some("200"),
        "{url}: {}",
        head.lines().next().unwrap_or_default()
    );
    Ok(body.to_owned())
}
