//! Ten seconds of as many spans as two threads can make, into the smallest ring: what went in must come out or be counted.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that takes too long for every run"
)]

#[path = "../tests/overflow/flood.rs"]
mod flood;

use std::time::Duration;

fn main() {
    let seconds = 10;
    let sum = flood::flood(2, Duration::from_secs(seconds), 4 << 10, Duration::ZERO);
    sum.check();
    println!(
        "{} spans in {seconds} s ({:.1} M/s): {} received, {} counted as lost, none missing",
        sum.created_spans,
        sum.created_spans as f64 / seconds as f64 / 1e6,
        sum.received_spans,
        sum.lost_spans
    );
}
