//! The spans that are entered on a thread.

use wakeful_trace::current::{self, Moment};

use crate::slots::{Context, SlotId};

/// Spans in the order in which they were entered. They may be left in any order.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    entries: Vec<Entry>,
    /// How many entries have their exit still to be written.
    recorded: usize,
}

/// A span that is entered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: SlotId,
    pub(crate) context: Context,
    /// Its enter was written, so its exit will be.
    pub(crate) recorded: bool,
    /// When it was entered: a context that was entered later is within it.
    entered: Moment,
    /// It is on the stack further down too, so this entry makes no difference to what is current, as in the Registry.
    duplicate: bool,
}

impl Stack {
    /// Whether the span is current now.
    #[inline]
    pub(crate) fn push(&mut self, id: SlotId, context: Context, recorded: bool) -> bool {
        let duplicate = self.entries.iter().any(|entry| entry.id == id);
        self.recorded += usize::from(recorded);
        self.entries.push(Entry {
            id,
            context,
            recorded,
            entered: current::now(),
            duplicate,
        });
        !duplicate
    }

    /// Takes the latest entry of the span away.
    #[inline]
    pub(crate) fn pop(&mut self, id: SlotId) -> Option<Entry> {
        let entry = if self.entries.last().is_some_and(|entry| entry.id == id) {
            self.entries.pop()?
        } else {
            let at = self.entries.iter().rposition(|entry| entry.id == id)?;
            self.entries.remove(at)
        };
        self.recorded -= usize::from(entry.recorded);
        Some(entry)
    }

    /// The span that was entered last.
    #[inline]
    pub(crate) fn current(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| !entry.duplicate)
    }

    /// When the current span was entered, or the thread's beginning.
    #[inline]
    pub(crate) fn entered(&self) -> Moment {
        self.current().map(|entry| entry.entered).unwrap_or_default()
    }

    /// How many exits are still to be written.
    pub(crate) fn recorded(&self) -> usize {
        self.recorded
    }

    /// No exit is to be written.
    pub(crate) fn forget_records(&mut self) {
        for entry in &mut self.entries {
            entry.recorded = false;
        }
        self.recorded = 0;
    }

    /// The span's context has changed.
    pub(crate) fn set_context(&mut self, id: SlotId, context: Context) {
        for entry in self.entries.iter_mut().filter(|entry| entry.id == id) {
            entry.context = context;
        }
    }
}
