//! The writing side: what happens to a span becomes records.

use std::sync::Arc;

use tracing_core::{Interest, Metadata, field::Visit};
use wakeful_trace::current;
use wakeful_trace::{SpanContext, SpanId, TraceCollector, TraceId};

use crate::core::Core;
use crate::drain::Drain;
use crate::field::{Encoder, Special};
use crate::local;
use crate::loss::LossCause;
use crate::record::{self, Head, Kind, mark};
use crate::settings::Settings;
use crate::slots::{Cold, Context, ContextFlags, Slot, SlotId};
use crate::{Layer, Subscriber, span_ext};

/// The writing side of a recorder; cheap to clone.
#[derive(Debug, Clone)]
pub struct Recorder {
    pub(crate) core: Arc<Core>,
}

/// A recorder and its reading side. Whoever holds the [`Drain`] must call it now and then, or rings fill up.
///
/// # Examples
/// ```
/// use wakeful_subscriber::{FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};
///
/// struct Names(Vec<String>);
///
/// impl Sink for Names {
///     fn span(&mut self, span: &FinishedSpan<'_>) {
///         self.0.push(span.name.to_owned());
///     }
///     fn log(&mut self, _record: &LogRecord<'_>) {}
///     fn lost(&mut self, _loss: &Loss<'_>) {}
/// }
///
/// let (recorder, mut drain) = recorder(Settings::default());
/// tracing::subscriber::with_default(recorder.subscriber(), || {
///     tracing::info_span!("outer").in_scope(|| tracing::info_span!("inner").in_scope(|| {}));
/// });
/// let mut names = Names(Vec::new());
/// drain.drain(&mut names);
/// assert_eq!(names.0, ["inner", "outer"]);
/// ```
pub fn recorder(settings: Settings) -> (Recorder, Drain) {
    // Another recorder may have done so; it is the same function.
    current::provide(span_ext::current_context);
    let core = Arc::new(Core::new(settings));
    let drain = Drain::new(core.clone());
    (Recorder { core }, drain)
}

/// Where a span hangs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parent {
    /// Under what is current on this thread.
    Current,
    /// Nowhere, or under a span that is not recorded.
    None,
    /// Under this one.
    Span(SlotId),
}

impl Recorder {
    /// The fast way in: a whole subscriber. Layers cannot stand on it; for those there is [`Self::layer`].
    pub fn subscriber(&self) -> Subscriber {
        Subscriber::new(self.clone())
    }

    /// The way in beside other layers on a `Registry`. It filters by [`Settings::spans`] itself, so it needs no filter around it.
    pub fn layer(&self) -> Layer {
        Layer::new(self.clone())
    }

    /// Fields that are recorded after creation.
    pub(crate) fn record(&self, id: SlotId, record: impl FnOnce(&mut dyn Visit)) {
        self.add_fields(id, |encoder| record(encoder));
    }

