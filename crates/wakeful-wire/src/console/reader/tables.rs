//! What a reader remembers.

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{Location, LocationIndex};

use crate::console::entities;

/// Numbers of our own for the ids of spans that are alive.
#[derive(Debug)]
pub(super) struct Ids<I> {
    by_span: FxHashMap<u64, (I, Option<u64>)>,
    by_id: FxHashMap<I, u64>,
    next: u64,
}

impl<I: Copy + Eq + std::hash::Hash> Ids<I> {
    pub(super) fn from(first: u64) -> Self {
        Self {
            by_span: FxHashMap::default(),
            by_id: FxHashMap::default(),
            next: first,
        }
    }

    pub(super) fn get(&self, span: u64) -> Option<I> {
        self.by_span.get(&span).map(|(id, _)| *id)
    }

    pub(super) fn span(&self, id: I) -> Option<u64> {
        self.by_id.get(&id).copied()
    }

    /// Whether it is what this span stands for already. A program tells of everything when a client attaches, and then once more of
    /// what it had told nobody before.
    pub(super) fn knows(&self, span: u64, created_at: Option<u64>) -> bool {
        created_at.is_some()
            && self
                .by_span
                .get(&span)
                .is_some_and(|(_, known)| *known == created_at)
    }

    /// Gives a span the id that is known for it, or the next one.
    pub(super) fn insert(
        &mut self,
        span: u64,
        created_at: Option<u64>,
        known: Option<I>,
        make: fn(u64) -> I,
    ) -> I {
        self.remove(span);
        let id = known
            .filter(|id| !self.by_id.contains_key(id))
            .unwrap_or_else(|| {
                let id = make(self.next);
                self.next += 1;
                id
            });
        self.by_span.insert(span, (id, created_at));
        self.by_id.insert(id, span);
        id
    }

    pub(super) fn remove(&mut self, span: u64) -> Option<I> {
        let (id, _) = self.by_span.remove(&span)?;
        self.by_id.remove(&id);
        Some(id)
    }
}

/// The locations of one batch.
#[derive(Debug, Default)]
pub(super) struct Locations {
    list: Vec<Location>,
    places: FxHashMap<Location, LocationIndex>,
}

impl Locations {
    /// The index of a location; `None` if it says nothing.
    pub(super) fn index(&mut self, location: entities::Location) -> Option<LocationIndex> {
        let file = match location.file.is_empty() {
            true => location.module_path,
            false => location.file,
        };
        if file.is_empty() {
            return None;
        }
        let location = Location {
            file,
            line: location.line,
            column: location.column,
        };
        let next = LocationIndex(u32::try_from(self.list.len()).ok()?);
        let index = *self.places.entry(location).or_insert_with_key(|location| {
            self.list.push(location.clone());
            next
        });
        Some(index)
    }

    pub(super) fn into_list(self) -> Vec<Location> {
        self.list
    }
}
