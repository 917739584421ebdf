//! Jaeger's collector over HTTP: `POST /api/traces` with a Thrift batch in the binary protocol.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};

use super::content_encoding::content_encoding;
use crate::ingest::{Format, Ingest, RETRY_AFTER, Refusal};
use crate::plain::{header_text, not_found, text};
use crate::{Reason, Receiver, body};

/// The routes of the collector's HTTP port.
pub(crate) fn router(ingest: Ingest) -> Router {
    Router::new()
        .route("/api/traces", post(submit).fallback(method_not_allowed))
        .fallback(unknown)
        .with_state(ingest)
}

async fn submit(State(ingest): State<Ingest>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let refused = |reason, status, line: String| {
        ingest.counters().refused_message(Receiver::JaegerHttp, reason);
        text(status, line)
    };
    if let Err(line) = check_content_type(&head.headers) {
        return refused(Reason::ContentType, StatusCode::BAD_REQUEST, line);
    }
    let encoding = match content_encoding(&head.headers) {
        Ok(encoding) => encoding,
        Err(unknown) => return refused(Reason::Encoding, StatusCode::BAD_REQUEST, unknown.to_string()),
    };
    let bytes_max = ingest.limits().http_message_bytes_max;
    let kept = async {
        let received = body::read(body, 0, bytes_max, &ingest).await?;
        ingest
            .keep(
                Receiver::JaegerHttp,
                Format::JaegerBatch,
                encoding,
                received,
                bytes_max,
            )
            .await
    };
    match kept.await {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            let (status, line) = answer(&refusal);
            let mut response = refused(refusal.reason(), status, line);
            if status == StatusCode::SERVICE_UNAVAILABLE {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
            }
            response
        }
    }
}

/// The status and words for a refusal; Jaeger's, as far as it has some.
fn answer(refusal: &Refusal) -> (StatusCode, String) {
    match refusal {
        Refusal::Malformed(_) => (
            StatusCode::BAD_REQUEST,
            format!("Unable to process request body: {refusal}"),
        ),
        Refusal::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, refusal.to_string()),
        Refusal::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, refusal.to_string()),
        Refusal::Incomplete(_) | Refusal::Busy | Refusal::Store(_) | Refusal::Stopping => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("Cannot submit Jaeger batch: {refusal}"),
        ),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), String> {
    let value = header_text(headers, header::CONTENT_TYPE);
    match value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "application/x-thrift" | "application/vnd.apache.thrift.binary" => Ok(()),
        "" => Err("Cannot parse content type: mime: no media type".to_owned()),
        other => Err(format!("Unsupported content type: {other}")),
    }
}

async fn method_not_allowed(State(ingest): State<Ingest>) -> StatusCode {
    ingest
        .counters()
        .refused_message(Receiver::JaegerHttp, Reason::NotServed);
    StatusCode::METHOD_NOT_ALLOWED
}

async fn unknown(State(ingest): State<Ingest>) -> Response {
    ingest
        .counters()
        .refused_message(Receiver::JaegerHttp, Reason::NotServed);
    not_found().await
}
