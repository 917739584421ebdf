//! wakeful's own frames over HTTP: `POST /wakeful/v1/frames`, for what OTLP cannot say.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::content_encoding::content_encoding;
use crate::ingest::{Ingest, RETRY_AFTER, Refusal};
use crate::{Reason, Receiver, body, plain};

/// The path, on the port of OTLP over HTTP.
pub(super) const PATH: &str = "/wakeful/v1/frames";

/// Takes a body of frames: all of them, or none and a sentence that says why. The answer has no body.
pub(super) async fn export(State(ingest): State<Ingest>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let encoding = match content_encoding(&head.headers) {
        Ok(encoding) => encoding,
        Err(unknown) => {
            ingest
                .counters()
                .refused_message(Receiver::Frames, Reason::Encoding);
            return plain::text(StatusCode::BAD_REQUEST, unknown.to_string());
        }
    };
    let bytes_max = ingest.limits().http_message_bytes_max;
    let kept = async {
        let received = body::read(body, 0, bytes_max, &ingest).await?;
        ingest.keep_frames(encoding, received, bytes_max).await
    };
    match kept.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => {
            ingest
                .counters()
                .refused_message(Receiver::Frames, refusal.reason());
            refused(&refusal)
        }
    }
}

pub(super) async fn method_not_allowed(State(ingest): State<Ingest>) -> Response {
    ingest
        .counters()
        .refused_message(Receiver::Frames, Reason::NotServed);
    plain::text(
        StatusCode::METHOD_NOT_ALLOWED,
        "405 method not allowed, supported: [POST]".to_owned(),
    )
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Refusal::Incomplete(_) | Refusal::Busy | Refusal::Store(_) | Refusal::Stopping => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let mut response = plain::text(status, refusal.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = RETRY_AFTER.as_secs().into();
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
