//! The calls between services of one place, counted once: at a flush or a merge for a segment, when asked for the tail.

use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;
use wakeful_model::{SpanId, TraceId};

/// A span, as far as calls go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallRow {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) parent: Option<SpanId>,
    /// The number of its service.
    pub(crate) service: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Calls, by the numbers of services.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CallCounts {
    /// How many spans of the second service have a parent of the first; sorted.
    pub(crate) counts: Vec<((u32, u32), u64)>,
    /// Spans whose parent is not there: trace, parent, and the child's service.
    pub(crate) unresolved: Vec<(TraceId, SpanId, u32)>,
}

/// Counts calls of spans that come trace by trace.
#[derive(Debug, Default)]
pub(crate) struct CallCounter {
    /// Only traces that began and ended within, both excluded.
    within: Option<RangeInclusive<u64>>,
    /// Spans of the trace that is coming.
    rows: Vec<CallRow>,
    owners: FxHashMap<SpanId, u32>,
    counts: FxHashMap<(u32, u32), u64>,
    unresolved: Vec<(TraceId, SpanId, u32)>,
}

impl CallCounter {
    /// Counts those traces alone that began and ended within, both excluded.
    pub(crate) fn of_traces_within(within: &RangeInclusive<u64>) -> Self {
        Self {
            within: Some(within.clone()),
            ..Self::default()
        }
    }

    /// Takes the next span; spans of a trace come one after the other.
    pub(crate) fn push(&mut self, row: CallRow) {
        if self.rows.first().is_some_and(|first| first.trace != row.trace) {
            self.end_trace();
        }
        self.rows.push(row);
    }

    fn end_trace(&mut self) {
        let start = self.rows.iter().map(|row| row.start).min();
        let end = self.rows.iter().map(|row| row.end).max();
        let is_inside = self
            .within
            .as_ref()
            .is_none_or(|within| Some(*within.start()) < start && end < Some(*within.end()));
        if is_inside {
            self.owners.clear();
            for row in &self.rows {
                // Of several with one id the first counts.
                self.owners.entry(row.span).or_insert(row.service);
            }
            for row in &self.rows {
                let Some(parent) = row.parent else { continue };
                match self.owners.get(&parent) {
                    Some(owner) => *self.counts.entry((*owner, row.service)).or_default() += 1,
                    None => self.unresolved.push((row.trace, parent, row.service)),
                }
            }
        }
        self.rows.clear();
    }

    pub(crate) fn finish(mut self) -> CallCounts {
        self.end_trace();
        let mut counts: Vec<_> = self.counts.into_iter().collect();
        counts.sort_unstable();
        CallCounts {
            counts,
            unresolved: self.unresolved,
        }
    }
}

/// Bytes of a count as it rests: two services of four bytes and a number of eight, little endian as all that follows.
const COUNT_BYTES: usize = 16;

/// Bytes of a span without its parent: trace, parent, and the child's service in four bytes.
const UNRESOLVED_BYTES: usize = 28;

impl CallCounts {
    /// As it rests in a segment: the number of counts in four bytes, the counts, and the spans without their parents.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let bytes = 4 + self.counts.len() * COUNT_BYTES + self.unresolved.len() * UNRESOLVED_BYTES;
        let mut out = Vec::with_capacity(bytes);
        out.extend_from_slice(&(self.counts.len() as u32).to_le_bytes());
        for ((parent, child), count) in &self.counts {
            out.extend_from_slice(&parent.to_le_bytes());
            out.extend_from_slice(&child.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        }
        for (trace, parent, service) in &self.unresolved {
            out.extend_from_slice(&trace.to_bytes());
            out.extend_from_slice(&parent.to_bytes());
            out.extend_from_slice(&service.to_le_bytes());
        }
        out
    }

    /// `None` if the bytes cannot be of a segment with so many services.
    pub(crate) fn decode(bytes: &[u8], services: usize) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let counts_bytes = (u32::from_le_bytes(*count) as usize).checked_mul(COUNT_BYTES)?;
        let (counts, unresolved) = rest.split_at_checked(counts_bytes)?;
        let is_known = |service: &u32| (*service as usize) < services;
        let counts = counts.as_chunks::<COUNT_BYTES>().0.iter().map(|entry| {
            // Parent, child, and two halves of the number.
            let number = u128::from_le_bytes(*entry);
            let (parent, child) = (number as u32, (number >> 32) as u32);
            let known = is_known(&parent) && is_known(&child);
            known.then_some(((parent, child), (number >> 64) as u64))
        });
        let (unresolved, rest) = unresolved.as_chunks::<UNRESOLVED_BYTES>();
        let unresolved = unresolved.iter().map(|entry| {
            let (trace, rest) = entry.split_at(16);
            let (parent, service) = rest.split_at(8);
            let service = u32::from_le_bytes(*service.first_chunk()?);
            let ids = TraceId::from_bytes(trace).zip(SpanId::from_bytes(parent));
            ids.filter(|_| is_known(&service))
                .map(|(trace, parent)| (trace, parent, service))
        });
        let decoded = Self {
            counts: counts.collect::<Option<_>>()?,
            unresolved: unresolved.collect::<Option<_>>()?,
        };
        rest.is_empty().then_some(decoded)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        size_of_val(self.counts.as_slice()) + size_of_val(self.unresolved.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(trace: u128, span: u64, parent: u64, service: u32) -> CallRow {
        CallRow {
            trace: TraceId::new(trace).unwrap(),
            span: SpanId::new(span).unwrap(),
            parent: SpanId::new(parent),
            service,
            start: trace as u64 * 10,
            end: trace as u64 * 10 + span,
        }
    }

    fn count(within: Option<RangeInclusive<u64>>) -> CallCounts {
        let mut counter = within.map_or_else(CallCounter::default, |within| {
            CallCounter::of_traces_within(&within)
        });
        let rows = [
            row(1, 1, 0, 0),
            row(1, 2, 1, 1),
            row(1, 3, 1, 1),
            row(1, 4, 2, 0),
            // The parent of another trace has the same id.
            row(2, 4, 3, 2),
            row(2, 5, 4, 2),
        ];
        rows.into_iter().for_each(|row| counter.push(row));
        counter.finish()
    }

    #[test]
    fn calls_are_counted_within_their_trace_and_come_back_as_they_were() {
        let all = count(None);
        assert_eq!(all.counts, [((0, 1), 2), ((1, 0), 1), ((2, 2), 1)]);
        assert_eq!(
            all.unresolved,
            [(TraceId::new(2).unwrap(), SpanId::new(3).unwrap(), 2)]
        );
        let bytes = all.encode();
        assert_eq!(CallCounts::decode(&bytes, 3), Some(all));
        assert_eq!(CallCounts::decode(&bytes, 2), None);
        for length in (0..bytes.len()).filter(|length| *length != bytes.len() - UNRESOLVED_BYTES) {
            assert_eq!(
                CallCounts::decode(&bytes[..length], 3),
                None,
                "cut to {length} bytes"
            );
        }
    }

    #[test]
    fn traces_on_the_edge_are_not_within() {
        let traces = |within| count(Some(within)).counts.len();
        // The first lasts from 10 to 14, the second from 20 to 25.
        assert_eq!(traces(9..=15), 2);
        assert_eq!(traces(10..=15), 0);
        assert_eq!(traces(9..=14), 0);
        assert_eq!(traces(9..=26), 3);
    }
}
