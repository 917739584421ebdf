//! Whether some span of a row group may have an attribute of a given value.
//!
//! A split-block Bloom filter (the one of the Parquet format) over place, key and canonical text of every attribute
//! of spans, events, links, scopes and resources: a look at each place says which columns of a row group, if any,
//! have to be read, whatever the value's type. Keys stand there by themselves too, so that a place which never had
//! the key is passed over almost surely: it would take two false alarms at once. What a span itself has stands there
//! once more for each block of rows, so that of a rare value's column one block is read and not all.

use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;
use rustc_hash::FxHashSet;
use std::hash::{BuildHasher as _, Hasher as _};
use twox_hash::XxHash64;
use wakeful_wire::otlp::ValueView;

use super::SegmentError;

/// One needle in a hundred that is not there looks as if it were.
const FALSE_POSITIVES: f64 = 0.01;

/// A filter is laid out for so many distinct needles a row, before it is folded to what it needs.
const NEEDLES_A_ROW: u64 = 3;

/// Remembers the hashes of this many of the latest needles, to skip repeated ones: most values repeat. That two
/// needles of a row group share all 64 bits is less likely than a disk that lies; and because hashes are keyed by
/// chance, nobody can choose values that do, to hide one behind the other.
const RECENT: usize = 4096;

/// Rows of a block.
pub(super) const BLOCK_ROWS: u32 = 8192;

/// Blocks that are told apart; rows behind them count as of the last.
const BLOCKS: u32 = 16;

/// A set of blocks, a bit each.
pub(crate) type Blocks = u16;

fn block_of(row: u32) -> u32 {
    (row / BLOCK_ROWS).min(BLOCKS - 1)
}

/// Stretches of `rows` rows (first and count, ascending, apart) that the blocks make up.
pub(super) fn stretches(blocks: Blocks, rows: u32) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for block in (0..BLOCKS).filter(|block| blocks & (1 << block) != 0) {
        let start = block * BLOCK_ROWS;
        let end = if block == BLOCKS - 1 {
            rows
        } else {
            (start + BLOCK_ROWS).min(rows)
        };
        match stretches.last_mut() {
            Some((first, count)) if *first + *count == start => *count = end.max(start) - *first,
            _ if start < end => stretches.push((start, end - start)),
            _ => {}
        }
    }
    stretches
}

/// Where in a row group an attribute rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A column of its own.
    Promoted,
    /// A map of the attributes of one type.
    Residual,
    Event,
    Link,
    Scope,
    Resource,
}

impl Place {
    pub(crate) const ALL: [Self; 6] = [
        Self::Promoted,
        Self::Residual,
        Self::Event,
        Self::Link,
        Self::Scope,
        Self::Resource,
    ];
}

/// A set of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places(u8);

impl Places {
    pub(super) fn insert(&mut self, place: Place) {
        self.0 |= 1 << place as u8;
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Place> {
        let is_in = move |place: &Place| self.0 & (1 << *place as u8) != 0;
        Place::ALL.into_iter().filter(is_in)
    }
}

pub(crate) struct NeedlesBuilder {
    filter: Sbbf,
    /// Keys of each place that stand in the filter.
    keys: [FxHashSet<String>; Place::ALL.len()],
    recent: Vec<u64>,
    hashes: ahash::RandomState,
    scratch: String,
}

impl std::fmt::Debug for NeedlesBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NeedlesBuilder")
    }
}

impl NeedlesBuilder {
    /// For a row group of so many rows, in which the given keys have columns of their own.
    pub(crate) fn new<'a>(
        rows: usize,
        promoted: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ParquetError> {
        let needles = (rows as u64 * NEEDLES_A_ROW).max(1024);
        let mut builder = Self {
            filter: Sbbf::new_with_ndv_fpp(needles, FALSE_POSITIVES)?,
            keys: Default::default(),
            recent: vec![0; RECENT],
            hashes: ahash::RandomState::new(),
            scratch: String::new(),
        };
        promoted.for_each(|key| builder.insert_key(Place::Promoted, key));
        Ok(builder)
    }

