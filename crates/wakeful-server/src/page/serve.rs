//! Answers for the page's files and for its own paths.

use std::hash::Hasher;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use rustc_hash::FxHasher;

use super::{Asset, Assets, policy};
use crate::plain::{header_text, not_found};

/// The page under a base path; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    assets: Assets,
    index: Arc<Index>,
}

#[derive(Debug)]
struct Index {
    html: Bytes,
    etag: String,
}

impl Page {
    /// `base_path` begins and ends with a slash.
    pub(crate) fn new(assets: Assets, base_path: &str) -> Self {
        let html = assets
            .index
            .replacen("<base href=\"/\"", &format!("<base href=\"{base_path}\""), 1);
        let mut hasher = FxHasher::default();
        hasher.write(html.as_bytes());
        let etag = format!("\"{:016x}\"", hasher.finish());
        Self {
            assets,
            index: Arc::new(Index {
                html: html.into(),
                etag,
            }),
        }
    }

    /// The answer to a path that no API has: a file, or the page itself, which knows its own paths.
    pub(crate) async fn answer(self, method: Method, uri: Uri, headers: HeaderMap) -> Response {
        if method != Method::GET && method != Method::HEAD {
            return not_found().await;
        }
        let path = uri.path().trim_start_matches('/');
        let mut response = match (self.assets.find)(path) {
            Some(asset) => file(&asset, &headers),
            // A missing file is no path of the page: answering a script's request with HTML would only hide it.
            None if path.starts_with("assets/") => return not_found().await,
            None => self.index(&headers),
        };
        policy::apply(response.headers_mut());
        response
    }

    fn index(&self, headers: &HeaderMap) -> Response {
        let fixed = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, &self.index.etag),
        ];
        if matches(headers, &self.index.etag) {
            return (StatusCode::NOT_MODIFIED, fixed).into_response();
        }
        (fixed, Body::from(self.index.html.clone())).into_response()
    }
}

fn file(asset: &Asset, headers: &HeaderMap) -> Response {
    let compressed = asset.gzip.filter(|_| accepts_gzip(headers));
    // Two forms of one file are two entities to a cache.
    let suffix = if compressed.is_some() { "-gz" } else { "" };
    let etag = format!("\"{}{suffix}\"", asset.etag);
    let cache = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fixed = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
        (header::ETAG, &etag),
    ];
    if matches(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    match compressed {
        Some(gzip) => (fixed, [(header::CONTENT_ENCODING, "gzip")], Body::from(gzip)).into_response(),
        None => (fixed, Body::from(asset.bytes)).into_response(),
    }
}

/// Whether the browser has this already (`If-None-Match`).
fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let known = header_text(headers, header::IF_NONE_MATCH);
    known
        .split(',')
        .any(|known| matches!(known.trim().trim_start_matches("W/"), known if known == etag || known == "*"))
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = header_text(headers, header::ACCEPT_ENCODING);
    accepted.split(',').any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        named && !parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let check = |value: &str, expected| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, GZIP;q=0.8", true);
        check("*", true);
        check("identity", false);
        check("gzip;q=0", false);
    }
}
