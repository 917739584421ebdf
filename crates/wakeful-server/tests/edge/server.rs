//! A server on free ports.

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wakeful_server::{
    About, Asset, Assets, Limits, Listener, QueryOptions, Retention, Server, ServerOptions, Sockets,
};
use wakeful_store::{Backend, Store, StoreOptions};

use crate::client::{self, Answer};

/// A running server over a store in memory.
pub(crate) struct TestServer {
    pub(crate) addresses: HashMap<Listener, SocketAddr>,
    pub(crate) store: Store,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

/// The usual options.
pub(crate) fn options() -> ServerOptions {
    ServerOptions {
        limits: Limits::default(),
        cors_allow_origins: Vec::new(),
        query: QueryOptions {
            base_path: "/".to_owned(),
            assets: Assets {
                index: "<!doctype html><base href=\"/\"><title>page</title>",
                find,
            },
            about: About {
                listeners: Vec::new(),
                backend: "memory",
                data_dir: None,
                retention: Retention::default(),
            },
        },
    }
}

fn find(path: &str) -> Option<Asset> {
    (path == "assets/app-1234.js").then_some(Asset {
        bytes: b"start();",
        gzip: Some(b"(compressed)"),
        content_type: "text/javascript",
        etag: "1234",
        immutable: true,
    })
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub(crate) async fn start_with(options: ServerOptions) -> Self {
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        Self::start_over(store, options).await
    }

    /// A server over a store that is there already.
    pub(crate) async fn start_over(store: Store, options: ServerOptions) -> Self {
        let mut addresses = HashMap::new();
        let mut tcp = async |listener| {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.insert(listener, socket.local_addr().unwrap());
            Some(socket)
        };
        let mut sockets = Sockets {
            otlp_grpc: tcp(Listener::OtlpGrpc).await,
            otlp_http: tcp(Listener::OtlpHttp).await,
            jaeger_http: tcp(Listener::JaegerHttp).await,
            query: tcp(Listener::Query).await,
            health: tcp(Listener::Health).await,
            metrics: tcp(Listener::Metrics).await,
            ..Sockets::default()
        };
        let mut udp = async |listener| {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            addresses.insert(listener, socket.local_addr().unwrap());
            Some(socket)
        };
        sockets.jaeger_compact = udp(Listener::JaegerCompact).await;
        sockets.jaeger_binary = udp(Listener::JaegerBinary).await;
        let (stop, stopped) = oneshot::channel();
        let server = Server::new(store.clone(), options);
        let running = tokio::spawn(server.run(sockets, async {
            let _ = stopped.await;
        }));
        Self {
            addresses,
            store,
            stop,
            running,
        }
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.running.await.unwrap();
        self.store.close();
    }

    pub(crate) async fn get(&self, listener: Listener, path: &str) -> Answer {
        client::http(self.addresses[&listener], "GET", path, &[], b"")
            .await
            .unwrap()
    }

    pub(crate) async fn post(
        &self,
        listener: Listener,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        client::http(self.addresses[&listener], "POST", path, headers, body)
            .await
            .unwrap()
    }

    /// One of the server's own figures; a sample's name with its labels.
    pub(crate) async fn figure(&self, sample: &str) -> f64 {
        let page = self.get(Listener::Metrics, "/metrics").await;
        assert_eq!(page.status, 200);
        let line = page
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok());
        line.unwrap_or_else(|| panic!("{sample} is not among the figures:\n{}", page.text()))
    }

    /// Polls a figure until it is what it should become.
    pub(crate) async fn await_figure(&self, sample: &str, expected: f64) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let found = self.figure(sample).await;
            if found == expected {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{sample} is {found}, not {expected}"
            );
            tokio::task::yield_now().await;
        }
    }
}
