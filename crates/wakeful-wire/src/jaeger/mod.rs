//! Jaeger's own forms of a trace.

pub mod agent;
#[cfg(feature = "decode")]
pub mod json;
#[cfg(feature = "decode")]
mod json_decode;
#[cfg(feature = "decode")]
mod thrift;

#[cfg(feature = "decode")]
pub use json_decode::{JsonError, decode_json};
#[cfg(feature = "decode")]
pub use thrift::{DecodeError, Protocol, decode_agent, decode_batch};
