//! The network edge over real sockets: what each port takes, refuses, and survives.

// Helpers of tests are not in functions marked as tests, but fail them all the same.
#![allow(clippy::unwrap_used, clippy::panic)]

mod captured;
mod client;
mod dependencies;
mod limits;
mod noise;
mod page;
mod recorded;
mod runtime;
mod runtime_frames;
mod runtime_lanes;
mod runtime_locks;
mod server;
mod stopping;
mod ui_api;
mod ui_api_search;
mod ui_loss;
mod ui_trace;
mod ui_trace_captured;
mod ui_trace_find;
mod ui_trace_logs;
mod ui_trace_span;
mod ui_trace_watch;
