//! Jaeger's query API, asked over HTTP.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A server's query port, for example `http://127.0.0.1:16686`.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address and the path are no URL.
    #[error("cannot ask {0}: {1}; write the address as http://127.0.0.1:16686")]
    Url(String, http::Error),
    /// No connection, or one that was lost.
    #[error("{0} does not answer: {1}; is the server running?")]
    Unreachable(String, hyper_util::client::legacy::Error),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Lost(#[from] hyper::Error),
    /// The server refused.
    #[error("{url} answered {status}: {text}")]
    Status {
        /// What was asked.
        url: String,
        /// What it answered.
        status: StatusCode,
        /// Its words.
        text: String,
    },
    /// The answer is not JSON of the shape that Jaeger's API has.
    #[error("{0} answered something else than Jaeger's JSON")]
    Shape(String),
}

impl Api {
    /// The API at `base`.
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Asks for a path with its query; the answer to the last byte. A 404 is `None`.
    ///
    /// # Errors
    /// If there is no answer, or another status than 200.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, ApiError> {
        let url = format!("{}{path}", self.base);
        let request = Request::get(&url)
            .body(Full::default())
            .map_err(|error| ApiError::Url(url.clone(), error))?;
        let answer = self.client.request(request).await;
        let (head, body) = answer
            .map_err(|error| ApiError::Unreachable(self.base.clone(), error))?
            .into_parts();
        let body = body.collect().await?.to_bytes();
        match head.status {
            StatusCode::OK => Ok(Some(body)),
            StatusCode::NOT_FOUND => Ok(None),
            status => {
                let text = String::from_utf8_lossy(&body).chars().take(200).collect();
                Err(ApiError::Status { url, status, text })
            }
        }
    }
}

/// Writes `text` so that it can stand in a query.
pub(crate) fn percent_encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(byte.into());
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
}
