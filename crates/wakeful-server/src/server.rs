//! All ports together.

use std::future::Future;

use axum::Router;
use http::HeaderValue;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wakeful_query::Engine;
use wakeful_store::Store;
use wakeful_wire::jaeger::Protocol;

use crate::clock::now_unix_nanos;
use crate::health::{self, Health, Parts};
use crate::metrics::{self, Sources};
use crate::query::Receiving;
use crate::receivers::{jaeger_agent, jaeger_http, otlp_grpc, otlp_http};
use crate::{Ingest, Limits, QueryOptions, query, serve};

/// Bound sockets; a port without one is not served.
#[derive(Debug, Default)]
pub struct Sockets {
    /// OTLP gRPC.
    pub otlp_grpc: Option<TcpListener>,
    /// OTLP HTTP.
    pub otlp_http: Option<TcpListener>,
    /// Jaeger's agent, Thrift compact.
    pub jaeger_compact: Option<UdpSocket>,
    /// Jaeger's agent, Thrift binary.
    pub jaeger_binary: Option<UdpSocket>,
    /// Jaeger's collector.
    pub jaeger_http: Option<TcpListener>,
    /// The page and the query APIs.
    pub query: Option<TcpListener>,
    /// Health.
    pub health: Option<TcpListener>,
    /// The server's own figures.
    pub metrics: Option<TcpListener>,
}

/// How a [`Server`] is set up.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// What it refuses to exceed.
    pub limits: Limits,
    /// Origins whose pages may send to the OTLP HTTP port; `*` alone means any.
    pub cors_allow_origins: Vec<HeaderValue>,
    /// The query port.
    pub query: QueryOptions,
}

/// The network edge over one store.
#[derive(Debug)]
pub struct Server {
    store: Store,
    options: ServerOptions,
}

impl Server {
    /// A server over an open store.
    pub fn new(store: Store, options: ServerOptions) -> Self {
        Self { store, options }
    }

    /// Serves until `shutdown` ends, and returns when requests have been answered or cut off
    /// ([`Limits::drain_timeout`]). The store stays open.
    pub async fn run(self, sockets: Sockets, shutdown: impl Future<Output = ()>) {
        let Self {
            store,
            options:
                ServerOptions {
                    limits,
                    cors_allow_origins,
                    query,
                },
        } = self;
        let ingest = Ingest::new(store.clone(), limits.clone());
        let engine = Engine::new(store.clone());
        let health = Health::new();
        let parts = Parts {
            otlp: sockets.otlp_grpc.is_some() || sockets.otlp_http.is_some(),
            jaeger: sockets.jaeger_http.is_some()
                || sockets.jaeger_compact.is_some()
                || sockets.jaeger_binary.is_some(),
            query: sockets.query.is_some(),
        };
        let agents = [
            (Protocol::Compact, sockets.jaeger_compact),
            (Protocol::Binary, sockets.jaeger_binary),
        ];
        let agents = agents
            .into_iter()
            .filter_map(|(protocol, socket)| Some((protocol, socket?)));
        let agents: Vec<(Protocol, UdpSocket)> = agents.collect();
        let agent_ports = agents.iter().filter_map(|(protocol, socket)| {
            Some((
                jaeger_agent::receiver(*protocol),
                socket.local_addr().ok()?.port(),
            ))
        });
        let sources = Sources {
            ingest: ingest.clone(),
            store,
            health: health.clone(),
            agents: agent_ports.collect(),
        };
        let receiving = Receiving {
            ingest: ingest.clone(),
            agents: sources.agents.clone(),
            started_unix_nanos: now_unix_nanos(),
        };

        let (stop, _) = watch::channel(());
        let mut services = JoinSet::new();
        let mut http = |listener: Option<TcpListener>, router: Router| {
            if let Some(listener) = listener {
                let (limits, stopped) = (limits.clone(), stopped(&stop));
                services.spawn(async move { serve(listener, router, &limits, stopped).await });
            }
        };
        http(sockets.otlp_grpc, otlp_grpc::router(ingest.clone()));
        http(
            sockets.otlp_http,
            otlp_http::router(ingest.clone(), &cors_allow_origins),
        );
        http(sockets.jaeger_http, jaeger_http::router(ingest.clone()));
        let query = query::router(engine, receiving, query, stop.subscribe());
        http(sockets.query, query);
        http(sockets.health, health::router(health.clone(), parts));
        http(sockets.metrics, metrics::router(sources));
        for (protocol, socket) in agents {
            services.spawn(jaeger_agent::run(
                socket,
                protocol,
                ingest.clone(),
                stopped(&stop),
            ));
        }

        shutdown.await;
        health.stop();
        drop(stop);
        while let Some(ended) = services.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a service failed");
            }
        }
    }
}

/// Ends when the sender is dropped.
fn stopped(stop: &watch::Sender<()>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stop.subscribe();
    async move {
        // Nothing is ever sent: the only news is the end.
        let _ = stopped.changed().await;
    }
}
