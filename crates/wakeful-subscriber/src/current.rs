//! The current span of each thread, where a signal handler can read it.

use std::cell::Cell;
use std::sync::atomic::{Ordering, compiler_fence};

use wakeful_trace::{SpanId, TraceId};

/// The ids of the span that is entered on this thread, or zeros.
struct Published {
    trace_id: Cell<u128>,
    /// 0 while the other one changes.
    span_id: Cell<u64>,
}

thread_local! {
    // Initialised at compile time and without a destructor, so a signal handler can read it at any moment of the thread's
    // life without allocating.
    static CURRENT: Published = const {
        Published {
            trace_id: Cell::new(0),
            span_id: Cell::new(0),
        }
    };
}

/// The trace and span that are entered on this thread, of whichever recorder; `None` outside recorded spans.
///
/// Safe to call in a signal handler.
pub fn current_span() -> Option<(TraceId, SpanId)> {
    CURRENT.with(|current| {
        let span_id = SpanId::new(current.span_id.get())?;
        Some((TraceId::new(current.trace_id.get())?, span_id))
    })
}

#[inline]
pub(crate) fn publish(trace_id: u128, span_id: u64) {
    CURRENT.with(|current| {
        current.span_id.set(0);
        // The handler runs on this thread, so the compiler alone must keep the order.
        compiler_fence(Ordering::SeqCst);
        current.trace_id.set(trace_id);
        compiler_fence(Ordering::SeqCst);
        current.span_id.set(span_id);
    });
}
