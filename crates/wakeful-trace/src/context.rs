//! What identifies a span to others: the part of it that crosses threads, processes and services.

use std::fmt;
use std::sync::Arc;

use crate::{SpanId, TraceId};

/// The context of a span, as it is handed to children and to other services (W3C Trace Context, level 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanContext {
    /// The trace that the span belongs to.
    pub trace_id: TraceId,
    /// The span itself; for its children, their parent.
    pub span_id: SpanId,
    /// Whether it is recorded, and how its trace id was made.
    pub flags: TraceFlags,
    /// What vendors carry along with the trace.
    pub trace_state: TraceState,
    /// Whether it came from another process.
    pub is_remote: bool,
}

impl SpanContext {
    /// A context of this process, without trace state.
    pub fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self {
            trace_id,
            span_id,
            flags,
            trace_state: TraceState::default(),
            is_remote: false,
        }
    }

    /// The same context, marked as having come from another process.
    pub fn remote(self) -> Self {
        Self {
            is_remote: true,
            ..self
        }
    }

    /// Whether the span is recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }
}

/// The eight trace flags (W3C Trace Context, level 2, §3.2.2.5). Unknown bits are carried along.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraceFlags(u8);

impl TraceFlags {
    /// The span is recorded: bit 0.
    pub const SAMPLED: Self = Self(1);
    /// At least the right-most seven bytes of the trace id are random: bit 1.
    pub const RANDOM_TRACE_ID: Self = Self(2);

    /// The flags with these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The flags as they stand in the header.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the span is recorded.
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED.0 != 0
    }

    /// The same flags, recorded or not.
    pub const fn with_sampled(self, sampled: bool) -> Self {
        Self(if sampled {
            self.0 | Self::SAMPLED.0
        } else {
            self.0 & !Self::SAMPLED.0
        })
    }
}

impl fmt::Debug for TraceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceFlags({:02x})", self.0)
    }
}

/// The `tracestate` of a trace: a list of `key=value`, in the form of its header; usually empty.
///
/// Cheap to clone: children share their parent's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TraceState(Option<Arc<str>>);

impl TraceState {
    /// Keeps `header` as it is; the caller has checked it.
    pub fn from_header(header: &str) -> Self {
        Self((!header.is_empty()).then(|| header.into()))
    }

    /// The header's text; empty if there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether nothing is carried.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_leaves_other_flags_alone() {
        let flags = TraceFlags::from_bits(0xf2);
        assert!(!flags.is_sampled());
        assert_eq!(flags.with_sampled(true).bits(), 0xf3);
        assert_eq!(flags.with_sampled(true).with_sampled(false), flags);
    }

    #[test]
    fn an_empty_trace_state_is_none() {
        assert!(TraceState::from_header("").is_empty());
        assert_eq!(TraceState::from_header("a=1,b=2").as_str(), "a=1,b=2");
    }
}
