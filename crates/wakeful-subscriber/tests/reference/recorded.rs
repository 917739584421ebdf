//! The same from what the drain hands out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tracing::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use wakeful_model::StatusCode;
use wakeful_subscriber::{
    Clock, Drain, Fields, FinishedSpan, LogRecord, Loss, Recorder, Settings, Sink, recorder,
};

use crate::outcome::{Event, Outcome, Span};
use crate::world::STEP_NANOS;

pub(crate) struct Recorded {
    pub(crate) dispatch: Dispatch,
    drain: Drain,
}

impl Recorded {
    pub(crate) fn by_subscriber(clock: Arc<AtomicU64>) -> Self {
        Self::new(clock, |recorder| Dispatch::new(recorder.subscriber()))
    }

    pub(crate) fn by_layer(clock: Arc<AtomicU64>) -> Self {
        Self::new(clock, |recorder| {
            Dispatch::new(Registry::default().with(LevelFilter::INFO).with(recorder.layer()))
        })
    }

    fn new(clock: Arc<AtomicU64>, dispatch: impl FnOnce(&Recorder) -> Dispatch) -> Self {
        let settings = Settings {
            clock: Clock::manual(clock),
            ..Settings::default()
        };
        let (recorder, drain) = recorder(settings);
        Self {
            dispatch: dispatch(&recorder),
            drain,
        }
    }

    /// What the program that began then has left.
    pub(crate) fn take(&mut self, begun: u64) -> Outcome {
        let mut spans = Spans {
            begun,
            ..Spans::default()
        };
        let drained = self.drain.finish(&mut spans);
        assert_eq!(drained.open, 0, "spans are still open");
        spans.outcome()
    }
}

#[derive(Default)]
struct Spans {
    begun: u64,
    spans: Vec<(Span, u128, Option<u64>, Vec<u64>)>,
    /// By span id, the step that made it.
    made_at: HashMap<u64, u64>,
}

impl Spans {
    fn steps(&self, nanos: u64) -> u64 {
        (nanos - self.begun) / STEP_NANOS
    }

    fn outcome(self) -> Outcome {
        let mut roots = HashMap::new();
        for (span, trace_id, parent, _) in &self.spans {
            if parent.is_none() {
                assert!(
                    roots.insert(*trace_id, span.made_at).is_none(),
                    "a trace has two roots"
                );
            }
        }
        let mut outcome: Outcome = self
            .spans
            .iter()
            .map(|(span, trace_id, parent, links)| Span {
                parent: parent.map(|id| self.made_at[&id]),
                root: roots[trace_id],
                links: links.iter().map(|id| self.made_at[id]).collect(),
                ..span.clone()
            })
            .collect();
        outcome.sort_by_key(|span| span.made_at);
        outcome
    }
}

fn fields(fields: Fields<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, value) in fields {
        let before = all.insert(name.to_owned(), format!("{value:?}"));
        assert_eq!(before, None, "{name} comes twice");
    }
    all
}

impl Sink for Spans {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        let made_at = self.steps(span.start_unix_nanos);
        let interval = |interval: &wakeful_model::intervals::Interval| {
            let at = |nanos| self.steps(span.start_unix_nanos + nanos);
            (at(interval.start), at(interval.end))
        };
        let noted = Span {
            made_at,
            closed_at: self.steps(span.end_unix_nanos),
            name: span.name.to_owned(),
            parent: None,
            root: 0,
            fields: fields(span.fields.clone()),
            events: span
                .events
                .clone()
                .map(|event| Event {
                    at: self.steps(event.unix_nanos),
                    name: event.name.to_owned(),
                    fields: fields(event.fields),
                })
                .collect(),
            links: Vec::new(),
            intervals: span.intervals.iter().map(interval).collect(),
            failed: span.status.code == StatusCode::Error,
        };
        let busy: u64 = span
            .intervals
            .iter()
            .map(|interval| interval.end - interval.start)
            .sum();
        assert_eq!(busy, span.busy_nanos);
        let links = span.links.clone().map(|link| link.span_id.get()).collect();
        let before = self.made_at.insert(span.span_id.get(), made_at);
        assert_eq!(before, None, "a span id comes twice");
        let parent = span.parent_span_id.map(wakeful_trace::SpanId::get);
        self.spans.push((noted, span.trace_id.get(), parent, links));
    }

    fn log(&mut self, _record: &LogRecord<'_>) {
        panic!("no log records were asked for");
    }

    fn lost(&mut self, loss: &Loss<'_>) {
        panic!("lost: {loss:?}");
    }
}
