//! What identifies a span to others: the part of it that crosses threads, processes and services.

use std::borrow::Cow;
use std::fmt;
use std::ops::BitOr;
use std::sync::Arc;

use crate::{Span, SpanId, TraceCollector, TraceId};

/// The context of a span, as it is handed to children and to other services (W3C Trace Context, level 2).
///
/// It is passed on by value: nothing is recorded unless a context reaches the code. Two contexts are equal if their
/// ids, flags and state are, and if both or neither have a collector.
#[derive(Debug, Clone)]
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
    /// Where the finished children of this context go; without one they are not recorded.
    pub collector: Option<Arc<dyn TraceCollector>>,
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
            collector: None,
        }
    }

    /// The context of a new trace: random ids, sampled.
    pub fn root(collector: Arc<dyn TraceCollector>) -> Self {
        Self::new(
            TraceId::random(),
            SpanId::random(),
            TraceFlags::SAMPLED | TraceFlags::RANDOM_TRACE_ID,
        )
        .with_collector(collector)
    }

    /// The same context, with its children sent to `collector`.
    pub fn with_collector(self, collector: Arc<dyn TraceCollector>) -> Self {
        Self {
            collector: Some(collector),
            ..self
        }
    }

    /// A span within this one: same trace, flags, state and collector, an id of its own. It has no times yet;
    /// [`SpanRecorder`](crate::SpanRecorder) sets them, or whoever knows them afterwards.
    pub fn child(&self, name: impl Into<Cow<'static, str>>) -> Span {
        let context = Self {
            span_id: SpanId::random(),
            is_remote: false,
            ..self.clone()
        };
        Span::new(name.into(), context, Some(self.span_id))
    }

    /// Whether a child of it would reach anyone.
    pub fn is_recorded(&self) -> bool {
        self.is_sampled() && self.collector.is_some()
    }

    /// Bytes that it takes up in memory, with its trace state and without its collector.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.trace_state.as_str().len()
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

impl PartialEq for SpanContext {
    fn eq(&self, other: &Self) -> bool {
        self.trace_id == other.trace_id
            && self.span_id == other.span_id
            && self.flags == other.flags
            && self.trace_state == other.trace_state
            && self.is_remote == other.is_remote
            && self.collector.is_some() == other.collector.is_some()
    }
}

impl Eq for SpanContext {}

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

impl BitOr for TraceFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
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
