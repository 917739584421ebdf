//! Jaeger's own forms of a trace.

pub mod json;
mod json_decode;
mod thrift;

pub use json_decode::{JsonError, decode_json};
pub use thrift::{DecodeError, Protocol, decode_agent, decode_batch};
