//! Making spans.

use tracing_core::Metadata;
use tracing_core::span::Attributes;

use crate::core::Known;
use crate::field::{DirectEncoder, Encoder, Special};
use crate::local::{self, Local};
use crate::loss::LossCause;
use crate::record::{self, Head, Kind, NEW_WORDS, mark};
use crate::recorder::{Parent, Recorder};
use crate::sampler::Sampler;
use crate::slots::{Beginning, Cache, ContextFlags, Slot, SlotId};

/// A span that was just made. What else is known of it stands in its slot: small numbers move in registers.
#[derive(Clone, Copy)]
struct Made {
    id: SlotId,
    /// Its record is to be written.
    written: bool,
    parent_is_remote: bool,
}

impl Recorder {
    /// Makes a span; it begins with one handle, and with `keep_parent` keeps its parent open.
    pub(crate) fn new_span(&self, attributes: &Attributes<'_>, parent: Parent, keep_parent: bool) -> SlotId {
        let metadata = attributes.metadata();
        let has_fields = !attributes.values().is_empty();
        let mut scratch = None;
        let made = local::with(&self.core, |local| {
            let known = local.know(metadata);
            let slot = local.slots.take(&self.core.slots);
            // In an outage rings stay full: what would be refused anyway is not put together, nor is the clock read for it.
            let is_full = local.is_full(NEW_WORDS);
            let mut made = self.make(Some(&mut *local), known, slot, parent, keep_parent, is_full)?;
            if made.written && is_full {
                local.refuse(self.spans_of(made));
                made.written = false;
            }
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

    /// How many spans are lost if it is not written: none if its trace is not recorded.
    fn spans_of(&self, made: Made) -> u64 {
        let slot = self.core.slots.at(made.id.index());
        u64::from(slot.is_some_and(|slot| slot.flags().trace_flags().is_sampled()))
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

    /// Gives a new span its ids and its slot. `None` if there is no slot. The time is left out if the span `is_refused`.
    #[inline]
    fn make(
        &self,
        mut local: Option<&mut Local>,
        known: Known,
        slot_index: Option<u32>,
        parent: Parent,
        keep_parent: bool,
        is_refused: bool,
    ) -> Option<Made> {
        let core = &*self.core;
        let index = slot_index?;
        let slot = core.slots.at(index)?;
        let entered = match (parent, &local) {
            (Parent::Current, Some(local)) => local.entered_context(),
            _ => None,
        };
        let parent_id = match parent {
            Parent::Current if entered.is_some() => None,
            Parent::Current => local.as_ref().and_then(|local| local.current()),
            Parent::None => None,
            Parent::Span(id) => Some(id),
        };
        let parent = parent_id.and_then(|id| core.slots.get(id));
        let mut context = match &entered {
            Some(entered) => core.inherited(entered),
            None => parent.map(Slot::context).unwrap_or_default(),
        };
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
        let ticks = if written && !is_refused || core.writes_close_lines() {
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
            let state = match &entered {
                Some(entered) => entered.trace_state.clone(),
                None => parent
                    .map(|parent| parent.trace_state(context.flags))
                    .unwrap_or_default(),
            };
            slot.cold().trace_state = state;
        }
        if core.writes_close_lines() {
            slot.cold().times.since = ticks;
        }
        let id = core.slots.id(index, slot);
        Some(Made {
            id,
            written,
            parent_is_remote: entered.is_some_and(|entered| entered.is_remote),
        })
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
        if local.write(words, fields, self.spans_of(made)) {
            slot.set_recorded(local.epoch());
        }
    }

    /// Writes the record of a span that was made in a trace that is not recorded and has come to one that is. It begins now, with the
    /// fields that were kept for log lines; without those they are gone, and counted as cut.
    #[cold]
    pub(crate) fn begin_late(&self, id: SlotId, slot: &Slot) {
        let kept = self.core.lines.is_some();
        let fields = if kept {
            slot.cold().fields.clone()
        } else {
            Vec::new()
        };
        let made_with = slot.callsite().map_or(0, |callsite| callsite.schema.fields.len());
        let cut = if kept { 0 } else { made_with as u32 };
        local::with(&self.core, |local| {
            if slot.is_recorded(local.epoch()) {
                return;
            }
            slot.set_ticks(slot.next_ticks(self.core.clock.ticks()));
            let made = Made {
                id,
                written: true,
                parent_is_remote: false,
            };
            self.write_new(local, made, cut, false, &fields);
        });
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
        let remote = if made.parent_is_remote {
            mark::REMOTE_PARENT
        } else {
            0
        };
        let head = Head {
            kind: Kind::New,
            marks: error | remote | if sampled { 0 } else { mark::UNSAMPLED },
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
        self.make(None, known, slot, parent, keep_parent, false)
    }
}
