//! Where finished spans go.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Span;

/// Takes finished spans. It must not block: it is called by the code that is traced.
pub trait TraceCollector: Debug + Send + Sync {
    /// Takes a span. The span's own collector has been taken out.
    fn export(&self, span: Span);

    /// The collector itself, so that a test can look into the one that it gave.
    fn as_any(&self) -> &dyn Any;
}

impl<T: TraceCollector + ?Sized> TraceCollector for Arc<T> {
    fn export(&self, span: Span) {
        T::export(self, span);
    }

    fn as_any(&self) -> &dyn Any {
        T::as_any(self)
    }
}

/// Keeps the newest spans in memory: for tests, and for a page that shows the last requests.
#[derive(Debug)]
pub struct RingBufferTraceCollector {
    capacity: usize,
    spans: Mutex<VecDeque<Span>>,
}

impl RingBufferTraceCollector {
    /// Keeps `capacity` spans, at least one; past that the oldest goes.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            capacity,
            spans: Mutex::new(VecDeque::with_capacity(capacity.min(1024))),
        }
    }

    /// The spans kept, the oldest first.
    pub fn spans(&self) -> Vec<Span> {
        self.locked().iter().cloned().collect()
    }

    /// A panic elsewhere leaves whole spans behind: there is nothing to mend.
    fn locked(&self) -> std::sync::MutexGuard<'_, VecDeque<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TraceCollector for RingBufferTraceCollector {
    fn export(&self, span: Span) {
        let mut spans = self.locked();
        if spans.len() == self.capacity {
            spans.pop_front();
        }
        spans.push_back(span);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
