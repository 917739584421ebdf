//! What shows only with a subscriber for the whole process: tracing within tracing, and while a thread ends.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;
use std::fmt;

use tracing::{info, info_span};
use wakeful_subscriber::{FinishedSpan, LogRecord, Loss, LossCause, Settings, Sink, recorder};

struct TracesWhenDropped;

impl Drop for TracesWhenDropped {
    fn drop(&mut self) {
        let span = info_span!("too late", n = 1);
        assert!(!span.is_disabled());
        let clone = span.clone();
        span.in_scope(|| info_span!("its child").in_scope(|| {}));
        info!(parent: &clone, "too late");
        drop((span, clone));
    }
}

thread_local! {
    static EARLY: RefCell<Option<TracesWhenDropped>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Seen {
    names: Vec<&'static str>,
    lost: Vec<(bool, LossCause, u64)>,
}

impl Sink for Seen {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        self.names.push(span.callsite.metadata.name());
    }
    fn log(&mut self, _record: &LogRecord<'_>) {}
    fn lost(&mut self, loss: &Loss<'_>) {
        self.lost.push((loss.thread.is_some(), loss.cause, loss.spans));
    }
}

/// What all subscribers of the process say to a callsite that the recorder wants.
fn wanted_callsite() -> tracing_core::Interest {
    use tracing_core::callsite::DefaultCallsite;
    use tracing_core::{Kind, Level, Metadata, metadata};

    static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
    static METADATA: Metadata<'static> = metadata! {
        name: "wanted",
        target: module_path!(),
        level: Level::INFO,
        fields: &[],
        callsite: &CALLSITE,
        kind: Kind::SPAN,
    };
    CALLSITE.register()
}

/// Traces while it is formatted.
struct Nested;

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!("nested", depth = 2).in_scope(|| info!("inside"));
        f.write_str("formatted")
    }
}

#[test]
fn a_value_may_trace_while_it_is_formatted_and_a_destructor_when_the_thread_ends() {
    let (recorder, mut drain) = recorder(Settings::default());
    tracing::subscriber::set_global_default(recorder.subscriber()).unwrap();
    info_span!("span", value = ?Nested);
    let mut seen = Seen::default();
    drain.drain(&mut seen);
    assert_eq!(seen.names, ["nested", "span"]);

    std::thread::spawn(|| {
        // Registered first, so destroyed last.
        EARLY.set(Some(TracesWhenDropped));
        info_span!("in time");
    })
    .join()
    .unwrap();
    // Under a silent subscriber nothing is traced, and callsites of the program stay wanted once and for all.
    let silence = drain.silence();
    tracing::dispatcher::with_default(&silence, || {
        info_span!("silent", n = 1).in_scope(|| info!("silent"));
    });
    assert!(wanted_callsite().is_always());

    let mut seen = Seen::default();
    let drained = drain.finish(&mut seen);
    assert_eq!(seen.names, ["in time"]);
    assert_eq!(seen.lost, [(false, LossCause::ThreadExit, 2)]);
    assert_eq!(drained.open, 0);
}
