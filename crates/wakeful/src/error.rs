//! Why recording cannot begin.

use wakeful_export::StartError;

/// Why recording cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The program has a subscriber already.
    #[error("the program has a tracing subscriber already; use wakeful::layer() to stand beside others")]
    Subscriber(#[from] tracing::subscriber::SetGlobalDefaultError),
    /// The program has a logger of the `log` crate already.
    #[cfg(feature = "log")]
    #[error("the program has a logger of the `log` crate already; build wakeful without the feature `log`")]
    Logger(#[from] tracing_log::log::SetLoggerError),
    /// The exporter cannot start.
    #[error(transparent)]
    Exporter(#[from] StartError),
}
