//! Whether this program's Tokio makes spans.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Metadata, Subscriber, dispatcher};

/// Makes a resource and looks whether Tokio would make a span of it: neither its features nor how it was built can be asked for.
pub(super) fn has_spans() -> bool {
    static HAS_SPANS: OnceLock<bool> = OnceLock::new();
    *HAS_SPANS.get_or_init(|| {
        let probe = Probe::default();
        let has_spans = probe.has_spans.clone();
        // The callsite is registered with the probe when that is made, or when it is reached for the first time.
        dispatcher::with_default(&Dispatch::new(probe), || {
            let _resource = tokio::sync::Semaphore::new(0);
        });
        has_spans.load(Ordering::Relaxed)
    })
}

#[derive(Debug, Default)]
struct Probe {
    has_spans: Arc<AtomicBool>,
}

impl Subscriber for Probe {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() && metadata.name() == "runtime.resource" {
            self.has_spans.store(true, Ordering::Relaxed);
        }
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
