//! The writing side: what happens to a span becomes records.

use std::sync::Arc;

use tracing_core::span::Attributes;
use tracing_core::{Metadata, field::Visit};
use wakeful_trace::{SpanContext, SpanId, TraceId};

use crate::core::{Core, Known};
use crate::drain::Drain;
use crate::field::{DirectEncoder, Encoder, Special};
use crate::local::{self, Local};
use crate::loss::LossCause;
use crate::record::{self, Head, Kind, NEW_WORDS, mark};
use crate::sampler::Sampler;
use crate::settings::Settings;
use crate::slots::{Beginning, Cache, Cold, Context, ContextFlags, Slot, SlotId};
use crate::{Layer, Subscriber};

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

/// A span that was just made. What else is known of it stands in its slot: small numbers move in registers.
#[derive(Clone, Copy)]
struct Made {
    id: SlotId,
    /// Its record is to be written.
    written: bool,
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

    /// Makes a span; it begins with one handle, and with `keep_parent` keeps its parent open.
    pub(crate) fn new_span(&self, attributes: &Attributes<'_>, parent: Parent, keep_parent: bool) -> SlotId {
        let metadata = attributes.metadata();
        let has_fields = !attributes.values().is_empty();
        let mut scratch = None;
        let made = local::with(&self.core, |local| {
            let known = local.know(metadata);
            let slot = local.slots.take(&self.core.slots);
            let made = self.make(Some(&mut *local), known, slot, parent, keep_parent)?;
            if made.written && self.write_new_directly(local, made, attributes) {
                return Some(made);
            }
            if has_fields && (made.written || self.core.lines.is_some()) {
                scratch = Some(local.take_scratch());
            } else if made.written && !self.has_trace_state(made) {
                self.write_new(local, made, 0, false, &[]);
            }
            Some(made)
        });
        let made = match made {
            Some(Some(made)) => made,
            // There is no slot left.
            Some(None) => {
                local::with(&self.core, |local| {
                    local.thread.loss.add(LossCause::TooManySpans, 1, 1);
                });
                return SlotId::NOWHERE;
            }
            None => match self.make_while_ending(metadata, parent, keep_parent) {
                Some(made) => made,
                None => return SlotId::NOWHERE,
            },
        };
        if scratch.is_some() || made.written && self.has_trace_state(made) {
            self.describe(made, scratch.unwrap_or_default(), attributes);
        }
        made.id
    }

    fn has_trace_state(&self, made: Made) -> bool {
        let slot = self.core.slots.at(made.id.index());
        slot.is_some_and(|slot| slot.flags().has_trace_state())
    }

    /// Encodes the fields, which runs code of the program, so nothing is borrowed meanwhile; then writes and keeps them.
    fn describe(&self, made: Made, mut scratch: Vec<u8>, attributes: &Attributes<'_>) {
        let Some(slot) = self.core.slots.at(made.id.index()) else {
            return;
        };
        let mut encoder = Encoder::new(&mut scratch, self.core.field_bytes_max);
        attributes.record(&mut encoder);
        let flags = slot.flags();
        if flags.has_trace_state() {
            let state = slot.trace_state(flags);
            encoder.special(Special::TraceState, state.as_str().as_bytes());
        }
        let (cut, has_error) = (encoder.cut, encoder.has_error);
        if self.core.lines.is_some() {
            slot.cold().fields.extend_from_slice(&scratch);
        }
        local::with(&self.core, |local| {
            if made.written {
                self.write_new(local, made, cut, has_error, &scratch);
            }
            local.keep_scratch(scratch);
        });
    }

