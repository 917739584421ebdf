//! Why recording cannot begin.

use wakeful_export::StartError;

/// Why recording cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The program has a subscriber already.
    #[error("the program has a tracing subscriber already; use wakeful::layer() to stand beside others")]
    Subscriber(#[from] tracing::subscriber::SetGlobalDefaultError),
    /// The exporter cannot start.
    #[error(transparent)]
    Exporter(#[from] StartError),
}
