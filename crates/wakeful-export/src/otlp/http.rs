//! OTLP over HTTP: a POST, and what its status means (opentelemetry-proto 1.9, "OTLP/HTTP Response").

use std::time::{Duration, SystemTime};

use ::http::HeaderValue;
use ::http::header::{CONTENT_ENCODING, HOST, RETRY_AFTER};
use http_body_util::{BodyExt as _, Limited};
use wakeful_wire::otlp::{Answer, retry_delay};

use super::attempt::{ANSWER_BYTES_MAX, Failure, Message, begin, finish};
use super::connection::Connection;
use super::{Shared, compress};
use crate::settings::Protocol;

/// What a refusal says is repeated in a message up to this length.
const SAID_CHARS_MAX: usize = 200;

/// Posts once.
pub(super) async fn post(
    shared: &Shared,
    connection: &mut Connection,
    message: &Message,
) -> Result<Answer, Failure> {
    let content_type = match shared.protocol {
        #[cfg(feature = "json")]
        Protocol::HttpJson => "application/json",
        Protocol::HttpProtobuf | Protocol::Grpc => "application/x-protobuf",
    };
    let mut request = begin(shared, connection, content_type);
    if let Some(authority) = shared.url.authority() {
        request = request.header(HOST, authority.as_str());
    }
    if let Some(encoding) = compress::name(shared.compression) {
        request = request.header(CONTENT_ENCODING, encoding);
    }
    let request = finish(shared, request, message.bytes.clone())?;
    let response = connection.send(request).await.map_err(Failure::Broken)?;

    let status = response.status();
    let delay = response.headers().get(RETRY_AFTER).and_then(retry_after);
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(error) => return Err(Failure::Broken(*error)),
            Err(error) => {
                return Err(Failure::Refused {
                    said: error.to_string(),
                    again: false,
                    delay: None,
                });
            }
        },
    };
    if status.is_success() {
        return answer(shared.protocol, &body);
    }
    let said = format!("HTTP status {status}{}", said(shared.protocol, &body));
    if matches!(status.as_u16(), 404 | 405) {
        return Err(Failure::NoSuchPath { said });
    }
    Err(Failure::Refused {
        said,
        again: matches!(status.as_u16(), 429 | 502 | 503 | 504),
        delay: delay.or_else(|| retry_delay(&body)),
    })
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(SystemTime::now())
            .ok(),
    }
}

fn answer(protocol: Protocol, body: &[u8]) -> Result<Answer, Failure> {
    match protocol {
        #[cfg(feature = "json")]
        Protocol::HttpJson => Ok(json_answer(body)),
        Protocol::HttpProtobuf | Protocol::Grpc => Ok(Answer::decode(body)?),
    }
}

#[cfg(feature = "json")]
fn json_answer(body: &[u8]) -> Answer {
    // Many receivers answer with nothing, or with `{}`, or not in JSON at all: the status says what matters.
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let rejected = ["rejectedSpans", "rejectedLogRecords"].iter().find_map(|name| {
        let count = &partial[name];
        // A 64-bit number is text in protobuf's JSON.
        count.as_u64().or_else(|| count.as_str()?.parse().ok())
    });
    Answer {
        rejected: rejected.unwrap_or_default(),
        message: partial["errorMessage"].as_str().unwrap_or_default().to_owned(),
    }
}

/// What a refusal says beside its status: its text, or the message of the `google.rpc.Status` that it is.
fn said(protocol: Protocol, body: &[u8]) -> String {
    let text = match protocol {
        Protocol::HttpProtobuf | Protocol::Grpc => wakeful_wire::otlp::status_message(body),
        #[cfg(feature = "json")]
        Protocol::HttpJson => None,
    };
    let text = text
        .or_else(|| String::from_utf8(body.to_vec()).ok())
        .unwrap_or_default();
    let text: String = text
        .chars()
        .filter(|character| !character.is_control())
        .take(SAID_CHARS_MAX)
        .collect();
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_in_seconds_or_until_a_date() {
        let check = |text: &'static str, expected| {
            assert_eq!(retry_after(&HeaderValue::from_static(text)), expected, "{text}");
        };
        check("7", Some(Duration::from_secs(7)));
        check("Thu, 01 Jan 1970 00:00:00 GMT", None);
        check("soon", None);
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(90));
        let wait = retry_after(&HeaderValue::try_from(later).unwrap()).unwrap();
        assert!((80..=90).contains(&wait.as_secs()), "{wait:?}");
    }
}
