//! Work that must not hold an async worker.

use std::panic::AssertUnwindSafe;

/// A blocking task that did not end well: it panicked, or the runtime stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server could not finish the work; its log on stderr says why")]
pub(crate) struct Failed;

/// Runs `work` here and now; a panic is as contained as on a blocking thread.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Failed> {
    // What `work` leaves half done goes with its panic: callers keep nothing that it could have changed.
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        tracing::error!("the decoding of a message failed");
        Failed
    })
}

/// Runs `work` on a blocking thread.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a blocking task failed");
        Failed
    })
}
