//! Times a span while it runs.

use std::borrow::Cow;
use std::time::{Instant, SystemTime};

use crate::{EnteredContext, MetaValue, Metadata, Span, SpanContext, SpanEvent, SpanStatus};

/// Records one span: stamps its start when made and its end when dropped, and exports it then.
///
/// Made from `None` it does nothing, and neither do its children: code that is traced need not ask whether it is. The
/// duration is measured by the monotonic clock, so a wall clock that is set back makes no negative one.
#[derive(Debug, Default)]
pub struct SpanRecorder {
    recorded: Option<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    span: Span,
    since: Instant,
}

impl SpanRecorder {
    /// Starts the span, if there is one. A start that it has already is kept if it is earlier.
    pub fn new(span: Option<Span>) -> Self {
        let recorded = span.map(|mut span| {
            // First, so that no event is later than the end even if the thread loses its processor in between.
            let since = Instant::now();
            let now = SystemTime::now();
            span.start = Some(span.start.map_or(now, |start| start.min(now)));
            Recorded { span, since }
        });
        Self { recorded }
    }

    /// The span so far; `None` if nothing is recorded.
    pub fn span(&self) -> Option<&Span> {
        Some(&self.recorded.as_ref()?.span)
    }

    /// Takes the span out, to be finished and exported by hand, and leaves a recorder that does nothing.
    pub fn take(&mut self) -> Option<Span> {
        Some(self.recorded.take()?.span)
    }

    /// Sets a value.
    pub fn set_metadata(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<MetaValue>) {
        self.with(|span| span.metadata.insert(key, value));
    }

    /// The values, to be changed; `None` if nothing is recorded.
    pub fn metadata_mut(&mut self) -> Option<&mut Metadata> {
        Some(&mut self.recorded.as_mut()?.span.metadata)
    }

    /// Adds an event.
    pub fn event(&mut self, event: SpanEvent) {
        self.with(|span| span.event(event));
    }

    /// Adds an event of this instant.
    pub fn event_msg(&mut self, message: impl Into<Cow<'static, str>>) {
        self.with(|span| span.event(SpanEvent::new(message)));
    }

    /// Notes `message` as an event, and that all went well unless a status is set already.
    pub fn ok(&mut self, message: impl Into<Cow<'static, str>>) {
        self.with(|span| span.ok(message));
    }

    /// Notes `message` as an event, and that it failed unless a status is set already.
    pub fn error(&mut self, message: impl Into<Cow<'static, str>>) {
        self.with(|span| span.error(message));
    }

    /// Sets the status, unless one is set already.
    pub fn status(&mut self, status: SpanStatus) {
        self.with(|span| span.status(status));
    }

    /// Links to another span.
    pub fn link(&mut self, context: &SpanContext) {
        self.with(|span| span.link(context));
    }

    /// A recorder of a span within this one, started now; it does nothing if this one does nothing.
    pub fn child(&self, name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(self.child_span(name))
    }

    /// A span within this one, not started; `None` if nothing is recorded.
    pub fn child_span(&self, name: impl Into<Cow<'static, str>>) -> Option<Span> {
        Some(self.span()?.child(name))
    }

    /// Makes the span this thread's current context until the guard is dropped, see [`SpanContext::enter`]; `None` if nothing is
    /// recorded.
    #[must_use = "the context is left when the guard is dropped"]
    pub fn enter(&self) -> Option<EnteredContext> {
        Some(self.span()?.context.enter())
    }

    fn with<T>(&mut self, change: impl FnOnce(&mut Span) -> T) {
        if let Some(recorded) = &mut self.recorded {
            change(&mut recorded.span);
        }
    }
}

impl Drop for SpanRecorder {
    fn drop(&mut self) {
        if let Some(Recorded { mut span, since }) = self.recorded.take() {
            let start = *span.start.get_or_insert_with(SystemTime::now);
            let end = start.checked_add(since.elapsed()).unwrap_or(start);
            span.end = Some(span.end.map_or(end, |known| known.max(end)));
            span.export();
        }
    }
}

/// "A child, if anyone records": on the optional context that a request carries.
pub trait SpanExt {
    /// A span within this context, not started; `None` without a context, unsampled, or without a collector.
    fn child_span(&self, name: &'static str) -> Option<Span>;
}

impl SpanExt for Option<SpanContext> {
    fn child_span(&self, name: &'static str) -> Option<Span> {
        self.as_ref().child_span(name)
    }
}

impl SpanExt for Option<&SpanContext> {
    fn child_span(&self, name: &'static str) -> Option<Span> {
        let context = self.filter(|context| context.is_recorded())?;
        Some(context.child(name))
    }
}