    fn insert_key(&mut self, place: Place, key: &str) {
        let keys = &mut self.keys[place as usize];
        if !keys.contains(key) {
            keys.insert(key.to_owned());
            write_key(&mut self.scratch, place, key);
            self.filter.insert(self.scratch.as_str());
        }
    }

    /// Puts in what a span has; `row` is its number in the row group.
    pub(crate) fn insert(&mut self, row: u32, place: Place, key: &str, value: ValueView<'_>) {
        let block = block_of(row);
        let mut hasher = self.hashes.build_hasher();
        hasher.write_u8(place as u8);
        hasher.write_u32(block);
        hasher.write(key.as_bytes());
        match value {
            ValueView::String(text) => hasher.write(text.as_bytes()),
            ValueView::Int(value) => hasher.write_i64(value),
            ValueView::Double(value) => hasher.write_u64(value.to_bits()),
            ValueView::Bool(value) => hasher.write_u8(u8::from(value)),
            ValueView::Empty | ValueView::Bytes(_) | ValueView::Array(_) | ValueView::Map(_) => {
                self.insert_in_block(
                    block,
                    place,
                    key,
                    &wakeful_model::canonical_text(&value.to_model()),
                );
                return;
            }
        }
        // Types are told apart, so that the integer 0 is not taken for the empty text.
        hasher.write_u8(match value {
            ValueView::String(_) => 1,
            ValueView::Int(_) => 2,
            _ => 3,
        });
        let hash = hasher.finish();
        let recent = &mut self.recent[(hash >> 52) as usize % RECENT];
        if *recent == hash {
            return;
        }
        *recent = hash;
        match value {
            ValueView::String(text) => self.insert_in_block(block, place, key, text),
            value => {
                self.insert_in_block(
                    block,
                    place,
                    key,
                    &wakeful_model::canonical_text(&value.to_model()),
                );
            }
        }
    }

    fn insert_in_block(&mut self, block: u32, place: Place, key: &str, text: &str) {
        self.insert_text(place, key, text);
        write_in_block(&mut self.scratch, block, place, key, text);
        self.filter.insert(self.scratch.as_str());
    }

    /// Puts in a value of a resource or a scope, by its canonical text.
    pub(crate) fn insert_text(&mut self, place: Place, key: &str, text: &str) {
        if place != Place::Promoted {
            self.insert_key(place, key);
        }
        write_needle(&mut self.scratch, place, key, text);
        self.filter.insert(self.scratch.as_str());
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, ParquetError> {
        self.filter.fold_to_target_fpp(FALSE_POSITIVES);
        let mut bytes = Vec::new();
        self.filter.write_bitset(&mut bytes)?;
        Ok(bytes)
    }
}

fn write_key(scratch: &mut String, place: Place, key: &str) {
    scratch.clear();
    scratch.push((b'0' + place as u8) as char);
    scratch.push_str(key);
}

fn write_needle(scratch: &mut String, place: Place, key: &str, text: &str) {
    write_key(scratch, place, key);
    // Keeps ("a", "bc") and ("ab", "c") apart.
    scratch.push('\0');
    scratch.push_str(text);
}

fn write_in_block(scratch: &mut String, block: u32, place: Place, key: &str, text: &str) {
    write_needle(scratch, place, key, text);
    // Before all places, which are digits.
    scratch.insert(0, (b'a' + block as u8) as char);
}

/// Bytes of a block, in one of which all bits of a needle are.
const BLOCK_BYTES: u64 = 32;

/// A filter as it rests: a needle is looked for in the one block that may have it, so nothing is kept in memory.
#[derive(Debug)]
pub(crate) struct Needles<R> {
    source: R,
    /// Where the filter begins.
    offset: u64,
    blocks: u64,
    scratch: String,
}

impl<R: ChunkReader> Needles<R> {
    /// The filter at an offset, of so many bytes.
    pub(crate) fn new(source: R, offset: u64, bytes: u64) -> Self {
        Self {
            source,
            offset,
            blocks: bytes / BLOCK_BYTES,
            scratch: String::new(),
        }
    }

    /// Where, but for columns of their own, attributes of that key may be; that they are at no other place is certain.
    pub(super) fn places_of(&mut self, key: &str) -> Result<Places, SegmentError> {
        let mut places = Places::default();
        for place in Place::ALL.into_iter().filter(|place| *place != Place::Promoted) {
            write_key(&mut self.scratch, place, key);
            if self.check()? {
                places.insert(place);
            }
        }
        Ok(places)
    }

