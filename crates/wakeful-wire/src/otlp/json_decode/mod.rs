//! OTLP's JSON form of an `ExportTraceServiceRequest`, read in one pass into plain data.
//!
//! Clients write more than the specification allows (opentelemetry-proto 1.9, "JSON Protobuf Encoding"): NaN as
//! `null`, 2^63 as an `intValue`, half of a surrogate pair. One such value costs itself at most, never the batch:
//! only what is no JSON, or no request by its shape, is an error. Field names are taken in `lowerCamelCase` and as
//! in the `.proto` file, and unknown ones are passed over.

mod id;
mod object;
mod request;
mod scalar;
mod span;
mod text;
mod value;

use serde::de::DeserializeSeed;
use wakeful_model::SpanBatch;

use super::Rejected;
use object::Object;
use request::Request;

/// Why bytes are not a request in JSON; the text ends with line and column.
#[derive(Debug, thiserror::Error)]
#[error("malformed OTLP JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

/// Reads an `ExportTraceServiceRequest` in JSON.
///
/// Spans whose trace or span id is not 32 or 16 hex digits, or zero, are left out and counted. Names that are empty
/// and spans that end before they start are passed on as they are.
///
/// # Errors
/// If the bytes are not JSON, or objects and lists do not stand where the request has them.
pub fn decode_json(body: &[u8]) -> Result<(SpanBatch, Rejected), JsonError> {
    let text = text::mend(body);
    let mut request = Request::default();
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    Object(&mut request).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((request.batch, request.rejected))
}
