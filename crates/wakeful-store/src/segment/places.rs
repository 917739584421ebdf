//! Where in a row group an attribute may be: what its needles say, and the dictionaries of columns of few values.

use std::sync::Arc;

use parquet::basic::Encoding;
use wakeful_model::{Attribute, canonical_text};
use wakeful_wire::otlp::{decode_resource, decode_scope};

use super::known_attributes::{dictionary_page, entries};
use super::needles::{Place, Places};
use super::{Segment, SegmentError, columns};

impl Segment {
    /// Where a key may be, of each row group.
    pub(super) fn places_of(&self, key: &str) -> Result<Arc<[Places]>, SegmentError> {
        let contents = self.contents()?;
        contents.places_of(key, || {
            let of_group = |row_group| {
                let mut places = self.needles(row_group)?.places_of(key)?;
                if contents.is_promoted(key) {
                    places.insert(Place::Promoted);
                }
                Ok(places)
            };
            (0..self.row_groups().len()).map(of_group).collect()
        })
    }

    /// Whether an attribute may be at a place where the needles say so. Scopes and resources have no blocks of rows, so a false alarm
    /// would have all of them read; but there are few, and a dictionary has them all.
    pub(super) fn confirms(
        &self,
        row_group: usize,
        place: Place,
        key: &str,
        text: &str,
    ) -> Result<bool, SegmentError> {
        let name = match place {
            Place::Scope => columns::SCOPE,
            Place::Resource => columns::RESOURCE,
            Place::Promoted | Place::Residual | Place::Event | Place::Link => return Ok(true),
        };
        let attributes = |encoded: &[u8]| match place {
            Place::Scope => decode_scope(encoded).attributes,
            _ => decode_resource(encoded).attributes,
        };
        let footer = self.footer()?;
        let chunks = footer.metadata.row_group(row_group).columns();
        let Some(column) = chunks
            .iter()
            .position(|chunk| chunk.column_path().parts() == [name])
        else {
            return Ok(true);
        };
        // A dictionary that had become too large does not have what came after that.
        let encodings = chunks[column].page_encoding_stats_mask();
        if !encodings.is_some_and(|encodings| encodings.is_only(Encoding::RLE_DICTIONARY)) {
            return Ok(true);
        }
        let pages = self.pages(&footer, vec![row_group])?;
        let Some((page, count)) = dictionary_page(&pages, column)? else {
            return Ok(true);
        };
        let is_it = |attribute: &Attribute| attribute.key == key && canonical_text(&attribute.value) == text;
        Ok(entries(&page, count).any(|encoded| attributes(encoded).iter().any(is_it)))
    }
}
