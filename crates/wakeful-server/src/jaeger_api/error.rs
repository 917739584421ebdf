//! What goes wrong, and how the two APIs say so.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use wakeful_query::{Engine, QueryError};
use wakeful_wire::jaeger::json::{Envelope, ErrorView};
use wakeful_wire::json::to_vec;

use crate::plain;
use crate::queries::{Asker, Queries, Unanswered, Wanted};

/// A refusal, with the status and the text that the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// The client asked for what cannot be.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// As `/api/…` says it.
    fn into_legacy(self) -> Response {
        let errors = [ErrorView {
            code: Some(self.status.as_u16()),
            msg: self.message,
            trace_id: None,
        }];
        text(self.status, &Envelope::<()>::of_errors(&errors))
    }

    /// As `/api/v3/…` says it.
    fn into_v3(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: Details,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details {
            http_code: u16,
            message: String,
        }
        let error = Details {
            http_code: self.status.as_u16(),
            message: self.message,
        };
        text(self.status, &Body { error })
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let status = match error {
            QueryError::Store(_) => {
                tracing::error!(%error, "a query failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            QueryError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("failed writing HTTP response: {error}"),
        )
    }
}

impl From<Unanswered> for ApiError {
    fn from(why: Unanswered) -> Self {
        let status = match why {
            Unanswered::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Unanswered::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, why.to_string())
    }
}

/// A body of JSON, but with the content type that Go's `http.Error` gives it: clients have seen it so for years.
fn text(status: StatusCode, body: &impl Serialize) -> Response {
    let body = to_vec(body, false)
        .ok()
        .and_then(|body| String::from_utf8(body).ok());
    plain::text(status, body.unwrap_or_default())
}

/// Asks the engine when it is this question's turn, and answers in the dialect of `/api/…`. Long work looks whether somebody still waits.
pub(super) async fn answer_legacy<F>(queries: &Queries, work: F) -> Response
where
    F: FnOnce(&Engine, &Wanted) -> Result<Vec<u8>, ApiError> + Send + 'static,
{
    answer(queries, work).await.unwrap_or_else(ApiError::into_legacy)
}

/// Likewise in the dialect of `/api/v3/…`.
pub(super) async fn answer_v3<F>(queries: &Queries, work: F) -> Response
where
    F: FnOnce(&Engine, &Wanted) -> Result<Vec<u8>, ApiError> + Send + 'static,
{
    answer(queries, work).await.unwrap_or_else(ApiError::into_v3)
}

async fn answer<F>(queries: &Queries, work: F) -> Result<Response, ApiError>
where
    F: FnOnce(&Engine, &Wanted) -> Result<Vec<u8>, ApiError> + Send + 'static,
{
    // A client that gives up and asks again must not keep the slots of both questions.
    let asker = Asker::default();
    let wanted = asker.wanted();
    let body = queries.run(move |engine| work(engine, &wanted)).await??;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
