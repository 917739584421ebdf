//! What befalls a store: torn and damaged logs, lost segments, full disks, crowds. Nothing that was acknowledged is
//! lost but what the damage hit, nothing is there twice, and what is lost is counted.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helper fails the test, or says why it cannot run"
)]

mod crowd;
mod disk;
mod log;
mod merges;
mod segments;
#[path = "../support/mod.rs"]
mod support;
mod traces;
