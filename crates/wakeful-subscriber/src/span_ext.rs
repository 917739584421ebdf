//! What wakeful adds to `tracing::Span`.

use tracing::{Dispatch, Span};
use tracing_core::span::Id;
use wakeful_model::StatusCode;
use wakeful_trace::SpanContext;
use wakeful_trace::current::{Moment, entered_since};

use crate::recorder::Recorder;
use crate::slots::SlotId;
use crate::subscriber::slot_id;
use crate::{Layer, Subscriber};

/// Joins spans of `tracing` to traces that cross services. Without effect on a span that is not recorded by wakeful.
///
/// # Examples
/// ```
/// use wakeful_subscriber::{Settings, SpanExt, recorder};
/// use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId};
///
/// let (recorder, _drain) = recorder(Settings::default());
/// tracing::subscriber::with_default(recorder.subscriber(), || {
///     let trace_id = TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
///     let caller = SpanContext::new(trace_id, SpanId::new(7).unwrap(), TraceFlags::SAMPLED).remote();
///     let request = tracing::info_span!("request");
///     request.set_parent(caller);
///     assert_eq!(request.context().unwrap().trace_id, trace_id);
/// });
/// ```
pub trait SpanExt {
    /// Makes the span a child of `parent`, whose service may have decided whether the trace is recorded. Children that are
    /// made later follow; those that are there already keep their trace, so call it first.
    fn set_parent(&self, parent: SpanContext);

    /// What another service, or a [`wakeful_trace::SpanRecorder`], needs to go on with the trace; `None` if the span belongs to
    /// none. Its collector is the recorder, so that spans made by hand go where this one goes.
    fn context(&self) -> Option<SpanContext>;

    /// Relates the span to another one, without making it a child.
    fn add_link(&self, linked: SpanContext);

    /// Says how the span ended. An error's message stands beside it; otherwise `message` is not shown.
    fn set_status(&self, code: StatusCode, message: &str);
}

impl SpanExt for Span {
    fn set_parent(&self, parent: SpanContext) {
        with_recorder(self, |recorder, slot| recorder.set_parent(slot, &parent));
    }

    fn context(&self) -> Option<SpanContext> {
        with_recorder(self, Recorder::context).flatten()
    }

    fn add_link(&self, linked: SpanContext) {
        with_recorder(self, |recorder, slot| recorder.add_link(slot, &linked));
    }

    fn set_status(&self, code: StatusCode, message: &str) {
        with_recorder(self, |recorder, slot| recorder.set_status(slot, code, message));
    }
}

fn with_recorder<R>(span: &Span, act: impl FnOnce(&Recorder, SlotId) -> R) -> Option<R> {
    span.with_subscriber(|(id, dispatch)| {
        let (recorder, slot) = find(dispatch, id)?;
        Some(act(recorder, slot))
    })
    .flatten()
}

/// What [`SpanContext::current`] answers in a program with a recorder.
pub(crate) fn current_context() -> Option<SpanContext> {
    let of_recorder = tracing::dispatcher::get_default(|dispatch| {
        let recorder = match dispatch.downcast_ref::<Subscriber>() {
            Some(subscriber) => &subscriber.recorder,
            None => &dispatch.downcast_ref::<Layer>()?.recorder,
        };
        Some(recorder.current_context())
    });
    // Threads of another subscriber, or of none, have what was entered by hand.
    of_recorder.unwrap_or_else(|| entered_since(Moment::default()))
}

fn find<'a>(dispatch: &'a Dispatch, id: &Id) -> Option<(&'a Recorder, SlotId)> {
    if let Some(subscriber) = dispatch.downcast_ref::<Subscriber>() {
        return Some((&subscriber.recorder, slot_id(id)));
    }
    let layer = dispatch.downcast_ref::<Layer>()?;
    Some((&layer.recorder, layer.slot(id)?))
}
