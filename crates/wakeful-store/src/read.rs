//! Reading a snapshot: the tail and the segments answer alike.

use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;
use wakeful_model::{Loss, Trace, TraceId};
use wakeful_wire::otlp::Batch;

use crate::ReadError;
use crate::assembly::Assembly;
use crate::segment::{Segment, SegmentError};
use crate::state::Snapshot;
use crate::tail;

/// How much of traces may be read, in bytes as OTLP, about; in memory they take some three times as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadBounds {
    /// A trace that has more is not read.
    pub alone_bytes: u64,
    /// Of several as many of the first are read as have no more together; at least one.
    pub together_bytes: u64,
}

impl ReadBounds {
    /// Everything is read.
    pub const NONE: Self = Self {
        alone_bytes: u64::MAX,
        together_bytes: u64::MAX,
    };
}

/// Traces that were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traces {
    /// In the order asked for; those of which there are no spans are left out.
    pub traces: Vec<Trace>,
    /// How many of the last ones asked for were not looked at, to stay within the bound.
    pub left_out: usize,
    /// Those that were not read because they alone have too many bytes, and about how many.
    pub too_large: Vec<(TraceId, u64)>,
    /// Segments that could not be read.
    pub problems: Vec<ReadError>,
}

impl Snapshot {
    /// All spans of traces within bounds, in the order asked for. Traces of which there are no spans are left out.
    pub(crate) fn traces(&self, wanted: &[TraceId], bounds: ReadBounds) -> Traces {
        let mut problems = Vec::new();
        let mut bytes = self.bytes_in_tail(wanted);
        let mut places = Vec::new();
        for segment in self.segments.iter() {
            match wanted
                .iter()
                .map(|id| segment.rows_of(*id))
                .collect::<Result<Vec<_>, _>>()
            {
                Ok(rows) => {
                    let of_span = segment.meta.payload_bytes / segment.meta.spans.max(1);
                    for (bytes, rows) in bytes.iter_mut().zip(&rows) {
                        *bytes += rows.iter().map(|(_, count)| u64::from(*count)).sum::<u64>() * of_span;
                    }
                    if rows.iter().any(|rows| !rows.is_empty()) {
                        places.push((segment, rows));
                    }
                }
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
        let mut too_large = Vec::new();
        for (place, bytes) in bytes.iter_mut().enumerate() {
            if *bytes > bounds.alone_bytes {
                too_large.push((wanted[place], std::mem::take(bytes)));
                places.iter_mut().for_each(|(_, rows)| rows[place].clear());
            }
        }
        let fitting = fitting(&bytes, bounds.together_bytes);
        let (wanted, left_out) = wanted.split_at(fitting);
        too_large.retain(|(trace, _)| wanted.contains(trace));
        let is_read = |id: &TraceId| too_large.iter().all(|(trace, _)| trace != id);
        let read: Vec<_> = wanted.iter().copied().filter(is_read).collect();
        let mut found = Assembly::new(&read);
        for (segment, rows) in places {
            let read = read_all(segment, &rows[..fitting], &mut found);
            problems.extend(read.err().map(|error| segment.read_error(&error)));
        }
        for batch in self.batches() {
            tail::read_spans(batch, &mut found);
        }
        let traces = wanted.iter().map(|id| Trace {
            id: *id,
            batch: found.take(*id),
        });
        Traces {
            traces: traces.filter(|trace| !trace.batch.spans.is_empty()).collect(),
            left_out: left_out.len(),
            too_large,
            problems,
        }
    }

    /// What the tail has of each trace.
    fn bytes_in_tail(&self, wanted: &[TraceId]) -> Vec<u64> {
        let mut of_trace: FxHashMap<TraceId, u64> = wanted.iter().map(|id| (*id, 0)).collect();
        for batch in self.batches() {
            let of_span = (batch.payload().len() / batch.spans().max(1)) as u64;
            for trace in batch.trace_ids() {
                if let Some(bytes) = of_trace.get_mut(trace) {
                    *bytes += of_span;
                }
            }
        }
        wanted
            .iter()
            .map(|id| of_trace.get(id).copied().unwrap_or_default())
            .collect()
    }

    /// Earliest start of a span of a trace.
    pub(crate) fn trace_start(&self, trace: TraceId) -> Option<u64> {
        let of_tails = self.batches().filter_map(|batch| tail::trace_start(batch, trace));
        // A segment that cannot be read is told of when the trace is.
        let of_segments = self
            .segments
            .iter()
            .filter_map(|segment| segment.trace_start(trace).ok().flatten());
        of_tails.chain(of_segments).min()
    }

    /// Whether all spans of a trace are in one segment, or, for zero, in the tail.
    pub(crate) fn only_in(&self, trace: TraceId, place: u64) -> bool {
        let elsewhere = self
            .segments
            .iter()
            .any(|segment| segment.meta.id != place && segment.may_contain(trace).unwrap_or(true));
        let in_tail = place != 0 && self.batches().any(|batch| batch.trace_ids().contains(&trace));
        !elsewhere && !in_tail
    }

    /// What programs said that they lost within the range, Unix nanoseconds.
    pub(crate) fn losses(&self, within: &RangeInclusive<u64>) -> Vec<Loss> {
        let of_tails = self.batches().flat_map(Batch::losses);
        let of_segments = self.segments.iter().flat_map(|segment| &segment.losses);
        let of_segments = of_segments.filter(|loss| loss.touches(within)).cloned();
        of_segments
            .chain(of_tails.filter(|loss| loss.touches(within)))
            .collect()
    }
}

/// How many of the first traces have no more than so many bytes together; the first of them always fits.
fn fitting(bytes: &[u64], bytes_max: u64) -> usize {
    let mut sum = 0_u64;
    let fitting = bytes.iter().take_while(|bytes| {
        sum = sum.saturating_add(**bytes);
        sum <= bytes_max
    });
    fitting.count().max(1).min(bytes.len())
}

/// Reads the spans of traces, given by the rows of each, that a segment has. Where it is damaged, traces that the
/// damage did not hit are read all the same; the error is the first one.
fn read_all(
    segment: &Segment,
    rows_of_traces: &[Vec<(u32, u32)>],
    into: &mut Assembly,
) -> Result<(), SegmentError> {
    let mut rows = rows_of_traces.concat();
    rows.sort_unstable();
    rows.dedup();
    let before = into.mark();
    let Err(error) = segment.read_spans(&rows, into) else {
        return Ok(());
    };
    into.back_to(&before);
    for rows in rows_of_traces {
        let before = into.mark();
        if segment.read_spans(rows, into).is_err() {
            // Half of what it has of a trace is not shown as if it were all.
            into.back_to(&before);
        }
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn at_least_one_trace_fits_if_there_is_one() {
        assert_eq!(fitting(&[], 10), 0);
        assert_eq!(fitting(&[11, 1], 10), 1);
        assert_eq!(fitting(&[4, 6, 0, 1], 10), 3);
        assert_eq!(fitting(&[u64::MAX, 1], u64::MAX - 1), 1);
    }
}
