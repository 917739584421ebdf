//! The writing side of events.

use tracing_core::Event;

use crate::core::Wanted;
use crate::field::Encoder;
use crate::local;
use crate::loss::LossCause;
use crate::record::{self, Head, Kind, mark};
use crate::recorder::{Parent, Recorder};
use crate::slots::NONE;

impl Recorder {
    /// Records an event and writes its line.
    pub(crate) fn event(&self, event: &Event<'_>, parent: Parent) {
        let core = &*self.core;
        let begun = local::with(&self.core, |local| {
            let known = local.know(event.metadata());
            let parent_id = match parent {
                Parent::Current => local.current(),
                Parent::None => None,
                Parent::Span(id) => Some(id),
            };
            let entered = match parent {
                Parent::Current => local.entered_context(),
                Parent::None | Parent::Span(_) => None,
            };
            (known, parent_id, entered, local.epoch(), local.take_scratch())
        });
        let Some((known, parent_id, entered, epoch, mut scratch)) = begun else {
            let wanted = self.wanted(event, core.know(event.metadata()).wanted);
            if wanted.logged {
                core.ending.add_log(LossCause::ThreadExit);
            } else if wanted.any() {
                core.ending.add(LossCause::ThreadExit, 1, 0);
            }
            return;
        };
        let wanted = self.wanted(event, known.wanted);
        let slot = parent_id.and_then(|id| Some((id, core.slots.get(id)?)));
        // What happens within a context that was entered by hand is not the outer span's.
        let for_span =
            wanted.traced && entered.is_none() && slot.is_some_and(|(_, slot)| slot.is_recorded(epoch));
        let recorded = for_span || wanted.logged;
        if !recorded && !wanted.printed {
            local::with(&self.core, |local| local.keep_scratch(scratch));
            return;
        }
        let now = if recorded { core.clock.ticks() } else { 0 };
        let mut encoder = Encoder::new(&mut scratch, core.field_bytes_max);
        event.record(&mut encoder);
        let (cut, has_error) = (encoder.cut, encoder.has_error);
        if recorded {
            local::with(&self.core, |local| {
                let context = match &entered {
                    Some(entered) => core.inherited(entered),
                    None => slot.map(|(_, slot)| slot.context()).unwrap_or_default(),
                };
                let mut ticks = local.next_ticks(now);
                let mut marks = 0;
                let mut index = NONE;
                if has_error {
                    marks |= mark::HAS_ERROR;
                }
                if wanted.logged {
                    marks |= mark::FOR_LOG;
                }
                if let Some((id, slot)) = slot.filter(|_| for_span) {
                    marks |= mark::FOR_SPAN;
                    index = id.index();
                    ticks = local.next_ticks(slot.next_ticks(ticks));
                    slot.set_ticks(ticks);
                }
                let head = Head {
                    kind: Kind::Event,
                    marks,
                    slot: index,
                    ticks,
                    span_id: context.span_id,
                };
                let words = record::event(head, context, known.callsite.id, cut, &scratch);
                local.write_event(words, &scratch, wanted.logged);
                if !wanted.printed {
                    local.keep_scratch(std::mem::take(&mut scratch));
                }
            });
        }
        if let Some(lines) = core.lines.as_ref().filter(|_| wanted.printed) {
            lines.event(core, known.callsite, slot, &scratch);
            local::with(&self.core, |local| local.keep_scratch(scratch));
        }
    }

    /// What to do with the event. One of the `log` crate has a target of its own.
    #[cfg(feature = "log")]
    fn wanted(&self, event: &Event<'_>, wanted: Wanted) -> Wanted {
        use tracing_log::NormalizeEvent as _;
        match event.normalized_metadata() {
            Some(metadata) => self.core.wanted(&metadata),
            None => wanted,
        }
    }

    #[cfg(not(feature = "log"))]
    fn wanted(&self, _event: &Event<'_>, wanted: Wanted) -> Wanted {
        wanted
    }
}
