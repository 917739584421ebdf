//! Places in source code as numbers that fit an atomic.

use std::cell::Cell;
use std::panic::Location;
use std::sync::{PoisonError, RwLock};

type Place = &'static Location<'static>;

/// Every place that has a key. A program has few that take locks.
static PLACES: RwLock<Vec<Place>> = RwLock::new(Vec::new());

/// Places that a thread has met lately.
const MET: usize = 16;

thread_local! {
    static LATELY: [Cell<usize>; MET] = const { [const { Cell::new(0) }; MET] };
}

/// The key of a place: its address, so never 0.
#[inline]
pub(super) fn key(place: Place) -> usize {
    let key = std::ptr::from_ref(place) as usize;
    let is_known = LATELY.try_with(|lately| lately[(key >> 3 ^ key >> 7) % MET].replace(key) == key);
    if is_known != Ok(true) {
        remember(place);
    }
    key
}

#[cold]
fn remember(place: Place) {
    if self::place(std::ptr::from_ref(place) as usize).is_none() {
        PLACES.write().unwrap_or_else(PoisonError::into_inner).push(place);
    }
}

/// The place of a key.
pub(super) fn place(key: usize) -> Option<Place> {
    let places = PLACES.read().unwrap_or_else(PoisonError::into_inner);
    places
        .iter()
        .find(|place| std::ptr::from_ref::<Location<'_>>(place) as usize == key)
        .copied()
}
