//! Redirects that Go's router makes.

use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri, header};

/// `/api` is a folder to Go's router.
pub(super) async fn to_folder(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    redirect(&method, &uri, format!("{}/", uri.path()))
}

/// A path with doubled slashes is asked for again without.
pub(super) async fn to_clean_path(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let mut path = String::new();
    for part in uri.path().split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        path.push_str(part);
    }
    if uri.path().ends_with('/') {
        path.push('/');
    }
    redirect(&method, &uri, path)
}

fn redirect(method: &Method, uri: &Uri, mut location: String) -> Response {
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    let escaped = location
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;");
    // Go puts a body to the methods that show one only.
    let body = match *method {
        Method::GET | Method::HEAD => format!("<a href=\"{escaped}\">Temporary Redirect</a>.\n\n"),
        _ => String::new(),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::LOCATION, location),
    ];
    (StatusCode::TEMPORARY_REDIRECT, headers, body).into_response()
}
