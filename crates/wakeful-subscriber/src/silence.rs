//! A subscriber for threads and tasks that must not be traced: the exporter's own.

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};

use crate::drain::Drain;
use crate::recorder::Recorder;

/// Records nothing, and answers for callsites as the recorder does.
///
/// `tracing` asks every subscriber of the process for its interest in a callsite and remembers what all of them say. If one said
/// "never" where another says "always" (as `NoSubscriber` would), each span and event of the program would have to ask again.
#[derive(Debug)]
struct Silence(Recorder);

impl Drain {
    /// A dispatcher under which nothing is traced and which makes no difference to the rest of the program. Make one and keep it: each
    /// has `tracing` ask about all callsites again.
    pub fn silence(&self) -> Dispatch {
        Dispatch::new(Silence(Recorder {
            core: self.core.clone(),
        }))
    }
}

impl Subscriber for Silence {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.interest(metadata)
    }

    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.core.max_level())
    }

    fn new_span(&self, _attributes: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
