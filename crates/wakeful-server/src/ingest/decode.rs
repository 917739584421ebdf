//! Bytes as a receiver got them, to a batch.

use bytes::Bytes;
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
            Self::JaegerBatch => jaeger::decode_batch(&payload).map_err(malformed)?,
            Self::JaegerAgent(protocol) => jaeger::decode_agent(&payload, protocol).map_err(malformed)?,
        };
        let (spans, rejected) = decoded;
        Ok((Batch::encode(&spans).map_err(malformed)?, rejected))
    }
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
