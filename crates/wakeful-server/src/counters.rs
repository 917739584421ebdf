//! How much was received, and what was refused or dropped, and why.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::now_unix_nanos;
use crate::program_loss::Told;

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
    /// Files that are opened in the page.
    Upload,
    /// wakeful's own frames over HTTP.
    Frames,
}

impl Receiver {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::JaegerCompact,
        Self::JaegerBinary,
        Self::JaegerHttp,
        Self::Upload,
        Self::Frames,
    ];

    /// Its name as a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::JaegerCompact => "jaeger_compact",
            Self::JaegerBinary => "jaeger_binary",
            Self::JaegerHttp => "jaeger_http",
            Self::Upload => "upload",
            Self::Frames => "frames",
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
    /// When something was first and last refused, Unix nanoseconds; zero before that.
    first_refused: [AtomicU64; Reason::ALL.len()],
    last_refused: [AtomicU64; Reason::ALL.len()],
}

impl Figures {
    fn refuse(&self, counts: &[AtomicU64; Reason::ALL.len()], reason: Reason, count: u64) {
        let reason = reason as usize;
        if count == 0 {
            return;
        }
        counts[reason].fetch_add(count, Ordering::Relaxed);
        let now = now_unix_nanos();
        // Fails if another was first.
        let _ = self.first_refused[reason].compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        self.last_refused[reason].fetch_max(now, Ordering::Relaxed);
    }
}

/// Figures of all receivers since the start. Labels are ours alone: nothing a sender writes becomes one, so
/// their number is fixed.
#[derive(Debug, Default)]
pub struct Counters {
    receivers: [Figures; Receiver::ALL.len()],
    /// What programs said that they lost themselves.
    pub(crate) told: Told,
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
        let figures = self.of(receiver);
        figures.refuse(&figures.refused_messages, reason, 1);
    }

    /// So many spans were refused or dropped.
    pub(crate) fn refused_spans(&self, receiver: Receiver, reason: Reason, spans: u64) {
        let figures = self.of(receiver);
        figures.refuse(&figures.refused_spans, reason, spans);
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

    /// When something was first and last refused for a reason, Unix nanoseconds; `None` if nothing was.
    pub fn refused_between(&self, receiver: Receiver, reason: Reason) -> Option<(u64, u64)> {
        let figures = self.of(receiver);
        let of = |times: &[AtomicU64; Reason::ALL.len()]| times[reason as usize].load(Ordering::Relaxed);
        let (first, last) = (of(&figures.first_refused), of(&figures.last_refused));
        (first > 0).then_some((first, last.max(first)))
    }

    fn of(&self, receiver: Receiver) -> &Figures {
        &self.receivers[receiver as usize]
    }
}
