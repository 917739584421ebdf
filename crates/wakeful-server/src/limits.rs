//! What the network edge refuses to exceed.

use std::time::Duration;

/// Bounds of sizes, counts and times; each is enforced before memory is taken for what would exceed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one gRPC message, after inflating (default 4 MiB, gRPC's own).
    pub grpc_message_bytes_max: usize,
    /// Bytes of one HTTP body, after inflating (default 20 MiB, the OpenTelemetry Collector's).
    pub http_message_bytes_max: usize,
    /// Bytes of messages that are being received, decoded or written at one time, over all receivers
    /// (default 64 MiB); past that, senders are asked to try again.
    pub in_flight_bytes_max: usize,
    /// Open connections of one listener (default 1,024); past that, new ones wait to be accepted.
    pub connections_max: usize,
    /// Concurrent streams of one HTTP/2 connection (default 256).
    pub streams_max: u32,
    /// How long the headers of a connection's first request may take (default 10 s).
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests, and the headers of the next may take (default 90 s: more than
    /// senders' intervals, most of which are a minute at most).
    pub idle_timeout: Duration,
    /// How long the body of a request may take (default 60 s).
    pub body_timeout: Duration,
    /// Spans of one trace that the page gets (default 2,000,000); of larger ones the earliest, the latest and the longest.
    pub trace_spans_max: usize,
    /// Bytes of layouts of traces that pages have open (default 160 MiB); the one that was asked for last stays, whatever
    /// its size.
    pub trace_layouts_bytes_max: usize,
    /// How often a page that waits for spans of a trace hears that the server is there (default 10 s).
    pub watch_alive_interval: Duration,
    /// How long requests may go on after the server was told to stop (default 3 s).
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            grpc_message_bytes_max: 4 << 20,
            http_message_bytes_max: 20 << 20,
            in_flight_bytes_max: 64 << 20,
            connections_max: 1024,
            streams_max: 256,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            body_timeout: Duration::from_secs(60),
            trace_spans_max: 2_000_000,
            trace_layouts_bytes_max: 160 << 20,
            watch_alive_interval: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(3),
        }
    }
}
