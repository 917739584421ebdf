//! What the page is told when a question has no answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use wakeful_query::QueryError;

use crate::queries::Unanswered;

/// A refusal in words, with the parameter that was wrong, if one was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
    parameter: Option<&'static str>,
    column: Option<usize>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            parameter: None,
            column: None,
        }
    }

    /// A parameter cannot be read.
    pub(super) fn parameter(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            parameter: Some(name),
            ..Self::new(StatusCode::BAD_REQUEST, message)
        }
    }

    /// Where in the parameter, from 1, in Unicode characters.
    pub(super) fn at_column(self, column: usize) -> Self {
        Self {
            column: Some(column),
            ..self
        }
    }

    /// The question cannot be read at all.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// What went wrong, in words.
    pub(super) fn into_message(self) -> String {
        self.message
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

impl From<Unanswered> for ApiError {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Stopping => Self::unavailable(why.to_string()),
            Unanswered::Failed(_) => Self::internal(why.to_string()),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Store(_) => Self::internal(error.to_string()),
            QueryError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = Fault {
            message: &self.message,
            parameter: self.parameter,
            column: self.column,
        };
        (self.status, Json(Envelope { error })).into_response()
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Fault<'a>,
}

#[derive(Serialize)]
struct Fault<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}
