//! The reference: a layer on a plain Registry that notes everything, in the plainest way.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry, SpanRef};

use crate::outcome::{Event, Outcome, Span};
use crate::world::STEP_NANOS;

pub(crate) struct Reference {
    pub(crate) dispatch: Dispatch,
    closed: Arc<Mutex<Outcome>>,
}

impl Reference {
    pub(crate) fn new(clock: Arc<AtomicU64>) -> Self {
        let closed = Arc::<Mutex<Outcome>>::default();
        let notes = Notes {
            clock,
            closed: closed.clone(),
        };
        let dispatch = Dispatch::new(Registry::default().with(LevelFilter::INFO).with(notes));
        Self { dispatch, closed }
    }

    /// What the program that began then has left.
    pub(crate) fn take(&self, begun: u64) -> Outcome {
        let mut spans = std::mem::take(&mut *self.closed.lock().unwrap());
        let steps = |nanos: &mut u64| *nanos = (*nanos - begun) / STEP_NANOS;
        for span in &mut spans {
            steps(&mut span.made_at);
            steps(&mut span.closed_at);
            steps(&mut span.root);
            span.parent.iter_mut().chain(&mut span.links).for_each(steps);
            span.events.iter_mut().for_each(|event| steps(&mut event.at));
            for (start, end) in &mut span.intervals {
                steps(start);
                steps(end);
            }
        }
        spans.sort_by_key(|span| span.made_at);
        spans
    }
}

struct Notes {
    clock: Arc<AtomicU64>,
    closed: Arc<Mutex<Outcome>>,
}

/// A span that is open.
struct Open {
    span: Span,
    depth: u32,
    entered_at: u64,
}

impl Notes {
    fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }
}

fn made_at<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) -> u64 {
    span.extensions().get::<Open>().unwrap().span.made_at
}

impl<S> Layer<S> for Notes
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let now = self.now();
        let root = span.scope().from_root().next().unwrap();
        let noted = Span {
            made_at: now,
            closed_at: 0,
            name: span.name().to_owned(),
            parent: span.parent().map(|parent| made_at(&parent)),
            root: if root.id() == *id { now } else { made_at(&root) },
            fields: values(|visitor| attributes.record(visitor)),
            events: Vec::new(),
            links: Vec::new(),
            intervals: Vec::new(),
            failed: false,
        };
        span.extensions_mut().insert(Open {
            span: noted,
            depth: 0,
            entered_at: 0,
        });
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        let open = extensions.get_mut::<Open>().unwrap();
        open.span.fields.extend(values(|visitor| record.record(visitor)));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let followed = made_at(&context.span(follows).unwrap());
        let span = context.span(id).unwrap();
        span.extensions_mut()
            .get_mut::<Open>()
            .unwrap()
            .span
            .links
            .push(followed);
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else {
            return;
        };
        let mut fields = values(|visitor| event.record(visitor));
        let mut extensions = span.extensions_mut();
        let open = extensions.get_mut::<Open>().unwrap();
        open.span.failed |= *event.metadata().level() == Level::ERROR;
        open.span.events.push(Event {
            at: self.now(),
            name: fields.remove("message").unwrap(),
            fields,
        });
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        let open = extensions.get_mut::<Open>().unwrap();
        if open.depth == 0 {
            open.entered_at = self.now();
        }
        open.depth += 1;
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut extensions = span.extensions_mut();
        let open = extensions.get_mut::<Open>().unwrap();
        open.depth -= 1;
        if open.depth == 0 {
            open.span.intervals.push((open.entered_at, self.now()));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let mut open = span.extensions_mut().remove::<Open>().unwrap();
        open.span.closed_at = self.now();
        self.closed.lock().unwrap().push(open.span);
    }
}

/// Values with their types.
fn values(record: impl FnOnce(&mut dyn Visit)) -> BTreeMap<String, String> {
    let mut values = Values(BTreeMap::new());
    record(&mut values);
    values.0
}

struct Values(BTreeMap<String, String>);

impl Values {
    fn put(&mut self, field: &Field, text: String) {
        self.0.insert(field.name().to_owned(), text);
    }
}

impl Visit for Values {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, format!("I64({value})"));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, format!("U64({value})"));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, format!("I128({value})"));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, format!("U128({value})"));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, format!("F64({value:?})"));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, format!("Bool({value})"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, format!("Str({value:?})"));
    }
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.put(field, format!("Bytes({value:?})"));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        let is_message = field.name() == "message";
        self.put(
            field,
            if is_message {
                text
            } else {
                format!("Formatted({text:?})")
            },
        );
    }
}
