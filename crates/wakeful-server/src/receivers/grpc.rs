//! Unary gRPC calls over axum's bodies: framing, status and trailers ("gRPC over HTTP/2", sections Requests and
//! Responses).
//!
//! A gRPC library would do this too, but would decode with types of its own. Here the message stays the bytes
//! that it came as, which are what the log keeps; one inflater, one limit and one budget of bytes serve all
//! receivers; and memory is taken as bytes arrive, where tonic (0.14) reserves the length that the prefix promises
//! first.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request};
use http_body_util::{BodyExt, Full};

use super::protobuf;
use crate::Reason;
use crate::body::Received;
use crate::ingest::{Encoding, RETRY_AFTER, Refusal};
use crate::plain::header_text;

/// A message stands behind a flag and its length.
pub(super) const PREFIX_BYTES: usize = 5;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

const ACCEPTED_ENCODINGS: HeaderValue = HeaderValue::from_static("identity,gzip,zstd,deflate");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");

/// How a call ended, if not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    code: Code,
    message: String,
    retry_after: Option<Duration>,
}

/// The status codes that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Code {
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

impl Status {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The reason to count it under.
    pub(super) fn reason(&self) -> Reason {
        match self.code {
            Code::Unimplemented => Reason::Encoding,
            _ => Reason::Malformed,
        }
    }

    /// For a method that is not served; the words are those of gRPC's Go server, which is Jaeger's.
    pub(super) fn unknown(path: &str, services: &[&str]) -> Self {
        let message = match path.strip_prefix('/').and_then(|path| path.rsplit_once('/')) {
            Some((service, method)) if services.contains(&service) => {
                format!("unknown method {method} for service {service}")
            }
            Some((service, _)) => format!("unknown service {service}"),
            None => format!("malformed method name: {path:?}"),
        };
        Self::new(Code::Unimplemented, message)
    }
}

impl From<&Refusal> for Status {
    fn from(refusal: &Refusal) -> Self {
        let (code, retry_after) = match refusal {
            Refusal::TooLarge { .. } => (Code::ResourceExhausted, None),
            Refusal::Malformed(_) => (Code::InvalidArgument, None),
            Refusal::Failed(_) => (Code::Internal, None),
            // What came too slowly may come better the next time: a sender gives up what is called its own fault.
            Refusal::Incomplete(_) | Refusal::Busy | Refusal::Store(_) | Refusal::Stopping => {
                (Code::Unavailable, Some(RETRY_AFTER))
            }
        };
        Self {
            code,
            message: refusal.to_string(),
            retry_after,
        }
    }
}

/// Refuses what is not a gRPC request with a plain HTTP status, as the specification asks.
pub(super) fn check(request: &request::Parts) -> Result<(), StatusCode> {
    if request.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !header_text(&request.headers, header::CONTENT_TYPE).starts_with("application/grpc") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    Ok(())
}

/// The one message of a call's body, and how it is compressed.
pub(super) fn message(headers: &HeaderMap, received: Received) -> Result<(Encoding, Received), Status> {
    let Received { mut bytes, hold } = received;
    if bytes.len() < PREFIX_BYTES {
        return Err(Status::new(Code::InvalidArgument, "the call has no message"));
    }
    let flag = bytes.get_u8();
    let length = bytes.get_u32() as usize;
    if length != bytes.len() {
        let what = format!(
            "the message's prefix says {length} bytes, but {} follow",
            bytes.len()
        );
        return Err(Status::new(Code::InvalidArgument, what));
    }
    let encoding = match flag {
        0 => Encoding::Identity,
        1 => compression(headers)?,
        other => {
            return Err(Status::new(
                Code::Internal,
                format!("unknown compression flag {other}"),
            ));
        }
    };
    Ok((encoding, Received { bytes, hold }))
}

fn compression(headers: &HeaderMap) -> Result<Encoding, Status> {
    let unmarked = "the message is marked as compressed, but grpc-encoding is not set";
    match header_text(headers, GRPC_ENCODING).parse() {
        Ok(Encoding::Identity) => Err(Status::new(Code::Internal, unmarked)),
        Ok(encoding) => Ok(encoding),
        Err(unknown) => Err(Status::new(Code::Unimplemented, unknown.to_string())),
    }
}

/// The answer to a call: a message and a good status, or a bad status alone.
pub(super) fn answer(result: Result<Vec<u8>, Status>) -> Response {
    match result {
        Ok(message) => {
            let mut framed = Vec::with_capacity(PREFIX_BYTES + message.len());
            framed.push(0);
            framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
            framed.extend_from_slice(&message);
            let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
            let body = Full::new(Bytes::from(framed)).with_trailers(std::future::ready(Some(Ok(trailers))));
            let headers = [
                (header::CONTENT_TYPE, CONTENT_TYPE),
                (GRPC_ACCEPT_ENCODING, ACCEPTED_ENCODINGS),
            ];
            (headers, Body::new(body)).into_response()
        }
        // Without a message the trailers go as headers ("Trailers-Only").
        Err(status) => (status.headers(), Body::empty()).into_response(),
    }
}

impl Status {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        headers.insert(GRPC_ACCEPT_ENCODING, ACCEPTED_ENCODINGS);
        headers.insert(GRPC_STATUS, HeaderValue::from(self.code as u16));
        if let Ok(message) = HeaderValue::from_str(&percent_encode(&self.message)) {
            headers.insert(GRPC_MESSAGE, message);
        }
        if self.retry_after.is_some() {
            let details = protobuf::status(self.code as u8, &self.message, self.retry_after);
            if let Ok(details) = HeaderValue::from_str(&STANDARD_NO_PAD.encode(details)) {
                headers.insert(GRPC_DETAILS, details);
            }
        }
        headers
    }
}

/// Header values are printable ASCII; the rest, and the percent sign itself, is written as `%XX`.
fn percent_encode(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'$' | b'&'..=b'~' => out.push(byte as char),
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        assert_eq!(percent_encode("100 % \u{fc}ber\n"), "100 %25 %C3%BCber%0A");
    }

    #[test]
    fn unknown_methods_are_named_in_jaegers_words() {
        let check = |path, text: &str| assert_eq!(Status::unknown(path, &["a.B"]).message, text);
        check("/a.B/Do", "unknown method Do for service a.B");
        check("/a.C/Do", "unknown service a.C");
        check("/nonsense", "malformed method name: \"/nonsense\"");
    }

    #[test]
    fn a_prefix_that_lies_is_refused() {
        let check = |bytes: &'static [u8], text: &str| {
            let error = message(&HeaderMap::new(), Bytes::from_static(bytes).into()).unwrap_err();
            assert_eq!(error.message, text);
        };
        check(b"", "the call has no message");
        check(
            &[0, 0, 0, 0, 9, 1],
            "the message's prefix says 9 bytes, but 1 follow",
        );
        check(
            &[0, 0, 0, 0, 1, 1, 1],
            "the message's prefix says 1 bytes, but 2 follow",
        );
        check(&[7, 0, 0, 0, 1, 1], "unknown compression flag 7");
        check(
            &[1, 0, 0, 0, 1, 1],
            "the message is marked as compressed, but grpc-encoding is not set",
        );
    }
}
