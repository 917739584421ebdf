//! The current span of each thread, where a signal handler can read it.

use std::cell::Cell;

use wakeful_trace::{SpanId, TraceId};

/// The ids of the span that is entered on this thread, or zeros.
#[derive(Debug, Clone, Copy, Default)]
struct Published {
    trace_id: u128,
    span_id: u64,
}

thread_local! {
    // Initialised at compile time and without a destructor, so a signal handler can read it at any moment of the thread's
    // life without allocating. It reads what was stored whole, unless it interrupts the store itself; then `span_id` is 0.
    static CURRENT: Cell<Published> = const {
        Cell::new(Published {
            trace_id: 0,
            span_id: 0,
        })
    };
}

/// The trace and span that are entered on this thread, of whichever recorder; `None` outside recorded spans.
///
/// Safe to call in a signal handler.
pub fn current_span() -> Option<(TraceId, SpanId)> {
    let published = CURRENT.get();
    Some((TraceId::new(published.trace_id)?, SpanId::new(published.span_id)?))
}

#[inline]
pub(crate) fn publish(trace_id: u128, span_id: u64) {
    CURRENT.set(Published {
        trace_id: 0,
        span_id: 0,
    });
    // The handler runs on this thread, so the compiler alone must keep the order.
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    CURRENT.set(Published { trace_id, span_id: 0 });
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    CURRENT.set(Published { trace_id, span_id });
}
