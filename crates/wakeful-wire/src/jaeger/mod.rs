//! Jaeger's own forms of a trace.

pub mod json;
mod thrift;

pub use thrift::{DecodeError, Protocol, decode_agent, decode_batch};
