//! The listeners by name.

/// A port of the server, with what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listener {
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// Jaeger's agent, Thrift compact over UDP.
    JaegerCompact,
    /// Jaeger's agent, Thrift binary over UDP.
    JaegerBinary,
    /// Jaeger's collector, Thrift binary over HTTP.
    JaegerHttp,
    /// The page, its API and Jaeger's query API.
    Query,
    /// Health.
    Health,
    /// The server's own figures.
    Metrics,
}

impl Listener {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::JaegerCompact,
        Self::JaegerBinary,
        Self::JaegerHttp,
        Self::Query,
        Self::Health,
        Self::Metrics,
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "OTLP gRPC",
            Self::OtlpHttp => "OTLP HTTP",
            Self::JaegerCompact => "Jaeger agent (compact)",
            Self::JaegerBinary => "Jaeger agent (binary)",
            Self::JaegerHttp => "Jaeger collector HTTP",
            Self::Query => "web page and API",
            Self::Health => "health",
            Self::Metrics => "metrics",
        }
    }

    /// Its name in settings and in machine-readable output.
    pub fn key(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp-grpc",
            Self::OtlpHttp => "otlp-http",
            Self::JaegerCompact => "jaeger-compact",
            Self::JaegerBinary => "jaeger-binary",
            Self::JaegerHttp => "jaeger-http",
            Self::Query => "query",
            Self::Health => "health",
            Self::Metrics => "metrics",
        }
    }

    /// Whether it is a UDP port.
    pub fn is_udp(self) -> bool {
        matches!(self, Self::JaegerCompact | Self::JaegerBinary)
    }
}
