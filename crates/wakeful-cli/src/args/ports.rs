//! Which ports are opened, and where.

use clap::Args;
use wakeful_server::Listener;

use super::Port;

/// A port is a number, `0` for any free one, or `off`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ports")]
pub(crate) struct PortArgs {
    /// Address that all ports listen on; 0.0.0.0 lets other machines in
    #[arg(
        long,
        value_name = "HOST",
        env = "JAEGER_LISTEN_HOST",
        default_value = "127.0.0.1"
    )]
    pub(crate) listen_host: String,
    /// OTLP over gRPC (a number, 0 for any free port, or `off`, here and below)
    #[arg(long, value_name = "PORT", env = "WAKEFUL_OTLP_GRPC_PORT", default_value_t = Port::At(4317))]
    pub(crate) otlp_grpc_port: Port,
    /// OTLP over HTTP
    #[arg(long, value_name = "PORT", env = "WAKEFUL_OTLP_HTTP_PORT", default_value_t = Port::At(4318))]
    pub(crate) otlp_http_port: Port,
    /// Jaeger's agent, Thrift compact over UDP
    #[arg(long, value_name = "PORT", env = "WAKEFUL_JAEGER_COMPACT_PORT", default_value_t = Port::At(6831))]
    pub(crate) jaeger_compact_port: Port,
    /// Jaeger's agent, Thrift binary over UDP
    #[arg(long, value_name = "PORT", env = "WAKEFUL_JAEGER_BINARY_PORT", default_value_t = Port::At(6832))]
    pub(crate) jaeger_binary_port: Port,
    /// Jaeger's collector, Thrift over HTTP
    #[arg(long, value_name = "PORT", env = "WAKEFUL_JAEGER_HTTP_PORT", default_value_t = Port::At(14268))]
    pub(crate) jaeger_http_port: Port,
    /// The web page, and Jaeger's query API
    #[arg(long, value_name = "PORT", env = "WAKEFUL_QUERY_PORT", default_value_t = Port::At(16686))]
    pub(crate) query_port: Port,
    /// Health, at /status
    #[arg(long, value_name = "PORT", env = "WAKEFUL_HEALTH_PORT", default_value_t = Port::At(13133))]
    pub(crate) health_port: Port,
    /// The server's own figures for Prometheus, at /metrics
    #[arg(long, value_name = "PORT", env = "WAKEFUL_METRICS_PORT", default_value_t = Port::At(8888))]
    pub(crate) metrics_port: Port,
}

impl PortArgs {
    /// Where a listener is to be.
    pub(crate) fn port(&self, listener: Listener) -> Port {
        match listener {
            Listener::OtlpGrpc => self.otlp_grpc_port,
            Listener::OtlpHttp => self.otlp_http_port,
            Listener::JaegerCompact => self.jaeger_compact_port,
            Listener::JaegerBinary => self.jaeger_binary_port,
            Listener::JaegerHttp => self.jaeger_http_port,
            Listener::Query => self.query_port,
            Listener::Health => self.health_port,
            Listener::Metrics => self.metrics_port,
        }
    }

    /// The setting that moves a listener.
    pub(crate) fn flag(listener: Listener) -> String {
        format!("--{}-port", listener.key())
    }
}
