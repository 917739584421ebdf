//! Finished spans as lines of the program's own log.

use std::any::Any;

use wakeful_trace::{Span, TraceCollector};

/// Says each finished span as one event of `tracing`, at the level `info`: for a look without any receiver.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogTraceCollector;

impl LogTraceCollector {
    /// A collector that keeps nothing.
    pub fn new() -> Self {
        Self
    }
}

impl TraceCollector for LogTraceCollector {
    fn export(&self, span: Span) {
        let duration = span
            .start
            .zip(span.end)
            .and_then(|(start, end)| end.duration_since(start).ok());
        let metadata: Vec<_> = span.metadata.iter().collect();
        tracing::info!(
            target: "wakeful",
            trace_id = %span.context.trace_id,
            span_id = %span.context.span_id,
            parent_span_id = span.parent_span_id.map(tracing::field::display),
            duration_us = duration.map(|duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)),
            status = ?span.status,
            ?metadata,
            "span {}",
            span.name
        );
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
