//! Reading a snapshot: the tail and the segments answer alike.

use std::collections::{BTreeMap, BTreeSet};

use wakeful_model::{Kind, Trace, TraceId};

use crate::ReadError;
use crate::assembly::Assembly;
use crate::segment::{Segment, SegmentError};
use crate::state::Snapshot;
use crate::tail;

impl Snapshot {
    /// All spans of traces, in the order asked for; traces of which there are none are left out. Segments that
    /// cannot be read are told beside.
    pub(crate) fn traces(&self, wanted: &[TraceId]) -> (Vec<Trace>, Vec<ReadError>) {
        let mut found = Assembly::new(wanted);
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            let read = read_all(segment, wanted, &mut found);
            problems.extend(read.err().map(|error| segment.read_error(&error)));
        }
        for (_, batches) in &self.tails {
            batches
                .iter()
                .for_each(|batch| tail::read_spans(batch, &mut found));
        }
        let traces = wanted.iter().map(|id| Trace {
            id: *id,
            batch: found.take(*id),
        });
        (
            traces.filter(|trace| !trace.batch.spans.is_empty()).collect(),
            problems,
        )
    }

    /// Earliest start of a span of a trace.
    pub(crate) fn trace_start(&self, trace: TraceId) -> Option<u64> {
        let of_tails = self.tails.iter().flat_map(|(_, batches)| batches.iter());
        let of_tails = of_tails.filter_map(|batch| tail::trace_start(batch, trace));
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
        let in_tail = place != 0
            && self
                .tails
                .iter()
                .any(|(_, batches)| batches.iter().any(|batch| batch.trace_ids().contains(&trace)));
        !elsewhere && !in_tail
    }

    /// Services and their operations.
    pub(crate) fn operations(&self) -> BTreeMap<String, BTreeSet<(String, Kind)>> {
        let mut services: BTreeMap<String, BTreeSet<(String, Kind)>> = BTreeMap::new();
        let mut add = |service: &str, name: &str, kind: Kind| {
            if !services.contains_key(service) {
                services.insert(service.to_owned(), BTreeSet::new());
            }
            if let Some(operations) = services.get_mut(service) {
                operations.insert((name.to_owned(), kind));
            }
        };
        for segment in self.segments.iter() {
            for service in &segment.catalog.services {
                service
                    .operations()
                    .for_each(|(name, kind)| add(&service.name, name, kind));
            }
        }
        for batch in self.tails.iter().flat_map(|(_, batches)| batches.iter()) {
            for operation in batch.operations() {
                let group = &batch.groups()[operation.group as usize];
                add(batch.service(group), batch.name(operation), operation.kind);
            }
        }
        services
    }
}

/// Reads the spans that a segment has of the traces. Where it is damaged, traces that the damage did not hit are read
/// all the same; the error is the first one.
fn read_all(segment: &Segment, wanted: &[TraceId], into: &mut Assembly) -> Result<(), SegmentError> {
    let rows = rows_of_all(segment, wanted)?;
    if rows.is_empty() {
        return Ok(());
    }
    let before = into.mark();
    let Err(error) = segment.read_spans(&rows, into) else {
        return Ok(());
    };
    into.back_to(&before);
    for trace in wanted {
        let before = into.mark();
        if read_one(segment, *trace, into).is_err() {
            // Half of what it has of a trace is not shown as if it were all.
            into.back_to(&before);
        }
    }
    Err(error)
}

fn read_one(segment: &Segment, trace: TraceId, into: &mut Assembly) -> Result<(), SegmentError> {
    segment.read_spans(&segment.rows_of(trace)?, into)
}

/// Rows of any of the traces, ascending and apart.
fn rows_of_all(segment: &Segment, wanted: &[TraceId]) -> Result<Vec<(u32, u32)>, SegmentError> {
    let mut rows = Vec::new();
    for trace in wanted {
        rows.extend(segment.rows_of(*trace)?);
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}
