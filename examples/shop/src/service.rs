//! One service: a thread with a runtime, a subscriber and a listener of its own.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use tokio::sync::{mpsc, watch};
use tracing::Dispatch;
use wakeful::TaskWatch;

use crate::Error;

/// A service's place on loopback, before anybody answers there.
///
/// All places are known before the first service starts, since each is told where the others are.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// How a service ended; the name, and what went wrong.
pub(crate) type End = (&'static str, Result<(), String>);

/// Completes when the shop closes.
#[derive(Debug, Clone)]
pub(crate) struct Closing(pub(crate) watch::Receiver<bool>);

impl Closing {
    pub(crate) async fn wait(mut self) {
        // An error means that the shop is gone, which is closing as well.
        let _closed = self.0.wait_for(|closing| *closing).await;
    }
}

impl Place {
    /// Takes a free port on loopback.
    pub(crate) fn take(name: &'static str) -> Result<Self, Error> {
        let bind = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            Ok(Self {
                name,
                address: listener.local_addr()?,
                listener,
            })
        };
        bind().map_err(|source| Error::Start {
            service: name,
            source,
        })
    }

    /// Runs `serve` on a thread of its own until it ends, and tells `ended` how.
    ///
    /// One worker a service: what blocks it is felt by every request of that service.
    pub(crate) fn start<F, S>(
        self,
        dispatch: Dispatch,
        tasks: TaskWatch,
        ended: mpsc::Sender<End>,
        serve: F,
    ) -> Result<(), Error>
    where
        F: FnOnce(tokio::net::TcpListener) -> S + Send + 'static,
        S: Future<Output = Result<(), String>>,
    {
        let Self { name, listener, .. } = self;
        let failed = |source| Error::Start {
            service: name,
            source,
        };
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().name(name);
        let runtime = wakeful::instrument(&mut builder).build().map_err(failed)?;
        let thread = move || {
            tasks.begin_here();
            let result = tracing::dispatcher::with_default(&dispatch, || {
                wakeful::block_on(&runtime, async {
                    let listener =
                        tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
                    serve(listener).await
                })
            });
            // Nobody listens once the shop has given up waiting.
            let _told = ended.blocking_send((name, result));
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(thread)
            .map_err(failed)?;
        Ok(())
    }
}
