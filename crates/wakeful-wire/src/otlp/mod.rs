//! OTLP traces (opentelemetry-proto 1.9): protobuf and JSON, both ways.

mod batch;

pub use batch::{Batch, DecodeError, Rejected};
