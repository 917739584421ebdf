//! The reading side: merges the rings and hands out what is finished.

mod events;
mod sink;

use std::time::Duration;

pub use events::{Event, Events, Exception, Links};
pub use sink::{ClockStep, Drained, FinishedSpan, LogRecord, Sink, Status};

/// Reads the rings of a recorder.
#[derive(Debug)]
pub struct Drain {}

impl Drain {
    /// Reads every ring and hands what is finished to `sink`.
    pub fn drain(&mut self, sink: &mut impl Sink) -> Drained {
        let _ = sink;
        Drained::default()
    }

    /// The last turn.
    pub fn finish(&mut self, sink: &mut impl Sink) -> Drained {
        self.drain(sink)
    }

    /// Sleeps until a ring is half full (or a span was closed, by setting), or `timeout` is over. Whether it was woken.
    pub fn wait(&self, timeout: Duration) -> bool {
        let _ = timeout;
        false
    }

    /// Calls `wake` in place of ending [`Self::wait`], from the traced thread: it must be short and must not trace.
    pub fn on_wake(&self, wake: impl Fn() + Send + Sync + 'static) {
        drop(wake);
    }
}
