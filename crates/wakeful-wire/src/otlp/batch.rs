//! A received `ExportTraceServiceRequest`, checked and indexed.

use bytes::Bytes;
use wakeful_model::SpanBatch;

/// A checked request: its bytes, and what was rejected in it.
#[derive(Debug, Clone)]
pub struct Batch {
    payload: Bytes,
}

/// Why bytes are not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed OTLP: {what} at byte {offset}")]
pub struct DecodeError {
    /// What was wrong.
    pub what: &'static str,
    /// Where, from the start of the message.
    pub offset: usize,
}

/// Spans of a request that cannot be kept, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rejected {
    /// Spans whose trace id is not sixteen bytes, or zero.
    pub bad_trace_id: u64,
    /// Spans whose span id is not eight bytes, or zero.
    pub bad_span_id: u64,
}

impl Rejected {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.bad_trace_id + self.bad_span_id
    }
}

impl Batch {
    /// Checks and indexes an encoded `ExportTraceServiceRequest`.
    ///
    /// # Errors
    /// If the bytes are not such a message.
    pub fn decode(payload: Bytes) -> Result<Self, DecodeError> {
        Ok(Self { payload })
    }

    /// Encodes spans that came in another form.
    pub fn encode(_spans: &SpanBatch) -> Self {
        Self { payload: Bytes::new() }
    }

    /// How many spans it has that can be kept.
    pub fn spans(&self) -> usize {
        self.payload.len()
    }

    /// What cannot be kept.
    pub fn rejected(&self) -> Rejected {
        Rejected::default()
    }

    /// Its spans as plain data, repaired.
    pub fn to_model(&self) -> SpanBatch {
        SpanBatch::default()
    }
}