    /// Gives a new span its ids and its slot. `None` if there is no slot.
    #[inline]
    fn make(
        &self,
        mut local: Option<&mut Local>,
        known: Known,
        slot_index: Option<u32>,
        parent: Parent,
        keep_parent: bool,
    ) -> Option<Made> {
        let core = &*self.core;
        let index = slot_index?;
        let slot = core.slots.at(index)?;
        let parent_id = match parent {
            Parent::Current => local.as_ref().and_then(|local| local.current()),
            Parent::None => None,
            Parent::Span(id) => Some(id),
        };
        let parent = parent_id.and_then(|id| core.slots.get(id));
        let mut context = parent.map(Slot::context).unwrap_or_default();
        let parent_span_id = context.span_id;
        let mut written = false;
        if let Some(local) = local.as_mut().filter(|_| known.wanted.traced) {
            written = context.flags.trace_flags().is_sampled();
            if context.span_id == 0 {
                let trace_id = local.trace_ids.next(core.trace_ids);
                let sampled = core.sampler.samples(trace_id, None);
                context.trace_id = trace_id.get();
                context.flags = ContextFlags::root(sampled);
                // A remote parent may still be set, and it may say otherwise.
                written = sampled || core.sampler != Sampler::AlwaysOff;
            }
            context.span_id = local.span_ids.next(&core.process().span_ids).get();
        }
        let ticks = if written || core.writes_close_lines() {
            slot.next_ticks(core.clock.ticks())
        } else {
            slot.ticks()
        };
        let kept_parent = match (parent, parent_id) {
            (Some(parent), Some(id)) if keep_parent => {
                parent.keep();
                id.raw()
            }
            _ => 0,
        };
        slot.begin(Beginning {
            callsite: known.callsite,
            context,
            parent_span_id,
            kept_parent,
            ticks,
        });
        if context.flags.has_trace_state() {
            let state = parent
                .map(|parent| parent.trace_state(context.flags))
                .unwrap_or_default();
            slot.cold().trace_state = state;
        }
        if core.writes_close_lines() {
            slot.cold().times.since = ticks;
        }
        let id = core.slots.id(index, slot);
        Some(Made { id, written })
    }

    /// Writes the record of a new span with its fields in one go, if they are short, nothing of the program runs to write them,
    /// and nobody else needs them. Whether it did.
    #[inline]
    fn write_new_directly(&self, local: &mut Local, made: Made, attributes: &Attributes<'_>) -> bool {
        if self.core.lines.is_some() || self.has_trace_state(made) {
            return false;
        }
        let Some(body) = local.body(NEW_WORDS) else {
            return false;
        };
        let mut encoder = DirectEncoder::new(body);
        attributes.record(&mut encoder);
        let Some(field_bytes) = encoder.finish() else {
            return false;
        };
        let Some(slot) = self.core.slots.at(made.id.index()) else {
            return false;
        };
        let words = Self::new_record(local, made, slot, (0, false), field_bytes);
        let published = local.publish(words, field_bytes);
        if published {
            slot.set_recorded(local.epoch());
        }
        published
    }

    /// Writes the record of a new span; if that is refused, nothing more is written of it.
    fn write_new(&self, local: &mut Local, made: Made, cut: u32, has_error: bool, fields: &[u8]) {
        let Some(slot) = self.core.slots.at(made.id.index()) else {
            return;
        };
        let words = Self::new_record(local, made, slot, (cut, has_error), fields.len());
        let sampled = slot.flags().trace_flags().is_sampled();
        if local.write(words, fields, u64::from(sampled)) {
            slot.set_recorded(local.epoch());
        }
    }

    /// The words of a new span's record; the pair says how many fields were cut, and whether an error is among them.
    #[inline]
    fn new_record(
        local: &mut Local,
        made: Made,
        slot: &Slot,
        (cut, has_error): (u32, bool),
        field_bytes: usize,
    ) -> [u64; NEW_WORDS] {
        let context = slot.context();
        let ticks = local.next_ticks(slot.ticks());
        slot.set_ticks(ticks);
        let sampled = context.flags.trace_flags().is_sampled();
        let error = if has_error { mark::HAS_ERROR } else { 0 };
        let head = Head {
            kind: Kind::New,
            marks: error | if sampled { 0 } else { mark::UNSAMPLED },
            slot: made.id.index(),
            ticks,
            span_id: context.span_id,
        };
        let callsite = slot.callsite().map_or(0, |callsite| callsite.id);
        record::new_span(head, context, slot.parent_span_id(), callsite, cut, field_bytes)
    }

    /// A span on a thread whose locals are gone: it works, but cannot be recorded.
    #[cold]
    fn make_while_ending(
        &self,
        metadata: &'static Metadata<'static>,
        parent: Parent,
        keep_parent: bool,
    ) -> Option<Made> {
        let known = self.core.know(metadata);
        let mut cache = Cache::new();
        let slot = cache.take(&self.core.slots);
        cache.clear(&self.core.slots);
        if known.wanted.traced {
            self.core.ending.add(LossCause::ThreadExit, 1, 1);
        }
        self.make(None, known, slot, parent, keep_parent)
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
            collector: None,
        })
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
}
