//! What a program tells of its tasks, its runtimes, its locks and its channels.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod locks;
mod mpsc;
mod overflow;
mod runtimes;
mod support;
mod tasks;
