//! The loop that accepts connections and serves HTTP/1 and HTTP/2 on one port.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::Limits;

/// Serves `router` on `listener` until `shutdown` ends; then accepts nothing more, lets requests finish for
/// [`Limits::drain_timeout`] and cuts off the rest.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: impl Future<Output = ()> + Send,
) {
    let builder = builder(limits);
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let connections = GracefulShutdown::new();
    let mut tasks = tokio::task::JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            // A slot first: while all are taken, connections wait in the system's queue, at no cost to us.
            let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
            Some((accept(&listener).await, slot))
        };
        let (stream, slot) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Ended connections leave their results behind; take them or the set grows for ever.
            Some(_) = tasks.join_next() => continue,
            Some(accepted) = accepted => accepted,
            else => break,
        };
        let asked = Arc::new(AtomicBool::new(false));
        let service = marking(router.clone(), Arc::clone(&asked));
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let connection = connections.watch(connection);
        let first_request_timeout = limits.header_timeout;
        tasks.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // hyper's header timeout starts once it knows the protocol's version; a peer that never gets so far
            // would keep its slot for ever.
            let ended = match tokio::time::timeout(first_request_timeout, &mut connection).await {
                Ok(ended) => ended,
                Err(_) if asked.load(Ordering::Relaxed) => connection.await,
                Err(_) => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain_timeout, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            open = tasks.len(),
            "requests did not finish in time and are cut off"
        );
    }
    tasks.shutdown().await;
}

/// `router` as hyper's service, noting in `asked` that a request has come.
fn marking(
    router: Router,
    asked: Arc<AtomicBool>,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone {
    let router = TowerToHyperService::new(router);
    service_fn(move |request| {
        asked.store(true, Ordering::Relaxed);
        router.call(request)
    })
}

/// The next connection; waits and tries again when the system has none to give.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and senders wait for them: never hold one back for a fuller packet.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                return stream;
            }
            Err(error) => {
                // Out of file descriptors, mostly: accepting again at once would only spin.
                tracing::warn!(%error, "cannot accept a connection; raise the open files limit if this stays");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // It starts as soon as the request before is answered, so it is also how long a connection may rest.
        .header_read_timeout(limits.idle_timeout)
        // 64 KiB of request head, as HTTP/2 below.
        .max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(64 << 10)
        // Streams that are opened and reset at once cost us more than the sender (CVE-2023-44487).
        .max_pending_accept_reset_streams(32)
        .max_local_error_reset_streams(128)
        // A default export is some 270 KiB: it should not stop for a window update on the way.
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(2 << 20)
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
