//! Where in a segment a trace's spans stand.
//!
//! Spans of a trace are neighbours in a segment, so an entry is a place and a count. Entries are sorted by a key made
//! of both halves of the trace id; of the list, a leaf is read for each question.

use wakeful_model::TraceId;

/// Bytes of an entry: key, first row, rows.
pub(crate) const ENTRY_BYTES: usize = 16;

/// Collects entries while rows are written in order.
#[derive(Debug, Default)]
pub(crate) struct TraceIndexBuilder {
    entries: Vec<(u64, u32, u32)>,
    last: Option<TraceId>,
}

impl TraceIndexBuilder {
    /// Notes that row number `row` is of `trace`; rows come in order.
    pub(crate) fn push(&mut self, trace: TraceId, row: u32) {
        match self.entries.last_mut() {
            Some((_, _, rows)) if self.last == Some(trace) => *rows += 1,
            _ => self.entries.push((key(trace), row, 1)),
        }
        self.last = Some(trace);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entries.sort_unstable();
        let mut bytes = Vec::with_capacity(self.entries.len() * ENTRY_BYTES);
        for (key, first, rows) in self.entries {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&first.to_le_bytes());
            bytes.extend_from_slice(&rows.to_le_bytes());
        }
        bytes
    }
}

fn key(trace: TraceId) -> u64 {
    // Ids whose low half is not random (64-bit ones, counters) still differ there.
    (trace.get() as u64) ^ ((trace.get() >> 64) as u64).rotate_left(32)
}

/// Entries of a leaf: what is read to find a trace.
const LEAF_ENTRIES: usize = 128;

/// What of an index is kept in memory: the key with which each leaf begins.
#[derive(Debug)]
pub(crate) struct TraceIndex {
    first_keys: Vec<u64>,
    entries: usize,
}

impl TraceIndex {
    /// `None` if the bytes cannot be an index.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        let first_keys = entries.iter().step_by(LEAF_ENTRIES).map(|entry| decode(entry).0);
        rest.is_empty().then_some(Self {
            first_keys: first_keys.collect(),
            entries: entries.len(),
        })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.first_keys.len() * size_of::<u64>()
    }

    /// The bytes of the index, from and to, in which all entries of a trace are.
    pub(crate) fn leaves_of(&self, trace: TraceId) -> (usize, usize) {
        let key = key(trace);
        // Entries of one key may have begun in the leaf before the one that begins with it.
        let first = self.first_keys.partition_point(|first| *first < key);
        let end = self.first_keys.partition_point(|first| *first <= key);
        let start = first.saturating_sub(1) * LEAF_ENTRIES;
        let end = (end * LEAF_ENTRIES).min(self.entries);
        (start * ENTRY_BYTES, end.max(start) * ENTRY_BYTES)
    }
}

/// Rows that may be of `trace`, of some leaves: first row and count. A reader compares the ids.
pub(crate) fn find(leaves: &[u8], trace: TraceId) -> impl Iterator<Item = (u32, u32)> {
    let key = key(trace);
    let (entries, _) = leaves.as_chunks::<ENTRY_BYTES>();
    let first = entries.partition_point(|entry| decode(entry).0 < key);
    let from_first = entries[first..].iter().map(decode);
    from_first
        .take_while(move |entry| entry.0 == key)
        .map(|(_, first, rows)| (first, rows))
}

fn decode(entry: &[u8; ENTRY_BYTES]) -> (u64, u32, u32) {
    let number = u128::from_le_bytes(*entry);
    (number as u64, (number >> 64) as u32, (number >> 96) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_found_by_their_rows() {
        let mut builder = TraceIndexBuilder::default();
        let id = |n: u128| TraceId::new(n).unwrap();
        let rows = [id(5), id(5), id(1 << 100), id(2), id(2), id(2), id(7)];
        rows.iter()
            .zip(0..)
            .for_each(|(trace, row)| builder.push(*trace, row));
        let bytes = builder.finish();
        let index = TraceIndex::new(&bytes).unwrap();
        let find = |n| {
            let (start, end) = index.leaves_of(id(n));
            find(&bytes[start..end], id(n)).collect::<Vec<_>>()
        };
        assert_eq!(find(5), [(0, 2)]);
        assert_eq!(find(1 << 100), [(2, 1)]);
        assert_eq!(find(2), [(3, 3)]);
        assert_eq!(find(7), [(6, 1)]);
        assert_eq!(find(6), []);
    }

    #[test]
    fn one_leaf_is_read_of_many() {
        let mut builder = TraceIndexBuilder::default();
        let id = |n: u32| TraceId::new(u128::from(n)).unwrap();
        (1..=1_000).for_each(|n| builder.push(id(n), n));
        let bytes = builder.finish();
        let index = TraceIndex::new(&bytes).unwrap();
        for n in 1..=1_000 {
            let (start, end) = index.leaves_of(id(n));
            assert!(end - start <= 2 * LEAF_ENTRIES * ENTRY_BYTES);
            assert_eq!(find(&bytes[start..end], id(n)).collect::<Vec<_>>(), [(n, 1)]);
        }
        let (start, end) = index.leaves_of(id(1_001));
        assert_eq!(find(&bytes[start..end], id(1_001)).count(), 0);
        assert!(TraceIndex::new(&bytes[1..]).is_none());
        let empty = TraceIndex::new(&[]).unwrap();
        assert_eq!(empty.leaves_of(id(1)), (0, 0));
    }
}
