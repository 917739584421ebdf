//! A span for each question to an API, for who traces the server itself.
//!
//! What is received has none: where two servers trace each other, telling that spans came would be the next spans to come.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

/// Runs the rest of the way within a span, if the path is one of an API.
pub(crate) async fn trace(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(question) = question(path) else {
        return next.run(request).await;
    };
    let span = info_span!(
        "question",
        otel.name = format!("{} {question}", request.method()),
        otel.kind = "server",
        http.request.method = request.method().as_str(),
        url.path = path,
        url.query = request.uri().query(),
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// The part of an API's path that says what is asked, without ids and names.
fn question(path: &str) -> Option<&str> {
    let api = path.find("/api/")?;
    let mut rest = api + "/api/".len();
    for api in ["ui/", "v3/"] {
        if path[rest..].starts_with(api) {
            rest += api.len();
            break;
        }
    }
    let end = path[rest..].find('/').map_or(path.len(), |length| rest + length);
    Some(&path[api..end])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_question_is_told_without_ids() {
        let check =
            |path: &str, expected: Option<&str>| assert_eq!(super::question(path), expected, "{path}");
        check("/api/ui/trace/0af7/span/3", Some("/api/ui/trace"));
        check("/api/traces", Some("/api/traces"));
        check("/api/traces/0af7", Some("/api/traces"));
        check("/jaeger/api/v3/services", Some("/api/v3/services"));
        check("/api/", Some("/api/"));
        check("/search", None);
    }
}
