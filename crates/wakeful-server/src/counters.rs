//! How much was received, and what was refused or dropped, and why.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where spans come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Receiver {
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// Jaeger's agent, Thrift compact.
    JaegerCompact,
    /// Jaeger's agent, Thrift binary.
    JaegerBinary,
    /// Jaeger's collector.
    JaegerHttp,
}

impl Receiver {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::JaegerCompact,
        Self::JaegerBinary,
        Self::JaegerHttp,
    ];

    /// Its name as a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::JaegerCompact => "jaeger_compact",
            Self::JaegerBinary => "jaeger_binary",
            Self::JaegerHttp => "jaeger_http",
        }
    }
}

/// Why something was refused or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Reason {
    /// The message is larger than the limit.
    TooLarge,
    /// The bytes are not a message.
    Malformed,
    /// The sender went away, or was too slow.
    Incomplete,
    /// An encoding (compression) that is not understood.
    Encoding,
    /// A content type that is not understood.
    ContentType,
    /// A path, method or gRPC method that is not served, logs and metrics among them.
    NotServed,
    /// Too many bytes are in flight.
    Busy,
    /// The store refused.
    Store,
    /// The server is stopping.
    Stopping,
    /// Our own fault: the decoder failed.
    Failed,
    /// A span's trace id is not sixteen bytes, or zero.
    BadTraceId,
    /// A span's own id is not eight bytes, or zero.
    BadSpanId,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::TooLarge,
        Self::Malformed,
        Self::Incomplete,
        Self::Encoding,
        Self::ContentType,
        Self::NotServed,
        Self::Busy,
        Self::Store,
        Self::Stopping,
        Self::Failed,
        Self::BadTraceId,
        Self::BadSpanId,
    ];

    /// Its name as a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Incomplete => "incomplete",
            Self::Encoding => "encoding",
            Self::ContentType => "content_type",
            Self::NotServed => "not_served",
            Self::Busy => "busy",
            Self::Store => "store",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
            Self::BadTraceId => "bad_trace_id",
            Self::BadSpanId => "bad_span_id",
        }
    }
}

/// One receiver's figures.
#[derive(Debug, Default)]
struct Figures {
    messages: AtomicU64,
    spans: AtomicU64,
    bytes: AtomicU64,
    refused_messages: [AtomicU64; Reason::ALL.len()],
    refused_spans: [AtomicU64; Reason::ALL.len()],
}

/// Figures of all receivers since the start. Labels are ours alone: nothing a sender writes becomes one, so
/// their number is fixed.
#[derive(Debug, Default)]
pub struct Counters {
    receivers: [Figures; Receiver::ALL.len()],
}

impl Counters {
    /// A message of so many bytes on the wire was kept, with so many spans.
    pub(crate) fn accepted(&self, receiver: Receiver, spans: u64, wire_bytes: u64) {
        let figures = self.of(receiver);
        figures.messages.fetch_add(1, Ordering::Relaxed);
        figures.spans.fetch_add(spans, Ordering::Relaxed);
        figures.bytes.fetch_add(wire_bytes, Ordering::Relaxed);
    }

    /// A whole message was refused or dropped.
    pub(crate) fn refused_message(&self, receiver: Receiver, reason: Reason) {
        self.of(receiver).refused_messages[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// So many spans were refused or dropped.
    pub(crate) fn refused_spans(&self, receiver: Receiver, reason: Reason, spans: u64) {
        self.of(receiver).refused_spans[reason as usize].fetch_add(spans, Ordering::Relaxed);
    }

    /// Messages that were kept.
    pub fn messages(&self, receiver: Receiver) -> u64 {
        self.of(receiver).messages.load(Ordering::Relaxed)
    }

    /// Spans that were kept.
    pub fn spans(&self, receiver: Receiver) -> u64 {
        self.of(receiver).spans.load(Ordering::Relaxed)
    }

    /// Bytes on the wire of the messages that were kept.
    pub fn bytes(&self, receiver: Receiver) -> u64 {
        self.of(receiver).bytes.load(Ordering::Relaxed)
    }

    /// Messages that were refused or dropped for a reason.
    pub fn messages_refused(&self, receiver: Receiver, reason: Reason) -> u64 {
        self.of(receiver).refused_messages[reason as usize].load(Ordering::Relaxed)
    }

    /// Spans, known by number, that were refused or dropped for a reason.
    pub fn spans_refused(&self, receiver: Receiver, reason: Reason) -> u64 {
        self.of(receiver).refused_spans[reason as usize].load(Ordering::Relaxed)
    }

    fn of(&self, receiver: Receiver) -> &Figures {
        &self.receivers[receiver as usize]
    }
}
