//! What the server says about itself, on stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts it; `RUST_LOG` chooses what is said (default `info`).
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .compact()
        .init();
}
