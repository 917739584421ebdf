//! Programs that end: nothing vanishes, however they do.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::receiver::Grpc;

/// An example of this crate, which cargo builds with its tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    folder.join("examples").join(name)
}

/// Runs the program; returns the numbers that it says, by name, and whether it ended well.
fn run(arguments: &[&str], receiver: &Grpc) -> (Vec<(String, u64)>, bool) {
    let mut child = Command::new(example("ends"))
        .args(arguments)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .env("RUST_LOG", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "ready" {
            let id = child.id().to_string();
            let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
            assert!(sent.success());
        }
        let mut words = line.split(' ');
        if let (Some(name), Some(Ok(number))) = (words.next(), words.next().map(str::parse)) {
            said.push((name.to_owned(), number));
        }
    }
    (said, child.wait().unwrap().success())
}

fn check(how: &str, ends_well: bool) {
    let receiver = Grpc::start();
    let (said, success) = run(&[how, "5000"], &receiver);
    assert_eq!(said[0], ("created".to_owned(), 5000), "{how}");
    assert_eq!(success, ends_well, "{how}");
    assert_eq!(receiver.arrivals.spans().len(), 5000, "{how}");
}

#[test]
fn return_from_main() {
    check("return", true);
}

#[test]
fn exit() {
    check("exit", true);
}

#[test]
fn panic() {
    check("panic", false);
}

#[test]
fn sigterm() {
    check("sigterm", true);
}

#[test]
fn a_burst_into_the_smallest_rings_adds_up() {
    let receiver = Grpc::start();
    let (said, success) = run(&["burst", "1"], &receiver);
    assert!(success);
    let number = |wanted: &str| said.iter().find(|(name, _)| name == wanted).unwrap().1;
    let (created, lost) = (number("created"), number("lost"));
    assert!(lost > 0, "the rings were not small enough for {created} spans");
    assert_eq!(
        receiver.arrivals.spans().len() as u64 + lost,
        created,
        "lost {lost}"
    );
}
