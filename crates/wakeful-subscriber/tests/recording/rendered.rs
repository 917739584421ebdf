//! Running a program through the subscriber and through the layer, and writing down what came out.

use std::collections::HashMap;
use std::fmt::Write as _;

use expect_test::Expect;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use wakeful_model::{Kind, StatusCode};
use wakeful_subscriber::{FieldValue, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};

/// Runs `program` both ways; each must give `expected`: a line a span in the order of their starts, and what belongs to it.
pub(crate) fn check(program: impl Fn(), expected: Expect) {
    check_with(Settings::default, program, expected);
}

pub(crate) fn check_with(settings: impl Fn() -> Settings, program: impl Fn(), expected: Expect) {
    let by_subscriber = run(settings(), &program, |recorder| {
        Dispatch::new(recorder.subscriber())
    });
    let by_layer = run(settings(), &program, |recorder| {
        Dispatch::new(Registry::default().with(recorder.layer()))
    });
    assert_eq!(by_subscriber, by_layer, "the subscriber and the layer differ");
    expected.assert_eq(&by_subscriber);
}

fn run(
    settings: Settings,
    program: impl Fn(),
    dispatch: impl FnOnce(&wakeful_subscriber::Recorder) -> Dispatch,
) -> String {
    let (recorder, mut drain) = recorder(settings);
    tracing::dispatcher::with_default(&dispatch(&recorder), program);
    let mut rendered = Rendered::default();
    drain.finish(&mut rendered);
    rendered.text()
}

/// Everything that was handed out.
#[derive(Default)]
pub(crate) struct Rendered {
    pub(crate) spans: Vec<Span>,
    pub(crate) logs: Vec<String>,
    pub(crate) lost_records: u64,
    pub(crate) lost_spans: u64,
}

pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) span_id: u64,
    pub(crate) parent_span_id: Option<u64>,
    pub(crate) start_unix_nanos: u64,
    pub(crate) lines: String,
}

impl Rendered {
    pub(crate) fn text(mut self) -> String {
        self.spans.sort_by_key(|span| span.start_unix_nanos);
        let names: HashMap<u64, &str> = self
            .spans
            .iter()
            .map(|span| (span.span_id, span.name.as_str()))
            .collect();
        let mut text = String::new();
        for span in &self.spans {
            let parent = span
                .parent_span_id
                .map(|id| names.get(&id).copied().unwrap_or("elsewhere"));
            let parent = parent.map(|name| format!(" < {name}")).unwrap_or_default();
            let lines = span.lines.replacen("PARENT", &parent, 1);
            writeln!(text, "{}{lines}", span.name).unwrap();
        }
        for log in &self.logs {
            writeln!(text, "log {log}").unwrap();
        }
        if self.lost_records > 0 {
            writeln!(
                text,
                "lost {} records, {} spans",
                self.lost_records, self.lost_spans
            )
            .unwrap();
        }
        text
    }
}

/// Attributes but for those that differ between machines and lines of source.
fn attributes<'a>(attributes: impl Iterator<Item = (&'a str, FieldValue<'a>)>) -> String {
    attributes
        .filter(|(name, _)| !name.starts_with("code.") && !name.starts_with("thread.") && *name != "target")
        .map(|(name, value)| format!(" {name}={value:?}"))
        .collect()
}

impl Sink for Rendered {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        let mut lines = String::from("PARENT");
        if span.kind != Kind::Internal {
            write!(lines, " {:?}", span.kind).unwrap();
        }
        if span.status.code != StatusCode::Unset {
            write!(lines, " {:?} {:?}", span.status.code, span.status.message).unwrap();
        }
        if !span.trace_state.is_empty() {
            write!(lines, " state {}", span.trace_state).unwrap();
        }
        lines += &attributes(span.attributes());
        for event in span.events.clone() {
            // An event without a message is named after its place in the source.
            let name = if event.name.starts_with("event ") {
                "event FILE"
            } else {
                event.name
            };
            write!(lines, "\n  event {name:?}{}", attributes(event.attributes())).unwrap();
        }
        for link in span.links.clone() {
            let remote = if link.is_remote { " elsewhere" } else { "" };
            let found = self.spans.iter().find(|span| span.span_id == link.span_id.get());
            let name = found.map_or_else(|| link.span_id.to_string(), |span| span.name.clone());
            write!(lines, "\n  link {name}{remote}").unwrap();
        }
        if span.dropped_events > 0 || span.dropped_links > 0 || span.cut > 0 {
            let (events, links, cut) = (span.dropped_events, span.dropped_links, span.cut);
            write!(lines, "\n  dropped {events} events, {links} links; cut {cut}").unwrap();
        }
        self.spans.push(Span {
            name: span.name.to_owned(),
            span_id: span.span_id.get(),
            parent_span_id: span.parent_span_id.map(wakeful_trace::SpanId::get),
            start_unix_nanos: span.start_unix_nanos,
            lines,
        });
    }

    /// Behind the others, because their times are of another clock.
    fn explicit_span(&mut self, span: &wakeful_trace::Span) {
        let mut lines = String::from("PARENT by hand");
        for (name, value) in span.metadata.iter() {
            write!(lines, " {name}={value:?}").unwrap();
        }
        if span.status != wakeful_trace::SpanStatus::Unknown {
            write!(lines, " {:?}", span.status).unwrap();
        }
        self.spans.push(Span {
            name: span.name.to_string(),
            span_id: span.context.span_id.get(),
            parent_span_id: span.parent_span_id.map(wakeful_trace::SpanId::get),
            start_unix_nanos: u64::MAX,
            lines,
        });
    }

    fn log(&mut self, record: &LogRecord<'_>) {
        let place = match (record.trace_id, record.span_id) {
            (Some(_), Some(_)) => "in a span",
            (None, None) => "outside",
            _ => "with one id alone",
        };
        self.logs.push(format!(
            "{} {} {:?}{} {place}",
            record.callsite.level(),
            record.target,
            record.message,
            attributes(record.fields.clone()),
        ));
    }

    fn lost(&mut self, loss: &Loss<'_>) {
        self.lost_records += loss.records;
        self.lost_spans += loss.spans;
    }
}