    fn add_fields(&self, id: SlotId, encode: impl FnOnce(&mut Encoder<'_>)) {
        let core = &*self.core;
        let Some(slot) = core.slots.get(id) else {
            return;
        };
        let begun = local::with(&self.core, |local| {
            let recorded = slot.is_recorded(local.epoch());
            (recorded || core.lines.is_some()).then(|| (recorded, local.take_scratch()))
        });
        let Some((recorded, mut scratch)) = begun.flatten() else {
            if begun_while_ending(slot) {
                core.ending.add(LossCause::ThreadExit, 1, 0);
            }
            return;
        };
        let now = core.clock.ticks();
        let mut encoder = Encoder::new(&mut scratch, core.field_bytes_max);
        encode(&mut encoder);
        let (cut, has_error) = (encoder.cut, encoder.has_error);
        if core.lines.is_some() {
            slot.cold().add_fields(&scratch);
        }
        local::with(&self.core, |local| {
            if recorded {
                let ticks = local.next_ticks(slot.next_ticks(now));
                let head = Head {
                    kind: Kind::Record,
                    marks: if has_error { mark::HAS_ERROR } else { 0 },
                    slot: id.index(),
                    ticks,
                    span_id: slot.span_id(),
                };
                let words = record::record(head, cut, &scratch);
                if local.write(words, &scratch, 0) {
                    slot.set_ticks(ticks);
                }
            }
            local.keep_scratch(scratch);
        });
    }

    pub(crate) fn enter(&self, id: SlotId) {
        let core = &*self.core;
        local::with(&self.core, |local| {
            let Some(slot) = core.slots.get(id) else {
                return local.push(id, Context::default(), false);
            };
            let mut recorded = slot.is_recorded(local.epoch());
            if recorded {
                let ticks = local.next_ticks(slot.next_ticks(core.clock.ticks()));
                recorded = local.write_enter(record::plain(Kind::Enter, id.index(), ticks, slot.span_id()));
                slot.set_ticks(ticks);
            }
            local.push(id, slot.context(), recorded);
            if core.writes_close_lines() {
                slot.cold().times.enter(core.clock.ticks());
            }
        });
    }

    pub(crate) fn exit(&self, id: SlotId) {
        let core = &*self.core;
        local::with(&self.core, |local| {
            let Some(entry) = local.stack.pop(id) else {
                return;
            };
            local.publish_current();
            let Some(slot) = core.slots.get(id) else {
                return;
            };
            if entry.recorded {
                let ticks = local.next_ticks(slot.next_ticks(core.clock.ticks()));
                local.write_exit(record::plain(Kind::Exit, id.index(), ticks, slot.span_id()));
                slot.set_ticks(ticks);
            }
            if core.writes_close_lines() {
                slot.cold().times.exit(core.clock.ticks());
            }
        });
    }

    /// Ends a span whose last handle is gone, and frees its slot. Returns the parent that it kept open.
    pub(crate) fn close(&self, id: SlotId) -> Option<SlotId> {
        let core = &*self.core;
        let slot = core.slots.get(id)?;
        let index = id.index();
        let parent = slot.kept_parent();
        if let Some(lines) = &core.lines {
            lines.close(core, slot);
            slot.cold().clear();
        }
        let closed = local::with(&self.core, |local| {
            if !slot.is_recorded(local.epoch()) {
                slot.end();
                local.slots.give(&core.slots, index);
                return;
            }
            let ticks = local.next_ticks(slot.next_ticks(core.clock.ticks()));
            slot.set_ticks(ticks);
            let written = local.write_close(record::plain(Kind::Close, index, ticks, slot.span_id()));
            slot.end();
            if written {
                local.slots.give(&core.slots, index);
                local.after_close();
            } else {
                core.slots.push_closed(index);
                local.ring_doorbell();
            }
        });
        if closed.is_none() {
            slot.set_ticks(slot.next_ticks(core.clock.ticks()));
            slot.end();
            if slot.is_recorded(core.process().epoch) {
                core.slots.push_closed(index);
            } else {
                core.slots.give_back(index);
            }
        }
        (parent != 0).then(|| SlotId::from_raw(parent))
    }

    /// Says that `id` follows from `other`, a span of the same recorder.
    pub(crate) fn follows_from(&self, id: SlotId, other: SlotId) {
        let Some(other_slot) = self.core.slots.get(other) else {
            return;
        };
        let context = other_slot.context();
        if context.span_id != 0 {
            let state = other_slot.trace_state(context.flags);
            let flags = u32::from(context.flags.trace_flags().bits());
            self.other_span(Kind::Link, 0, id, context, flags, state.as_str());
        }
    }

    pub(crate) fn add_link(&self, id: SlotId, linked: &SpanContext) {
        let context = Context {
            trace_id: linked.trace_id.get(),
            span_id: linked.span_id.get(),
            flags: ContextFlags::default(),
        };
        let remote = if linked.is_remote {
            crate::drain::FLAG_REMOTE
        } else {
            0
        };
        let flags = u32::from(linked.flags.bits()) | remote;
        self.other_span(Kind::Link, 0, id, context, flags, linked.trace_state.as_str());
    }

    /// Makes `id` a child of a span elsewhere. Its children from now on follow; those it has keep their trace.
    pub(crate) fn set_parent(&self, id: SlotId, parent: &SpanContext) {
        let core = &*self.core;
        let Some(slot) = core.slots.get(id) else {
            return;
        };
        let sampled = core.sampler.samples(parent.trace_id, Some(parent));
        let flags = parent.flags.with_sampled(sampled);
        let state = parent.trace_state.clone();
        // Children of a span that only stands in log lines are those of what is above it.
        let was_sampled = slot.flags().trace_flags().is_sampled();
        let transparent = slot
            .callsite()
            .is_some_and(|callsite| !self.wants_span(callsite.metadata));
        let context = Context {
            trace_id: parent.trace_id.get(),
            span_id: if transparent {
                parent.span_id.get()
            } else {
                slot.span_id()
            },
            flags: ContextFlags::new(flags, !state.is_empty()),
        };
        slot.set_context(context, state);
        if sampled && !was_sampled && !transparent {
            // Of a span in a trace that is not recorded nothing has been written yet.
            self.begin_late(id, slot);
        }
        let context = Context {
            trace_id: parent.trace_id.get(),
            span_id: parent.span_id.get(),
            flags: ContextFlags::default(),
        };
        let marks = if sampled { 0 } else { mark::UNSAMPLED };
        let remote = if parent.is_remote {
            crate::drain::FLAG_REMOTE
        } else {
            0
        };
        let flags = u32::from(flags.bits()) | remote;
        self.other_span(
            Kind::Parent,
            marks,
            id,
            context,
            flags,
            parent.trace_state.as_str(),
        );
        local::with(&self.core, |local| {
            local.stack.set_context(id, slot.context());
            local.publish_current();
        });
    }

    fn other_span(&self, kind: Kind, marks: u8, id: SlotId, other: Context, flags: u32, trace_state: &str) {
        let Some(slot) = self.core.slots.get(id) else {
            return;
        };
        let trace_state = trace_state.as_bytes();
        let trace_state = if trace_state.len() > self.core.field_bytes_max {
            &[]
        } else {
            trace_state
        };
        let written = local::with(&self.core, |local| {
            if !slot.is_recorded(local.epoch()) {
                return;
            }
            let ticks = local.next_ticks(slot.next_ticks(self.core.clock.ticks()));
            let head = Head {
                kind,
                marks,
                slot: id.index(),
                ticks,
                span_id: slot.span_id(),
            };
            let words = record::other_span(head, other, flags, trace_state);
            if local.write(words, trace_state, 0) {
                slot.set_ticks(ticks);
            }
        });
        if written.is_none() && begun_while_ending(slot) {
            self.core.ending.add(LossCause::ThreadExit, 1, 0);
        }
    }

    pub(crate) fn set_status(&self, id: SlotId, code: wakeful_model::StatusCode, message: &str) {
        let mut status = vec![code as u8];
        status.extend_from_slice(message.as_bytes());
        self.add_fields(id, |encoder| encoder.special(Special::Status, &status));
    }

    /// What others may know of the span; `None` if it belongs to no trace.
    pub(crate) fn context(&self, id: SlotId) -> Option<SpanContext> {
        let slot = self.core.slots.get(id)?;
        let context = slot.context();
        Some(SpanContext {
            trace_id: TraceId::new(context.trace_id)?,
            span_id: SpanId::new(context.span_id)?,
            flags: context.flags.trace_flags(),
            trace_state: slot.trace_state(context.flags),
            is_remote: false,
            collector: Some(self.collector()),
        })
    }

    /// Takes spans made by hand: they are handed out by the same drain ([`Sink::explicit_span`](crate::Sink::explicit_span)).
    pub fn collector(&self) -> Arc<dyn TraceCollector> {
        self.core.clone()
    }

    /// The context of what is current on this thread, be it a span or a context that was entered by hand.
    pub(crate) fn current_context(&self) -> Option<SpanContext> {
        let (entered, current) = local::with(&self.core, |local| (local.entered_context(), local.current()))?;
        entered.or_else(|| self.context(current?))
    }
}

/// Whether a span that could not be written to was one that is recorded.
fn begun_while_ending(slot: &Slot) -> bool {
    slot.is_recorded(crate::fork::epoch()) && local::is_ending()
}

impl Cold {
    fn add_fields(&mut self, fields: &[u8]) {
        // A field that is recorded again and again must not grow for ever; the line then shows the first values.
        if self.fields.len() + fields.len() <= COLD_BYTES_MAX {
            self.fields.extend_from_slice(fields);
        }
    }
}

/// Fields of a span that are kept for log lines.
const COLD_BYTES_MAX: usize = 64 << 10;

impl Recorder {
    /// Whether spans of this callsite are recorded.
    pub(crate) fn wants_span(&self, metadata: &'static Metadata<'static>) -> bool {
        let known = local::with(&self.core, |local| local.know(metadata));
        known.unwrap_or_else(|| self.core.know(metadata)).wanted.traced
    }

    /// Whether what has this target and level is recorded, written as a line, or read as the runtime's.
    pub(crate) fn wants(&self, metadata: &Metadata<'_>) -> bool {
        self.core.wanted(metadata).any() || self.reader_of(metadata).is_some()
    }

    /// What `tracing` is to remember of a callsite.
    pub(crate) fn interest(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Records of the `log` crate share a few callsites; each has its target with it.
        let of_log = metadata.is_event() && metadata.target() == "log";
        if of_log {
            Interest::sometimes()
        } else if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }
}
