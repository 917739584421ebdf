//! What a segment has, without what it takes to read columns: small enough to be at hand for every segment, where the
//! footers of all would take too much memory. A search asks it whether to look closer.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::Fields;
use rustc_hash::FxHashMap;

use super::checksums::Checksums;
use super::columns::Promoted;
use super::meta::Catalog;
use super::needles::Places;

/// Of so many keys of attributes it is remembered where they may be, …
const KEYS_MAX: usize = 32;

/// … but not of longer ones.
const KEY_BYTES_MAX: usize = 256;

/// A segment's table of contents.
#[derive(Debug)]
pub(crate) struct Contents {
    catalog: Catalog,
    pub(super) checksums: Arc<Checksums>,
    /// Keys that have columns of their own.
    promoted: Vec<String>,
    /// For keys that were asked for, where they may be; an entry for each row group.
    places: Mutex<FxHashMap<String, Arc<[Places]>>>,
}

impl Contents {
    pub(super) fn new(catalog: Catalog, checksums: Checksums, fields: &Fields) -> Self {
        let promoted = fields.iter().filter_map(|field| Promoted::of_field(field));
        Self {
            catalog,
            checksums: Arc::new(checksums),
            promoted: promoted.map(|promoted| promoted.key).collect(),
            places: Mutex::default(),
        }
    }

    /// Its services and their operations.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Whether an attribute has a column of its own.
    pub(super) fn is_promoted(&self, key: &str) -> bool {
        self.promoted.iter().any(|promoted| promoted == key)
    }

    /// Where a key may be in each row group; `find` says so where it is not known yet.
    pub(super) fn places_of<E>(
        &self,
        key: &str,
        find: impl FnOnce() -> Result<Arc<[Places]>, E>,
    ) -> Result<Arc<[Places]>, E> {
        let known = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = known().get(key) {
            return Ok(Arc::clone(places));
        }
        let places = find()?;
        if key.len() <= KEY_BYTES_MAX {
            let mut known = known();
            if known.len() >= KEYS_MAX {
                known.clear();
            }
            known.insert(key.to_owned(), Arc::clone(&places));
        }
        Ok(places)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let promoted = self.promoted.iter().map(|key| size_of::<String>() + key.len());
        self.catalog.size_bytes()
            + self.checksums.size_bytes()
            + promoted.sum::<usize>()
            // About what keys take that are asked for: most are short.
            + KEYS_MAX * 64
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksums::{ChecksumExtent, Checksums};
    use super::*;

    #[test]
    fn where_a_key_may_be_is_found_once() {
        let extent = ChecksumExtent {
            table: (0, 0),
            table_crc32c: crc32c::crc32c(&[]),
            covered_bytes: 0,
            block_bytes: 1,
        };
        let checksums = Checksums::new(&extent, Vec::new().into()).unwrap();
        let contents = Contents::new(Catalog::default(), checksums, &Fields::empty());
        let mut asked = 0;
        let mut ask = |key: &str| {
            let found = contents.places_of(key, || {
                asked += 1;
                Ok::<_, ()>(Arc::from([Places::default()]))
            });
            assert_eq!(found.unwrap().len(), 1);
            asked
        };
        assert_eq!(ask("user.id"), 1);
        assert_eq!(ask("user.id"), 1);
        assert_eq!(ask("user"), 2);
        // Others push it out; nothing grows without bound.
        for n in 0..KEYS_MAX {
            ask(&n.to_string());
        }
        assert_eq!(ask("user.id"), 3 + KEYS_MAX);
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        assert_eq!(ask(&long), 4 + KEYS_MAX);
        assert_eq!(ask(&long), 5 + KEYS_MAX);
    }
}
