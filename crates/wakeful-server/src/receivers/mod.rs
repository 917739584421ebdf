//! What takes spans in, a file for each protocol.

mod content_encoding;
mod frames;
mod grpc;
pub(crate) mod jaeger_agent;
pub(crate) mod jaeger_http;
pub(crate) mod otlp_grpc;
pub(crate) mod otlp_http;
mod protobuf;
pub(crate) mod system_drops;
