//! What waits to be sent: requests that are full, and one that is filling.

use std::collections::VecDeque;
use std::time::Instant;

use wakeful_wire::otlp::Items;

use crate::lost::Within;
use crate::settings::BatchSettings;

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
        }
    }

    /// Appends one that was recorded `within` that time with `write`, or says that there is no room.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        within: Within,
        write: impl FnOnce(&mut Items),
    ) -> Result<(), Full> {
        if self
            .settings
            .queue_items_max
            .is_some_and(|max| self.waiting >= max)
        {
            return Err(Full);
        }
        write(&mut self.filling);
        self.waiting += 1;
        self.since.get_or_insert(now);
        self.within = Some(self.within.map_or(within, |known| known.join(within)));
        if self.filling.count() >= self.settings.batch_items_max {
            self.seal();
        }
        Ok(())
    }

    fn seal(&mut self) {
        if let Some(within) = self.within.take() {
            let items = std::mem::take(&mut self.filling);
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
        Some(waiting)
    }

    /// When something is to be sent.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + self.settings.delay)
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether nothing more should come.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting >= self.settings.queue_max()
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
