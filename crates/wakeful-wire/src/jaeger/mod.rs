//! Jaeger's own forms of a trace.

pub mod json;
