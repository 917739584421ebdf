//! The locations of a batch while it is made.

use std::collections::HashMap;

use super::{Location, LocationIndex};

/// A place in the program's own source code.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// As the compiler knows it.
    Caller(&'static std::panic::Location<'static>),
    /// As the runtime tells of it.
    Told(&'static Location),
}

impl Place {
    /// What it is known by within the process: two callers of one line may have two, which does no harm.
    pub fn address(self) -> usize {
        match self {
            Self::Caller(place) => std::ptr::from_ref(place) as usize,
            Self::Told(place) => std::ptr::from_ref(place) as usize,
        }
    }
}

impl From<&'static std::panic::Location<'static>> for Place {
    fn from(place: &'static std::panic::Location<'static>) -> Self {
        Self::Caller(place)
    }
}

/// Gives each place of the program's own source code an index of [`super::RuntimeBatch::locations`].
#[derive(Debug, Default)]
pub struct LocationTable {
    /// By [`Place::address`].
    known: HashMap<usize, LocationIndex>,
    locations: Vec<Location>,
}

impl LocationTable {
    /// The index of a place.
    pub fn index(&mut self, place: impl Into<Place>) -> LocationIndex {
        let place = place.into();
        let locations = &mut self.locations;
        *self.known.entry(place.address()).or_insert_with(|| {
            locations.push(match place {
                Place::Caller(place) => Location {
                    file: place.file().to_owned(),
                    line: place.line(),
                    column: place.column(),
                },
                Place::Told(place) => place.clone(),
            });
            LocationIndex((locations.len() - 1) as u32)
        })
    }

    /// What the indices point into.
    pub fn into_locations(self) -> Vec<Location> {
        self.locations
    }
}
