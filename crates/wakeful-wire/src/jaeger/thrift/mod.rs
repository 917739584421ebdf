//! Spans as Jaeger's clients send them in Apache Thrift: to the agent's UDP ports and to the collector's
//! `/api/traces`.
//!
//! The translation to OpenTelemetry's model is the one of the OpenTelemetry Collector's Jaeger receiver, which
//! Jaeger itself uses since version 2, down to the order in which it leaves attributes. Where that loses what the
//! client sent (a `span.kind` or `event` it does not know, text that is not UTF-8), the value is kept.
//!
//! Source of the wire form: `jaeger.thrift` and `agent.thrift` of `jaeger-idl`.

mod batch;
mod log;
mod reference;
mod span;
mod status;
mod tags;

pub(super) use status::take_kind;
pub(super) use tags::take;

use wakeful_model::SpanBatch;

use crate::otlp::Rejected;
use crate::thrift::{BinaryReader, CompactReader, Kind, MessageKind, Reader, ThriftError};

/// How a datagram to the agent is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Thrift's compact protocol, on port 6831 by custom.
    Compact,
    /// Thrift's binary protocol, on port 6832 by custom; its messages may be strict or not.
    Binary,
}

/// Why bytes are not spans in Thrift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes break the protocol's rules, or a struct lacks a required field.
    #[error(transparent)]
    Malformed(#[from] ThriftError),
    /// A message for another method than `emitBatch`, such as `emitZipkinBatch`.
    #[error("the agent's method {method:?} is not supported; send Jaeger spans with emitBatch")]
    Method {
        /// The method's name, shortened if need be.
        method: String,
    },
}

/// Reads a datagram to the agent: one `emitBatch` message. As in Jaeger, what follows the message is ignored.
///
/// Spans whose trace or span id is zero are left out and counted. Names that are empty and spans that end before
/// they start are passed on as they are.
///
/// # Errors
/// If the datagram is malformed or calls another method.
pub fn decode_agent(datagram: &[u8], protocol: Protocol) -> Result<(SpanBatch, Rejected), DecodeError> {
    match protocol {
        Protocol::Compact => read_emit_batch(&mut CompactReader::new(datagram)),
        Protocol::Binary => read_emit_batch(&mut BinaryReader::new(datagram)),
    }
}

/// Reads a body of the collector's `/api/traces`: one `Batch` in the binary protocol.
///
/// Like [`decode_agent`], it leaves out and counts spans whose ids are zero.
///
/// # Errors
/// If the body is malformed.
pub fn decode_batch(body: &[u8]) -> Result<(SpanBatch, Rejected), DecodeError> {
    Ok(batch::read_batch(&mut BinaryReader::new(body))?)
}

/// `oneway void emitBatch(1: jaeger.Batch batch)`
fn read_emit_batch<'a>(reader: &mut impl Reader<'a>) -> Result<(SpanBatch, Rejected), DecodeError> {
    const METHOD_SHOWN_MAX: usize = 64;

    let message = reader.message()?;
    if message.method != b"emitBatch" {
        let method = &message.method[..message.method.len().min(METHOD_SHOWN_MAX)];
        return Err(DecodeError::Method {
            method: String::from_utf8_lossy(method).into_owned(),
        });
    }
    if !matches!(message.kind, MessageKind::Call | MessageKind::Oneway) {
        return Err(reader.error("emitBatch is an answer where a call belongs").into());
    }
    let mut decoded = None;
    let mut last_id = 0;
    while let Some(field) = reader.field(&mut last_id)? {
        match (field.id, field.kind) {
            (1, Kind::Struct) => decoded = Some(batch::read_batch(reader)?),
            _ => reader.skip_field(field.kind)?,
        }
    }
    Ok(required(reader, decoded, "emitBatch without its batch")?)
}

/// A field that `jaeger.thrift` requires.
fn required<'a, T>(
    reader: &impl Reader<'a>,
    field: Option<T>,
    missing: &'static str,
) -> Result<T, ThriftError> {
    field.ok_or_else(|| reader.error(missing))
}

/// Reads a list of structs, leaving out those of which `read` makes nothing.
///
/// Memory is taken at once for as many as fit if each has `size_usual` bytes, so that a message that declares more
/// than it has costs no more than an honest one of its size.
fn read_structs<'a, R: Reader<'a>, T>(
    reader: &mut R,
    size_usual: usize,
    mut read: impl FnMut(&mut R) -> Result<Option<T>, ThriftError>,
) -> Result<Vec<T>, ThriftError> {
    let list = reader.list()?;
    if list.kind != Kind::Struct && list.len > 0 {
        return Err(reader.error("a list of another type where one of structs belongs"));
    }
    let mut structs = Vec::with_capacity(list.len.min(reader.remaining() / size_usual + 1));
    for _ in 0..list.len {
        structs.extend(read(reader)?);
    }
    Ok(structs)
}
