//! The facade against receivers, runtimes and ends of programs, by real sockets and processes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod console;
mod destinations;
mod ends;
mod exporters;
mod harm;
mod locks;
mod outage;
mod processors;
mod receiver;
mod runtime;
mod tls;
mod variables;
