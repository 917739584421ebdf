//! Short plain-text answers, in the form Go's `net/http` gives them.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// `status` with a line of text.
pub(crate) fn text(status: StatusCode, line: impl Into<String>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, line.into() + "\n").into_response()
}

/// What Go's router answers to a path that it does not have.
pub(crate) async fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "404 page not found")
}

/// The text of a header; empty if it is absent or not text.
pub(crate) fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
