//! Ctrl-C and SIGTERM.

use tokio::signal;

/// The exit code of a program that Ctrl-C ended, by convention.
const INTERRUPTED: i32 = 130;

/// Resolves at the first signal; a second one ends the process at once.
pub(crate) async fn stop() {
    next().await;
    tracing::info!("stopping; once more to stop at once");
    tokio::spawn(async {
        next().await;
        std::process::exit(INTERRUPTED);
    });
}

#[cfg(unix)]
async fn next() {
    use signal::unix::{SignalKind, signal};

    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => drop(terminated.recv().await),
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGTERM; stop with Ctrl-C");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        () = interrupted() => {}
    }
}

#[cfg(not(unix))]
async fn next() {
    interrupted().await;
}

async fn interrupted() {
    if let Err(error) = signal::ctrl_c().await {
        tracing::warn!(%error, "cannot listen for Ctrl-C; stop with SIGTERM");
        std::future::pending::<()>().await;
    }
}
