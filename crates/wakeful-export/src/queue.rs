//! What waits to be sent: requests that are full, and one that is filling.

use std::collections::VecDeque;
use std::time::Instant;

use wakeful_wire::otlp::Items;

use crate::lost::Within;
use crate::settings::BatchSettings;

/// A request is full at this size, however few items it has: with the item that fills it, it stays below the 4 MiB that gRPC
/// receivers take by default.
const REQUEST_BYTES_MAX: usize = 1 << 20;
/// What waits takes no more memory than this, or than [`ITEM_BYTES`] for each item that may wait.
const QUEUE_BYTES_MAX: usize = 32 << 20;
/// Room for an item where somebody asks for a long queue.
const ITEM_BYTES: usize = 1 << 10;

/// What goes into one request.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) items: Items,
    /// When all of it was recorded.
    pub(crate) within: Within,
}

/// Spans, or log records, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Queue {
    settings: BatchSettings,
    full: VecDeque<Waiting>,
    filling: Items,
    /// The time in which all of `filling` was recorded.
    within: Option<Within>,
    /// When the first of `filling` came.
    since: Option<Instant>,
    waiting: usize,
    /// Of those in `full`.
    full_bytes: usize,
}

impl Queue {
    pub(crate) fn new(settings: BatchSettings) -> Self {
        Self {
            settings,
            full: VecDeque::new(),
            filling: Items::default(),
            within: None,
            since: None,
            waiting: 0,
            full_bytes: 0,
        }
    }

    /// Appends one that was recorded `within` that time with `write`, or says that there is no room.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        within: Within,
        write: impl FnOnce(&mut Items),
    ) -> Result<(), Full> {
        let has_all_items = self
            .settings
            .queue_items_max
            .is_some_and(|max| self.waiting >= max);
        if has_all_items || self.bytes() >= self.bytes_max() {
            return Err(Full);
        }
        write(&mut self.filling);
        self.waiting += 1;
        self.since.get_or_insert(now);
        self.within = Some(self.within.map_or(within, |known| known.join(within)));
        if self.filling.count() >= self.settings.batch_items_max
            || self.filling.encoded_bytes() >= REQUEST_BYTES_MAX
        {
            self.seal();
        }
        Ok(())
    }

    /// How many bytes wait.
    fn bytes(&self) -> usize {
        self.full_bytes + self.filling.encoded_bytes()
    }

    fn bytes_max(&self) -> usize {
        QUEUE_BYTES_MAX.max(self.settings.queue_max().saturating_mul(ITEM_BYTES))
    }

    fn seal(&mut self) {
        if let Some(within) = self.within.take() {
            let items = std::mem::take(&mut self.filling);
            self.full_bytes += items.encoded_bytes();
            self.full.push_back(Waiting { items, within });
        }
        self.since = None;
    }

    /// Takes what is to be sent now: what is full, what has waited long enough, or with `all` what there is.
    pub(crate) fn pop(&mut self, now: Instant, all: bool) -> Option<Waiting> {
        let is_due = self.due().is_some_and(|due| due <= now);
        if self.full.is_empty() && self.filling.count() > 0 && (all || is_due) {
            self.seal();
        }
        let waiting = self.full.pop_front()?;
        self.waiting -= waiting.items.count();
        self.full_bytes -= waiting.items.encoded_bytes();
        Some(waiting)
    }

    /// When something is to be sent.
    pub(crate) fn due(&self) -> Option<Instant> {
        // A delay past the end of time is none that ends.
        self.since?.checked_add(self.settings.delay)
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether nothing more should come.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting >= self.settings.queue_max() || self.bytes() >= self.bytes_max()
    }

    /// Whether what comes while it is full is better left in the rings.
    pub(crate) fn is_elastic(&self) -> bool {
        self.settings.queue_items_max.is_none()
    }

    pub(crate) fn settings(&self) -> &BatchSettings {
        &self.settings
    }

    /// Forgets everything that waits; returns how many that were.
    pub(crate) fn clear(&mut self) -> usize {
        let lost = self.waiting;
        *self = Self::new(self.settings.clone());
        lost
    }
}

/// The queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

#[cfg(test)]
mod tests {
    use wakeful_model::{Kind, SpanId, TraceId};
    use wakeful_wire::otlp::{SpanHead, ValueRef};

    use super::*;

    /// Pushes spans with a text of so many bytes until the queue is full or has `spans` more; returns how many it took.
    fn push(queue: &mut Queue, spans: usize, text_bytes: usize) -> usize {
        let text = "x".repeat(text_bytes);
        let head = SpanHead {
            trace_id: TraceId::new(1).unwrap(),
            span_id: SpanId::new(1).unwrap(),
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: "work",
            kind: Kind::Internal,
            start_unix_nanos: 1,
            end_unix_nanos: 2,
        };
        let mut push = |_: &usize| {
            let write = |items: &mut Items| {
                items.span(&head, |out| {
                    out.attributes().attribute("text", ValueRef::Str(&text));
                });
            };
            queue.push(Instant::now(), Within::at(1), write).is_ok()
        };
        (0..spans).take_while(|at| push(at)).count()
    }

    fn settings(queue_items_max: Option<usize>) -> BatchSettings {
        BatchSettings {
            queue_items_max,
            ..BatchSettings::default()
        }
    }

    #[test]
    fn a_request_is_full_before_it_is_too_big_for_a_receiver() {
        let mut queue = Queue::new(settings(None));
        assert_eq!(push(&mut queue, 1_000, 10_000), 1_000);
        let mut spans = 0;
        while let Some(waiting) = queue.pop(Instant::now(), true) {
            let bytes = waiting.items.encoded_bytes();
            assert!(bytes < 4 << 20, "{bytes} bytes in one request");
            spans += waiting.items.count();
        }
        assert_eq!((spans, queue.waiting(), queue.bytes()), (1_000, 0, 0));
    }

    #[test]
    fn what_waits_has_a_bound_in_items_and_in_bytes() {
        let check = |max, text_bytes, expected: std::ops::RangeInclusive<usize>| {
            let mut queue = Queue::new(settings(max));
            let taken = push(&mut queue, 1_000_000, text_bytes);
            assert!(
                expected.contains(&taken),
                "{max:?} {text_bytes}: {taken} were taken"
            );
            assert!(queue.is_full());
            assert_eq!(queue.clear(), taken);
            assert_eq!(push(&mut queue, 1, text_bytes), 1);
        };
        check(Some(10), 10, 10..=10);
        check(Some(2048), 100_000, 320..=336);
        check(None, 100_000, 320..=336);
        // Who asks for many gets room for them.
        check(Some(100_000), 100, 100_000..=100_000);
    }
}