    /// Whether some span may have an attribute of that canonical text at a place where its key may be; `false` is certain.
    pub(crate) fn may_contain(&mut self, place: Place, key: &str, text: &str) -> Result<bool, SegmentError> {
        write_needle(&mut self.scratch, place, key, text);
        self.check()
    }

    /// The blocks, of as many as `rows` rows have, in which a span may have such an attribute at a place where
    /// [`Needles::may_contain`] says that it may be.
    pub(crate) fn blocks_with(
        &mut self,
        rows: u32,
        place: Place,
        key: &str,
        text: &str,
    ) -> Result<Blocks, SegmentError> {
        if matches!(place, Place::Scope | Place::Resource) {
            return Ok(Blocks::MAX);
        }
        let mut blocks = 0;
        for block in 0..=block_of(rows.saturating_sub(1)) {
            write_in_block(&mut self.scratch, block, place, key, text);
            blocks |= Blocks::from(self.check()?) << block;
        }
        Ok(blocks)
    }

    fn check(&self) -> Result<bool, SegmentError> {
        let needle = self.scratch.as_str();
        // The upper half of the hash chooses the block (Parquet format, "Bloom Filter").
        let hash = XxHash64::oneshot(0, needle.as_bytes());
        let block = ((hash >> 32) * self.blocks) >> 32;
        let at = self.offset + block * BLOCK_BYTES;
        let bytes = self.source.get_bytes(at, BLOCK_BYTES as usize)?;
        // A filter of one block asks that block, whatever the upper half is.
        Ok(Sbbf::new(&bytes).check(needle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_by_its_text() {
        let mut needles = NeedlesBuilder::new(10_000, std::iter::empty()).unwrap();
        needles.insert(0, Place::Residual, "http.status_code", ValueView::Int(404));
        needles.insert(0, Place::Residual, "http.status_code", ValueView::Int(0));
        needles.insert(8_192, Place::Residual, "user", ValueView::String("42"));
        needles.insert(20_000, Place::Residual, "user", ValueView::String("42"));
        needles.insert(0, Place::Residual, "ratio", ValueView::Double(2.0));
        (0..1000).for_each(|n| needles.insert(0, Place::Residual, "n", ValueView::Int(n)));
        let bytes = needles.finish().unwrap();
        assert!(
            bytes.len() <= 4096,
            "{} bytes for a thousand needles",
            bytes.len()
        );
        let length = bytes.len() as u64;
        let mut needles = Needles::new(bytes::Bytes::from(bytes), 0, length);
        let blocks = needles
            .blocks_with(30_000, Place::Residual, "user", "42")
            .unwrap();
        assert_eq!(stretches(blocks, 30_000), [(8_192, 16_384)]);
        let places = needles.places_of("user").unwrap();
        assert_eq!(places.iter().collect::<Vec<_>>(), [Place::Residual]);
        assert_eq!(needles.places_of("nobody").unwrap(), Places::default());
        let mut may_contain = |place, key: &str, text: &str| needles.may_contain(place, key, text).unwrap();
        for (key, text) in [
            ("http.status_code", "404"),
            ("http.status_code", "0"),
            ("user", "42"),
            ("ratio", "2"),
        ] {
            assert!(may_contain(Place::Residual, key, text), "{key}={text}");
        }
        let wrong = (1000..11_000)
            .filter(|n| may_contain(Place::Residual, "n", &n.to_string()))
            .count();
        assert!(wrong < 300, "{wrong} of 10,000");
    }

    #[test]
    fn blocks_are_stretches_of_rows() {
        assert_eq!(stretches(0, 131_072), []);
        assert_eq!(stretches(Blocks::MAX, 131_072), [(0, 131_072)]);
        assert_eq!(stretches(Blocks::MAX, 10_000), [(0, 10_000)]);
        assert_eq!(stretches(0b1001, 200_000), [(0, 8_192), (24_576, 8_192)]);
        // The last block has all that is behind it.
        assert_eq!(stretches(1 << 15, 200_000), [(122_880, 77_120)]);
    }
}
