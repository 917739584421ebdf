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

use wakeful_model::{Attribute, Value};

pub use batch::{Batch, Group, Operation, Row};
pub use check::{DecodeError, Rejected};
pub use json_decode::{JsonError, decode_json};
pub use json_encode::TracesData;
pub use view::{EventView, LinkView, ListView, SpanView, ValueView};

/// Encodes attributes as the entries of a `KeyValueList`, for where they rest by themselves.
pub fn encode_attributes(attributes: &[Attribute]) -> Vec<u8> {
    encode::encode_attributes(attributes)
}

/// Reads what [`encode_attributes`] wrote.
pub fn decode_attributes(bytes: &[u8]) -> Vec<Attribute> {
    view::to_attributes(view::attributes_of(bytes, fields::LIST_ITEM))
}

/// Encodes an `AnyValue`, for where it rests by itself.
pub fn encode_value(value: &Value) -> Vec<u8> {
    encode::encode_value(value)
}

/// Reads what [`encode_value`] wrote.
pub fn decode_value(bytes: &[u8]) -> Value {
    ValueView::new(bytes).to_model()
}
