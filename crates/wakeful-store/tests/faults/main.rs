//! What befalls a store: torn and damaged logs, lost segments, crowds. Nothing that was acknowledged is lost but what the
//! damage hit, nothing is there twice, and what is lost is counted. (Full disks: `full_disk.rs`.)

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

mod crowd;
mod log;
mod merges;
mod resources;
mod segments;
#[path = "../support/mod.rs"]
mod support;
mod traces;
