//! Lets a stock tokio-console attach to this program.

mod call;
mod feed;
mod options;
mod publish;

use std::io;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::subscriber::NoSubscriber;

use call::Connection;
pub use feed::Feed;
pub use options::{ServerOptions, VariableError};

/// Why a program cannot be attached to.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be had.
    #[error(
        "cannot listen on {address} for tokio-console: {source}; choose another address with TOKIO_CONSOLE_BIND"
    )]
    Bind {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The recording cannot be written.
    #[error(
        "cannot write the recording {path}: {source}; choose another file with TOKIO_CONSOLE_RECORD_PATH"
    )]
    Record {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// No thread can be had.
    #[error("cannot start the console's thread: {0}; raise the limit on threads")]
    Thread(io::Error),
}

/// Serves tokio-console's protocol from a [`Feed`].
#[derive(Debug)]
pub struct Server {
    feed: Feed,
    publish_interval: Duration,
}

impl Server {
    /// A server of what is put into `feed`.
    pub fn new(feed: Feed, options: &ServerOptions) -> Self {
        Self {
            feed,
            publish_interval: options.publish_interval,
        }
    }

    /// Binds the address of `options` and serves on a thread of its own, for as long as the program runs. The thread is traced by
    /// nobody, and never uses the program's runtime.
    ///
    /// # Errors
    ///
    /// The address, the recording or the thread cannot be had.
    pub fn spawn(options: &ServerOptions) -> Result<Feed, ServerError> {
        let bound = |source| ServerError::Bind {
            address: options.bind.clone(),
            source,
        };
        let listener = StdListener::bind(&options.bind).map_err(bound)?;
        listener.set_nonblocking(true).map_err(bound)?;
        let feed = Feed::new(options)?;
        let server = Self::new(feed.clone(), options);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ServerError::Thread)?;
        let serve = move || {
            tracing::subscriber::with_default(NoSubscriber::new(), || {
                runtime.block_on(async {
                    if let Ok(listener) = TcpListener::from_std(listener) {
                        server.run(listener, std::future::pending()).await;
                    }
                });
            });
        };
        std::thread::Builder::new()
            .name("wakeful-console".to_owned())
            .spawn(serve)
            .map_err(ServerError::Thread)?;
        Ok(feed)
    }

    /// Serves until `shutdown` ends.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let server = Arc::new(self);
        // Connections end with it.
        let mut connections = tokio::task::JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Small messages go at once; if that cannot be had, they go later.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(server.clone().connection(TokioIo::new(stream)));
                    }
                    // Out of files, most likely: they become free again.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Serves one client. Pausing concerns its connection alone.
    async fn connection(
        self: Arc<Self>,
        io: impl hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    ) {
        let (paused, _) = watch::channel(false);
        let connection = Arc::new(Connection {
            feed: self.feed.clone(),
            publish_interval: self.publish_interval,
            paused,
        });
        let service = service_fn(move |request| {
            let connection = connection.clone();
            async move { Ok::<_, std::convert::Infallible>(connection.call(request).await) }
        });
        // A client that goes away is no error.
        let _ = http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, service)
            .await;
    }
}
