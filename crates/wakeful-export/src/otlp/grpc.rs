//! gRPC's unary call ("gRPC over HTTP2"): five bytes before the message, a status behind the answer.

use std::time::Duration;

use ::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use bytes::{BufMut as _, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use wakeful_wire::otlp::{Answer, retry_delay};

use super::attempt::{ANSWER_BYTES_MAX, Failure, Message, begin, finish};
use super::connection::Connection;
use super::{Shared, compress};

/// Whether the message is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// Headers with bytes in them (gRPC over HTTP2, "Custom-Metadata"): some send padding, some do not.
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Status codes (gRPC, "Status codes and their use in gRPC").
const OK: u32 = 0;
const RESOURCE_EXHAUSTED: u32 = 8;
/// Those after which OTLP (1.9, "OTLP/gRPC Response") has a sender try again: cancelled, deadline exceeded, aborted, out of
/// range, unavailable, data loss.
const TRANSIENT: [u32; 6] = [1, 4, 10, 11, 14, 15];

/// Calls `Export` once.
pub(super) async fn call(
    shared: &Shared,
    connection: &mut Connection,
    message: &Message,
) -> Result<Answer, Failure> {
    let encoding = compress::name(shared.compression);
    let mut body = BytesMut::with_capacity(PREFIX_BYTES + message.bytes.len());
    body.put_u8(u8::from(encoding.is_some()));
    body.put_u32(message.bytes.len() as u32);
    body.extend_from_slice(&message.bytes);

    let mut request = begin(shared, connection, "application/grpc")
        .header(::http::header::TE, "trailers")
        .header("grpc-timeout", grpc_timeout(shared.timeout));
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let request = finish(shared, request, body.freeze())?;
    let response = connection.send(request).await.map_err(Failure::Broken)?;

    if !response.status().is_success() {
        return Err(from_http(response.status()));
    }
    let headers = response.headers().clone();
    let (bytes, trailers) = read(response.into_body()).await?;
    // A refusal without a message has its status among the headers.
    let trailers = trailers.unwrap_or(headers);
    match status(&trailers) {
        Some(OK) => {
            let message = bytes.get(PREFIX_BYTES..).unwrap_or_default();
            Ok(Answer::decode(message)?)
        }
        code => Err(refusal(code, &trailers)),
    }
}

/// The most digits that the header may have are eight.
fn grpc_timeout(timeout: Duration) -> String {
    format!("{}m", timeout.as_millis().min(99_999_999))
}

async fn read(mut body: Incoming) -> Result<(Vec<u8>, Option<HeaderMap>), Failure> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame.map_err(Failure::Broken)?.into_data() {
            Ok(data) if bytes.len() + data.len() <= ANSWER_BYTES_MAX => bytes.extend_from_slice(&data),
            Ok(_) => {
                return Err(Failure::Refused {
                    said: format!("an answer of more than {ANSWER_BYTES_MAX} bytes"),
                    again: false,
                    delay: None,
                });
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return Ok((bytes, Some(trailers)));
                }
            }
        }
    }
    Ok((bytes, None))
}

fn status(headers: &HeaderMap) -> Option<u32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

fn refusal(code: Option<u32>, headers: &HeaderMap) -> Failure {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let details = BINARY.decode(text("grpc-status-details-bin"));
    let delay = details.ok().as_deref().and_then(retry_delay);
    let said = percent_decode(text("grpc-message"));
    let Some(code) = code else {
        return Failure::Refused {
            said: "an answer without a gRPC status".to_owned(),
            again: true,
            delay,
        };
    };
    Failure::Refused {
        said: format!("gRPC status {code}: {said}"),
        again: TRANSIENT.contains(&code) || code == RESOURCE_EXHAUSTED && delay.is_some(),
        delay,
    }
}

/// What something between here and the receiver said, which speaks HTTP alone.
fn from_http(status: ::http::StatusCode) -> Failure {
    Failure::Refused {
        said: format!("HTTP status {status}"),
        again: matches!(status.as_u16(), 429 | 502 | 503 | 504),
        delay: None,
    }
}

/// `grpc-message` is percent-encoded.
fn percent_decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let digits = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, digits) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_receiver_says_is_read() {
        assert_eq!(percent_decode(b"caf%C3%A9 100%"), "café 100%");
    }

    #[test]
    fn an_exhausted_receiver_is_asked_again_only_if_it_says_when() {
        let check = |code, details: &str, again| {
            let mut headers = HeaderMap::new();
            if !details.is_empty() {
                headers.insert("grpc-status-details-bin", details.parse().unwrap());
            }
            let Failure::Refused { again: found, .. } = refusal(code, &headers) else {
                panic!()
            };
            assert_eq!(found, again, "{code:?} {details}");
        };
        // A `google.rpc.Status` with a `RetryInfo` of two seconds.
        let wait = "CAgaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIAg==";
        check(Some(8), wait, true);
        check(Some(14), "", true);
        check(Some(3), "", false);
        check(Some(8), "", false);
        check(None, "", true);
    }
}
