//! Places that Tokio names in fields, each kept once and for ever: a program has as many as there are in its source code.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use wakeful_model::runtime::{Location, Place};

use super::fields::SpanFields;

type Places = FxHashMap<(u32, u32), Vec<&'static Location>>;

/// By line and column, which few files share.
static PLACES: Mutex<Option<Places>> = Mutex::new(None);

/// Where a span says that its task or resource was made; `None` if it does not say.
pub(super) fn place(fields: &SpanFields) -> Option<Place> {
    if fields.file.is_empty() {
        return None;
    }
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = places
        .get_or_insert_default()
        .entry((fields.line, fields.column))
        .or_default();
    let known = at.iter().copied().find(|place| place.file == fields.file);
    Some(Place::Told(known.unwrap_or_else(|| {
        let place = Box::leak(Box::new(Location {
            file: fields.file.clone(),
            line: fields.line,
            column: fields.column,
        }));
        at.push(place);
        place
    })))
}
