//! The binary as people run it.

// Helpers of tests are not in functions marked as tests, but fail them all the same.
#![allow(clippy::unwrap_used, clippy::panic)]

mod deadlock;
mod exporters;
mod get;
mod help;
mod life;
mod loss;
mod own_spans;
mod ports;
mod process;
mod runtime;
mod scrape;
mod top;
mod top_history;
