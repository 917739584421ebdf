//! Ids: hex digits of either case, all of them (opentelemetry-proto 1.9, "JSON Protobuf Encoding").

use wakeful_model::{SpanId, TraceId};

use super::scalar::Scalar;

/// What stands for an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Id<T> {
    /// Not sent, empty, or zero.
    #[default]
    Absent,
    /// Something that is not an id.
    Malformed,
    /// An id.
    Valid(T),
}

impl<T> Id<T> {
    pub(super) fn valid(self) -> Option<T> {
        match self {
            Self::Valid(id) => Some(id),
            Self::Absent | Self::Malformed => None,
        }
    }
}

pub(super) fn trace_id(scalar: &Scalar<'_>) -> Id<TraceId> {
    id(scalar, 32, |text| TraceId::parse(text).ok())
}

pub(super) fn span_id(scalar: &Scalar<'_>) -> Id<SpanId> {
    id(scalar, 16, |text| SpanId::parse(text).ok())
}

fn id<T>(scalar: &Scalar<'_>, digits: usize, parse: impl FnOnce(&str) -> Option<T>) -> Id<T> {
    match scalar {
        Scalar::Nothing => Id::Absent,
        Scalar::Text(text) if text.bytes().all(|digit| digit == b'0') => Id::Absent,
        Scalar::Text(text) if text.len() == digits => parse(text).map_or(Id::Malformed, Id::Valid),
        _ => Id::Malformed,
    }
}
