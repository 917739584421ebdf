//! OTLP traces (opentelemetry-proto 1.9): protobuf and JSON, both ways.
//!
//! [`Batch`] is what receivers hand to the store: an encoded request that was checked, mended where needed, and
//! indexed. [`SpanView`] looks into one of its spans without decoding the rest.

mod batch;
mod check;
mod encode;
mod fields;
mod json_decode;
mod json_encode;
mod mend;
mod proto;
mod view;

use wakeful_model::{Resource, Scope, Value};

pub use batch::{Batch, Group, Operation, Row};
pub use check::{DecodeError, Rejected};
pub use json_decode::{JsonError, decode_json};
pub use json_encode::TracesData;
pub use view::{EventView, LinkView, ListView, SpanView, ValueView};

/// Reads what [`Batch::encoded_resource`] gave.
pub fn decode_resource(bytes: &[u8]) -> Resource {
    batch::decode_resource(bytes)
}

/// Reads what [`Batch::encoded_scope`] gave.
pub fn decode_scope(bytes: &[u8]) -> Scope {
    batch::decode_scope(bytes)
}

/// Encodes an `AnyValue`, for where it rests by itself.
pub fn encode_value(value: &Value) -> Vec<u8> {
    encode::encode_value(value)
}

/// Reads what [`encode_value`] wrote.
pub fn decode_value(bytes: &[u8]) -> Value {
    ValueView::new(bytes).to_model()
}
