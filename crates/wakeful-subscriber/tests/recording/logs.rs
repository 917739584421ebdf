//! Events as log records.

use expect_test::expect;
use tracing::{Level, debug, error, info, info_span};
use tracing_subscriber::filter::Targets;
use wakeful_subscriber::Settings;

use crate::rendered::check_with;

fn settings() -> Settings {
    Settings {
        log_records: Some(
            Targets::new()
                .with_target("recording", Level::DEBUG)
                .with_default(Level::INFO),
        ),
        ..Settings::default()
    }
}

#[test]
fn events_inside_and_outside_spans_are_log_records() {
    check_with(
        settings,
        || {
            info!(a = 1, "outside");
            info_span!("span").in_scope(|| {
                info!("inside");
                // Wanted as a log record, but not on the span.
                debug!(b = "x", "detail");
                error!(parent: None, "apart");
            });
        },
        expect![[r#"
            span
              event "inside" level=Str("INFO")
            log INFO recording::logs Formatted("outside") a=I64(1) outside
            log INFO recording::logs Formatted("inside") in a span
            log DEBUG recording::logs Formatted("detail") b=Str("x") in a span
            log ERROR recording::logs Formatted("apart") outside
        "#]],
    );
}

#[cfg(feature = "log")]
#[test]
fn records_of_the_log_crate_keep_their_target() {
    // Once for the process; it hands records to whatever subscriber is the default.
    let _ = tracing_log::LogTracer::init();
    check_with(
        settings,
        || {
            info_span!("span").in_scope(|| {
                log::info!(target: "other::place", "from log");
                log::debug!(target: "other::place", "too detailed");
                log::debug!(target: "recording::wanted", "detailed");
            });
        },
        expect![[r#"
            span
              event "from log" level=Str("INFO")
            log INFO other::place Formatted("from log") in a span
            log DEBUG recording::wanted Formatted("detailed") in a span
        "#]],
    );
}
