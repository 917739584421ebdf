//! `upload`: a file, stored as if a client had sent it.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use http::{HeaderMap, HeaderValue};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use wakeful_model::TraceId;

use super::error::ApiError;
use crate::ingest::{Encoding, Format, Refusal};
use crate::query::Receiving;
use crate::{About, Reason, Receiver, blocking, body};

/// Ids that an answer has at most.
const TRACES_MAX: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    format: &'static str,
    spans: u64,
    traces: Vec<String>,
    truncated: bool,
    kept_seconds: Option<u64>,
}

pub(super) async fn upload(
    State(receiving): State<Receiving>,
    State(about): State<Arc<About>>,
    request: Request,
) -> Result<Json<Answer>, ApiError> {
    let (head, body) = request.into_parts();
    check_origin(&head.headers)?;
    let ingest = receiving.ingest;
    let bytes_max = ingest.limits().http_message_bytes_max;
    let kept = async {
        let received = body::read(body, 0, bytes_max, &ingest).await?;
        let bytes = received.bytes.clone();
        let format = blocking::run(move || sniff(&bytes)).await??;
        let decoded = ingest
            .decode(format, Encoding::Identity, received, bytes_max)
            .await?;
        if decoded.batch.spans() == 0 {
            return Err(Refusal::Malformed(in_vain(decoded.rejected.total())));
        }
        let answer = Answer {
            format: name(format),
            spans: decoded.batch.spans() as u64,
            kept_seconds: about.retention.time.map(|time| time.as_secs()),
            ..traces(decoded.batch.trace_ids())
        };
        ingest.keep_decoded(Receiver::Upload, decoded).await?;
        Ok(answer)
    };
    kept.await.map(Json).map_err(|refusal: Refusal| {
        let counters = ingest.counters();
        counters.refused_message(Receiver::Upload, refusal.reason());
        refused(&refusal)
    })
}

/// A page of another origin must not store anything here; browsers say where a request comes from.
fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(ApiError::forbidden(
            "files are taken from wakeful's own page and from programs, not from other pages",
        )),
    }
}

fn in_vain(rejected: u64) -> String {
    match rejected {
        0 => {
            "the file has no spans; give Jaeger JSON, OTLP JSON (one object, or one a line) or OTLP protobuf"
                .to_owned()
        }
        spans => format!("none of the file's {spans} spans has a valid trace id and span id"),
    }
}

fn refused(refusal: &Refusal) -> ApiError {
    let text = refusal.to_string();
    match refusal.reason() {
        Reason::TooLarge => ApiError::too_large(text),
        Reason::Busy | Reason::Store | Reason::Stopping => ApiError::unavailable(text),
        Reason::Failed => ApiError::internal(text),
        _ => ApiError::bad_request(text),
    }
}

fn name(format: Format) -> &'static str {
    match format {
        Format::JaegerJson => "jaeger-json",
        Format::OtlpJson => "otlp-json",
        Format::OtlpJsonLines => "otlp-jsonl",
        _ => "otlp-protobuf",
    }
}

/// The traces in the order in which they come first.
fn traces(ids: &[TraceId]) -> Answer {
    let mut known = HashSet::new();
    let mut first = ids.iter().filter(|id| known.insert(**id));
    let traces = first.by_ref().take(TRACES_MAX).map(ToString::to_string);
    Answer {
        traces: traces.collect(),
        truncated: first.next().is_some(),
        format: "",
        spans: 0,
        kept_seconds: None,
    }
}

/// What tells the forms apart.
#[derive(Deserialize)]
struct Signs {
    data: Option<IgnoredAny>,
    spans: Option<IgnoredAny>,
}

/// Whether bytes may be JSON. Protobuf has control characters soon: tags and lengths are such.
fn is_text(bytes: &[u8]) -> bool {
    let mut beginning = bytes.iter().take(1024);
    beginning.all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// What a file is written in.
fn sniff(bytes: &[u8]) -> Result<Format, Refusal> {
    // A request in protobuf begins with a line feed, so what follows could be any sign.
    match bytes.trim_ascii_start().first().filter(|_| is_text(bytes)) {
        Some(b'[') => return Ok(Format::JaegerJson),
        Some(b'{') => {}
        _ => return Ok(Format::OtlpProtobuf),
    }
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Signs>();
    let malformed = |error: serde_json::Error| Refusal::Malformed(format!("malformed JSON: {error}"));
    let Some(first) = documents.next().transpose().map_err(malformed)? else {
        return Ok(Format::OtlpJson);
    };
    if first.data.is_some() || first.spans.is_some() {
        return Ok(Format::JaegerJson);
    }
    // What is wrong behind the first object is told by line.
    Ok(match documents.next() {
        None => Format::OtlpJson,
        Some(_) => Format::OtlpJsonLines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_file_is_seen() {
        let check = |text: &str, format| assert_eq!(sniff(text.as_bytes()), Ok(format), "{text}");
        check(r#" {"data": []}"#, Format::JaegerJson);
        check(r#"{"traceID": "1", "spans": []}"#, Format::JaegerJson);
        check("[{}]", Format::JaegerJson);
        check(r#"{"resourceSpans": []}"#, Format::OtlpJson);
        check("{\"resourceSpans\": []}\n\n", Format::OtlpJson);
        check(
            "{\"resourceSpans\": []}\n{\"resourceSpans\": []}\n",
            Format::OtlpJsonLines,
        );
        check("\n\x10anything", Format::OtlpProtobuf);
        check("\n{\x0a\x10{", Format::OtlpProtobuf);
        let error = sniff(b"{\"data\": [}").unwrap_err().to_string();
        assert!(error.contains("line 1 column 11"), "{error}");
    }
}
