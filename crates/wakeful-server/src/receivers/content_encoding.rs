//! The `Content-Encoding` of a request.

use http::{HeaderMap, header};
use wakeful_wire::inflate::InflateError;

use crate::ingest::Encoding;

/// How the body is compressed.
pub(super) fn content_encoding(headers: &HeaderMap) -> Result<Encoding, InflateError> {
    let value = headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes().trim_ascii());
    String::from_utf8_lossy(value.unwrap_or_default()).parse()
}
