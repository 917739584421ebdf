//! Answers that are not what the caller hoped for.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tracing::info;

/// A failed request: becomes the answer's status and JSON body, and an exception event on the current span.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// The class of failure, OpenTelemetry's `exception.type`.
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// A failure on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FailureBody {
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.to_owned(),
            message: message.into(),
        }
    }

    /// Notes the failure on the current span, as the semantic conventions for exceptions say.
    pub(crate) fn record(&self) {
        info!(
            "exception.type" = self.kind,
            "exception.message" = self.message,
            "exception"
        );
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.record();
        (
            self.status,
            Json(FailureBody {
                kind: self.kind,
                message: self.message,
            }),
        )
            .into_response()
    }
}
