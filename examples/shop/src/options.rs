//! What the shop is told.

use std::time::Duration;

use wakeful::console::ServerOptions;

/// How the shop is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where spans go: an OTLP gRPC endpoint, for example `http://127.0.0.1:4317`.
    pub otlp_endpoint: String,
    /// Where runtime data goes: the URL of a backend's `/wakeful/v1/frames`. By default to port 4318, if spans go to 4317.
    pub frames_endpoint: Option<String>,
    /// Where tokio-console attaches to all services at once; by default nowhere. An address that cannot be had is said in a warning.
    pub console: Option<ServerOptions>,
    /// How many requests customers make in a second, on average; default 50.
    pub requests_per_second: f64,
    /// What chance is made of; the same seed makes the same customers.
    pub seed: u64,
    /// How long a finished span waits for company before it is sent; default half a second.
    pub export_delay: Duration,
}

impl Options {
    /// The usual shop, sending its spans to `otlp_endpoint`.
    pub fn new(otlp_endpoint: impl Into<String>) -> Self {
        Self {
            otlp_endpoint: otlp_endpoint.into(),
            frames_endpoint: None,
            console: None,
            requests_per_second: 50.0,
            seed: 1,
            export_delay: Duration::from_millis(500),
        }
    }
}
