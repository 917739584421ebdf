//! The index of a file: what each of its frames has.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use wakeful_model::runtime::RuntimeBatch;

use super::ProgramId;

/// What a frame has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the frame begins in the file.
    pub(super) offset: u64,
    /// Bytes of it, with its header.
    pub(super) bytes: u32,
    /// Whether it is a program's state at the beginning of the file.
    pub(super) is_checkpoint: bool,
    pub(super) program: ProgramId,
    /// The stretch of time that the batch tells of, Unix nanoseconds.
    pub(super) from: u64,
    pub(super) to: u64,
    /// The earliest of its polls and wakes: long polls began before the stretch of time in which they ended.
    pub(super) earliest: u64,
}

/// What an entry takes in an index.
const ENTRY_BYTES: usize = 48;

impl Entry {
    pub(super) fn of(batch: &RuntimeBatch, offset: u64, bytes: u32, is_checkpoint: bool) -> Self {
        let polls = batch.polls.iter().map(|poll| {
            poll.woken_unix_nanos()
                .unwrap_or(poll.start_unix_nanos)
                .min(poll.start_unix_nanos)
        });
        let wakes = batch.wakes.iter().map(|wake| wake.at_unix_nanos);
        let earliest = polls.chain(wakes).chain([batch.from_unix_nanos]).min();
        Self {
            offset,
            bytes,
            is_checkpoint,
            program: ProgramId::of(&batch.resource),
            from: batch.from_unix_nanos,
            to: batch.to_unix_nanos.max(batch.from_unix_nanos),
            earliest: earliest.unwrap_or_default(),
        }
    }

    /// Whether the batch tells of something within a range of time.
    pub(super) fn overlaps(&self, within: &RangeInclusive<u64>) -> bool {
        !self.is_checkpoint && self.earliest <= *within.end() && self.to >= *within.start()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let kind = u32::from(self.is_checkpoint);
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        for number in [self.program.0, self.from, self.to, self.earliest] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let number = |at: usize, length: usize| {
            bytes[at..at + length]
                .iter()
                .rev()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        Self {
            offset: number(0, 8),
            bytes: number(8, 4) as u32,
            is_checkpoint: number(12, 4) == 1,
            program: ProgramId(number(16, 8)),
            from: number(24, 8),
            to: number(32, 8),
            earliest: number(40, 8),
        }
    }
}

/// The payload of an index's frame.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    entries.iter().for_each(|entry| entry.write(&mut out));
    out
}

/// Reads such a payload; `None` if it is none.
pub(super) fn read(payload: &[u8]) -> Option<Vec<Entry>> {
    let (entries, rest) = payload.as_chunks();
    rest.is_empty().then(|| entries.iter().map(Entry::read).collect())
}

/// What a file has of each program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Where its first batch that is no checkpoint begins, Unix nanoseconds.
    pub(super) from: u64,
    /// The earliest poll or wake.
    pub(super) earliest: u64,
    /// Where its latest batch ends.
    pub(super) to: u64,
    /// Bytes of its frames.
    pub(super) bytes: u64,
}

pub(super) type Extents = BTreeMap<ProgramId, Extent>;

/// Adds an entry to what its file has. A checkpoint is about the time before, so it does not widen the extent of what follows.
pub(super) fn extend(extents: &mut Extents, entry: &Entry) {
    let of_entry = |from| Extent {
        from,
        earliest: from.min(entry.earliest),
        to: entry.to,
        bytes: u64::from(entry.bytes),
    };
    let new = of_entry(if entry.is_checkpoint { entry.to } else { entry.from });
    let extent = extents.entry(entry.program);
    extent
        .and_modify(|extent| {
            extent.from = extent.from.min(new.from);
            extent.earliest = extent.earliest.min(new.earliest);
            extent.to = extent.to.max(new.to);
            extent.bytes += new.bytes;
        })
        .or_insert(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_reads_back() {
        let entry = |offset, is_checkpoint| Entry {
            offset,
            bytes: 64,
            is_checkpoint,
            program: ProgramId(u64::MAX - 1),
            from: 1 << 60,
            to: (1 << 60) + 5,
            earliest: 7,
        };
        let entries = [entry(0, true), entry(64, false)];
        let payload = write(&entries);
        assert_eq!(read(&payload).as_deref(), Some(&entries[..]));
        assert_eq!(read(&payload[1..]), None);
    }

    #[test]
    fn a_long_poll_is_found_where_it_began() {
        use wakeful_model::runtime::Poll;
        let batch = RuntimeBatch {
            from_unix_nanos: 1_000,
            to_unix_nanos: 2_000,
            polls: vec![Poll {
                start_unix_nanos: 500,
                duration_nanos: 600,
                scheduled_nanos: Some(100),
                ..Poll::default()
            }],
            ..RuntimeBatch::default()
        };
        let entry = Entry::of(&batch, 0, 64, false);
        assert_eq!(entry.earliest, 400);
        assert!(entry.overlaps(&(0..=400)) && entry.overlaps(&(2_000..=3_000)));
        assert!(!entry.overlaps(&(0..=399)) && !entry.overlaps(&(2_001..=3_000)));
    }
}
