//! Ctrl-C and SIGTERM.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code of a program that Ctrl-C ended, by convention.
const INTERRUPTED: i32 = 130;

/// Signals that end the process, listened for from when this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    terminated: Option<Signal>,
    #[cfg(unix)]
    interrupted: Option<Signal>,
}

impl Signals {
    /// Resolves at the first signal; a second one ends the process at once, after `before_exit`.
    pub(crate) async fn stop(mut self, before_exit: impl FnOnce() + Send + 'static) {
        self.next().await;
        tracing::info!("stopping; once more to stop at once");
        tokio::spawn(async move {
            self.next().await;
            before_exit();
            std::process::exit(INTERRUPTED);
        });
    }
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; one that cannot be listened for ends the process as the system does.
    pub(crate) fn listen() -> Self {
        let listen = |kind| {
            let listened = signal(kind);
            listened
                .inspect_err(
                    |error| tracing::warn!(%error, "cannot listen for a signal; it ends wakeful at once"),
                )
                .ok()
        };
        Self {
            terminated: listen(SignalKind::terminate()),
            interrupted: listen(SignalKind::interrupt()),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = received(&mut self.terminated) => {}
            () = received(&mut self.interrupted) => {}
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens from when it is first waited for: there is no more portable way.
    pub(crate) fn listen() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C; it ends wakeful at once");
            std::future::pending::<()>().await;
        }
    }
}
