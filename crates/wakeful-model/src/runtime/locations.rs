//! The locations of a batch while it is made.

use std::collections::HashMap;

use super::{Location, LocationIndex};

/// Gives each place of the program's own source code an index of [`super::RuntimeBatch::locations`].
#[derive(Debug, Default)]
pub struct LocationTable {
    /// By address: two callers of one line may have two, which does no harm.
    known: HashMap<usize, LocationIndex>,
    locations: Vec<Location>,
}

impl LocationTable {
    /// The index of a place.
    pub fn index(&mut self, place: &'static std::panic::Location<'static>) -> LocationIndex {
        let locations = &mut self.locations;
        let address = std::ptr::from_ref(place) as usize;
        *self.known.entry(address).or_insert_with(|| {
            locations.push(Location {
                file: place.file().to_owned(),
                line: place.line(),
                column: place.column(),
            });
            LocationIndex((locations.len() - 1) as u32)
        })
    }

    /// What the indices point into.
    pub fn into_locations(self) -> Vec<Location> {
        self.locations
    }
}
