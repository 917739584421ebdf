//! What is recorded: programs, and the spans that are handed out.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod contexts;
mod fields;
mod life;
mod lines;
mod logs;
mod rendered;
mod sampling;
mod status;
