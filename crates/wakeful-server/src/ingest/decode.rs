//! Bytes as a receiver got them, to a batch.

use bytes::Bytes;
use wakeful_model::{Span, SpanBatch};
use wakeful_wire::inflate::InflateError;
use wakeful_wire::otlp::{Batch, Rejected};
use wakeful_wire::{inflate, jaeger, otlp};

pub(crate) use wakeful_wire::inflate::Encoding;

use super::Refusal;

/// What a message is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `ExportTraceServiceRequest` as protobuf.
    OtlpProtobuf,
    /// `ExportTraceServiceRequest` as JSON.
    OtlpJson,
    /// Such requests in JSON, one a line.
    OtlpJsonLines,
    /// Traces in Jaeger's JSON.
    JaegerJson,
    /// A Thrift `Batch` in the binary protocol.
    JaegerBatch,
    /// An agent's message in a Thrift protocol.
    JaegerAgent(jaeger::Protocol),
}

impl Format {
    /// Decodes a message, and says what had to be left out.
    pub(super) fn decode(self, payload: Bytes) -> Result<(Batch, Rejected), Refusal> {
        let decoded = match self {
            Self::OtlpProtobuf => {
                let batch = Batch::decode(payload).map_err(malformed)?;
                let rejected = batch.rejected();
                return Ok((batch, rejected));
            }
            Self::OtlpJson => otlp::decode_json(&payload).map_err(malformed)?,
            Self::OtlpJsonLines => decode_lines(&payload)?,
            Self::JaegerJson => jaeger::decode_json(&payload).map_err(malformed)?,
            Self::JaegerBatch => jaeger::decode_batch(&payload).map_err(malformed)?,
            Self::JaegerAgent(protocol) => jaeger::decode_agent(&payload, protocol).map_err(malformed)?,
        };
        let (spans, rejected) = decoded;
        Ok((Batch::encode(&spans).map_err(malformed)?, rejected))
    }
}

/// Reads a file of the OpenTelemetry Collector's file exporter. Lines of logs and metrics have no spans.
fn decode_lines(payload: &[u8]) -> Result<(SpanBatch, Rejected), Refusal> {
    let mut all = SpanBatch::default();
    let mut rejected = Rejected::default();
    for (line, number) in payload.split(|byte| *byte == b'\n').zip(1..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (batch, of_line) = otlp::decode_json(line)
            .map_err(|error| Refusal::Malformed(format!("line {number} of the file: {error}")))?;
        rejected.bad_trace_id += of_line.bad_trace_id;
        rejected.bad_span_id += of_line.bad_span_id;
        let (resources, scopes) = (all.resources.len() as u32, all.scopes.len() as u32);
        all.resources.extend(batch.resources);
        all.scopes.extend(batch.scopes);
        all.spans.extend(batch.spans.into_iter().map(|span| Span {
            resource: span.resource + resources,
            scope: span.scope + scopes,
            ..span
        }));
    }
    Ok((all, rejected))
}

/// Undoes a message's compression.
pub(super) fn inflate(encoding: Encoding, bytes: Bytes, bytes_max: usize) -> Result<Bytes, Refusal> {
    inflate::inflate(encoding, bytes, bytes_max).map_err(|error| match error {
        InflateError::TooLarge { .. } => Refusal::TooLarge { bytes_max },
        other => malformed(other),
    })
}

fn malformed(error: impl std::error::Error) -> Refusal {
    Refusal::Malformed(error.to_string())
}
