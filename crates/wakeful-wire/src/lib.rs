//! Bytes to the model and back, a folder for each format; everything behind a decoder sees plain data.
//!
//! No decoder trusts a length: sizes are checked against what is there before anything is allocated, nesting is
//! bounded, and an error says what was wrong and at which byte.

pub mod frame;
pub mod inflate;
pub mod jaeger;
pub mod json;
pub mod otlp;
mod thrift;

pub use thrift::ThriftError;
