//! OTLP (opentelemetry-proto 1.9): protobuf and JSON, both ways.
//!
//! [`Batch`] is what receivers hand to the store: an encoded request for spans that was checked, mended where needed, and
//! indexed. [`SpanView`] looks into one of its spans without decoding the rest.
//!
//! [`Items`] is what a recorder sends: spans or log records appended one by one, as bytes from the start.
//! [`request_to_json`] shows such bytes in OTLP's other form, and [`Answer`] reads what the receiver said.

mod answer;
#[cfg(feature = "decode")]
mod batch;
#[cfg(feature = "decode")]
mod check;
mod common;
#[cfg(feature = "decode")]
mod encode;
#[cfg_attr(
    not(feature = "decode"),
    allow(dead_code, reason = "a recorder sends no schema URLs")
)]
pub(crate) mod fields;
#[cfg(feature = "decode")]
mod intern;
mod items;
#[cfg(feature = "decode")]
mod json_decode;
#[cfg(feature = "decode")]
mod json_encode;
mod loss;
#[cfg(feature = "decode")]
mod mend;
mod record;
mod to_json;
#[cfg(feature = "decode")]
mod view;

#[cfg(feature = "decode")]
use wakeful_model::{Resource, Scope, Value};

pub use crate::protobuf::DecodeError;
pub use answer::{Answer, Signal, retry_delay, status_message};
#[cfg(feature = "decode")]
pub use batch::{Batch, Group, Operation, Row};
#[cfg(feature = "decode")]
pub use check::Rejected;
pub(crate) use common::write_resource;
#[cfg(feature = "decode")]
pub(crate) use intern::Interner;
pub use items::{Items, Request, encode_resource, encode_scope};
#[cfg(feature = "decode")]
pub use json_decode::{JsonError, decode_json};
#[cfg(feature = "decode")]
pub use json_encode::TracesData;
pub use loss::LossLine;
pub use record::{AttributeWriter, LogHead, SpanHead, SpanWriter, ValueRef};
pub use to_json::request_to_json;
#[cfg(feature = "decode")]
pub use view::{EventView, LinkView, ListView, SpanView, ValueView};

/// Reads what [`Batch::encoded_resource`] gave.
#[cfg(feature = "decode")]
pub fn decode_resource(bytes: &[u8]) -> Resource {
    batch::decode_resource(bytes)
}

/// Reads what [`Batch::encoded_scope`] gave.
#[cfg(feature = "decode")]
pub fn decode_scope(bytes: &[u8]) -> Scope {
    batch::decode_scope(bytes)
}

/// Checks and reads a `Resource` that stands at `base` of some other message.
#[cfg(feature = "decode")]
pub(crate) fn read_resource(bytes: &[u8], base: usize) -> Result<Resource, DecodeError> {
    check::described(bytes, base, fields::RESOURCE_ATTRIBUTE, &[])?;
    Ok(batch::read_resource(bytes, ""))
}

/// Encodes an `AnyValue`, for where it rests by itself.
#[cfg(feature = "decode")]
pub fn encode_value(value: &Value) -> Vec<u8> {
    encode::encode_value(value)
}

/// Reads what [`encode_value`] wrote.
#[cfg(feature = "decode")]
pub fn decode_value(bytes: &[u8]) -> Value {
    ValueView::new(bytes).to_model()
}
