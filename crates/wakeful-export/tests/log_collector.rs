//! Finished spans as lines of the program's own log.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use expect_test::expect;
use wakeful_export::LogTraceCollector;
use wakeful_subscriber::{FieldValue, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};
use wakeful_trace::{Span, SpanContext, SpanId, SpanStatus, TraceFlags, TraceId};

/// What is logged.
#[derive(Default)]
struct Lines(Vec<String>);

impl Sink for Lines {
    fn span(&mut self, _: &FinishedSpan<'_>) {}
    fn lost(&mut self, _: &Loss<'_>) {}

    fn log(&mut self, record: &LogRecord<'_>) {
        let text = |value: FieldValue<'_>| match value {
            FieldValue::Str(text) | FieldValue::Formatted(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        self.0
            .push(format!("{}: {}", record.target, text(record.message)));
        let fields = record.fields.clone();
        self.0
            .extend(fields.map(|(key, value)| format!("  {key}={}", text(value))));
    }
}

#[test]
fn a_span_is_one_line_with_all_that_is_known_of_it() {
    let (recorder, mut drain) = recorder(Settings {
        log_records: "info".parse().ok(),
        ..Settings::default()
    });
    let context = SpanContext::new(
        TraceId::parse("5759e988bd862e3fe1be46a994272793").unwrap(),
        SpanId::parse("00c0ffee").unwrap(),
        TraceFlags::SAMPLED,
    )
    .with_collector(Arc::new(LogTraceCollector::new()));
    let mut span = context.child("query");
    span.context.span_id = SpanId::parse("7").unwrap();
    span.start = Some(SystemTime::UNIX_EPOCH);
    span.end = Some(SystemTime::UNIX_EPOCH + Duration::from_micros(1_500));
    span.metadata.insert("rows", 7);
    span.status(SpanStatus::Ok);
    tracing::subscriber::with_default(recorder.subscriber(), || {
        span.export();
        Span::root("open", Arc::new(LogTraceCollector)).export();
    });
    let mut lines = Lines::default();
    drain.finish(&mut lines);
    let second = lines
        .0
        .iter()
        .rposition(|line| line.starts_with("wakeful:"))
        .unwrap();
    expect![[r#"
        wakeful: span query
          trace_id=5759e988bd862e3fe1be46a994272793
          span_id=0000000000000007
          parent_span_id=0000000000c0ffee
          duration_us=U64(1500)
          status=Ok
          metadata=[("rows", Int(7))]"#]]
    .assert_eq(&lines.0[..second].join("\n"));
    // Nothing is known of the other one but its name and ids.
    let rest = lines.0[second..].join("\n");
    assert!(
        rest.starts_with("wakeful: span open\n") && !rest.contains("duration_us"),
        "{rest}"
    );
}
