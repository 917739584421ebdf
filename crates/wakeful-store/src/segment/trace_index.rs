//! Where in a segment a trace's spans stand.
//!
//! Spans of a trace are neighbours in a segment, so an entry is a place and a count. Entries are sorted by a key made
//! of both halves of the trace id; the list is loaded when the segment is first asked for a trace it may have.

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

/// An index as it rests, loaded whole.
#[derive(Debug)]
pub(crate) struct TraceIndex {
    bytes: Vec<u8>,
}

impl TraceIndex {
    /// `None` if the bytes cannot be an index.
    pub(crate) fn new(bytes: Vec<u8>) -> Option<Self> {
        bytes.len().is_multiple_of(ENTRY_BYTES).then_some(Self { bytes })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn entry(&self, index: usize) -> (u64, u32, u32) {
        let bytes = &self.bytes[index * ENTRY_BYTES..(index + 1) * ENTRY_BYTES];
        let number = |range: std::ops::Range<usize>| {
            bytes[range]
                .iter()
                .rev()
                .fold(0, |n, byte| n << 8 | u64::from(*byte))
        };
        (number(0..8), number(8..12) as u32, number(12..16) as u32)
    }

    /// Rows that may be of `trace`: first row and count. A reader compares the ids.
    pub(crate) fn find(&self, trace: TraceId) -> impl Iterator<Item = (u32, u32)> {
        let key = key(trace);
        let (mut low, mut high) = (0, self.bytes.len() / ENTRY_BYTES);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle).0 < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.bytes.len() / ENTRY_BYTES)
            .map(|index| self.entry(index))
            .take_while(move |entry| entry.0 == key)
            .map(|(_, first, rows)| (first, rows))
    }
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
        let index = TraceIndex::new(builder.finish()).unwrap();
        let find = |n| index.find(id(n)).collect::<Vec<_>>();
        assert_eq!(find(5), [(0, 2)]);
        assert_eq!(find(1 << 100), [(2, 1)]);
        assert_eq!(find(2), [(3, 3)]);
        assert_eq!(find(7), [(6, 1)]);
        assert_eq!(find(6), []);
    }
}
