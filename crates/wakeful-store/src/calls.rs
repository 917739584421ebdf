//! Calls between services: spans whose parent is a span of another, or the same, service.
//!
//! A segment, like the tail, is counted by itself, and the count is kept in the cache. Where a parent rests
//! elsewhere, it is looked for by its trace.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_model::{SpanId, TraceId};

use crate::ReadError;
use crate::cache::{Cached, Part};
use crate::segment::{Segment, SegmentError};
use crate::state::Snapshot;

/// How often spans of one service had a parent of another, or the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The parent's service.
    pub parent: String,
    /// The child's service.
    pub child: String,
    /// How many children.
    pub count: u64,
}

/// A span, as far as calls go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallRow {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) parent: Option<SpanId>,
    /// Index into the names beside.
    pub(crate) service: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Spans of one place, and the names of their services.
#[derive(Debug, Default)]
pub(crate) struct CallRows {
    pub(crate) rows: Vec<CallRow>,
    pub(crate) services: Vec<String>,
    indices: FxHashMap<String, u32>,
}

impl CallRows {
    pub(crate) fn service(&mut self, name: &str) -> u32 {
        if let Some(index) = self.indices.get(name) {
            return *index;
        }
        let index = self.services.len() as u32;
        self.services.push(name.to_owned());
        self.indices.insert(name.to_owned(), index);
        index
    }
}

/// The calls of one place.
#[derive(Debug)]
pub(crate) struct Calls {
    services: Vec<String>,
    /// By the services' indices, parent first.
    counts: FxHashMap<(u32, u32), u64>,
    /// Spans whose parent is not there: trace, parent, and the child's service.
    unresolved: Vec<(TraceId, SpanId, u32)>,
}

impl Calls {
    fn new(CallRows { rows, services, .. }: &CallRows, within: Option<&RangeInclusive<u64>>) -> Self {
        let mut extents: FxHashMap<TraceId, (u64, u64)> = FxHashMap::default();
        let mut owners: FxHashMap<(TraceId, SpanId), u32> = FxHashMap::default();
        for row in rows {
            let (start, end) = extents.entry(row.trace).or_insert((row.start, row.end));
            *start = row.start.min(*start);
            *end = row.end.max(*end);
            owners.entry((row.trace, row.span)).or_insert(row.service);
        }
        let inside = |trace| {
            within.is_none_or(|within| {
                extents
                    .get(&trace)
                    .is_some_and(|(start, end)| within.start() < start && end < within.end())
            })
        };
        let mut calls = Self {
            services: services.clone(),
            counts: FxHashMap::default(),
            unresolved: Vec::new(),
        };
        for row in rows.iter().filter(|row| inside(row.trace)) {
            let Some(parent) = row.parent else { continue };
            match owners.get(&(row.trace, parent)) {
                Some(owner) => *calls.counts.entry((*owner, row.service)).or_default() += 1,
                None => calls.unresolved.push((row.trace, parent, row.service)),
            }
        }
        calls
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.services.iter().map(String::len).sum::<usize>()
            + self.counts.len() * 32
            + self.unresolved.len() * size_of::<(TraceId, SpanId, u32)>()
    }

    fn name(&self, index: u32) -> String {
        self.services[index as usize].clone()
    }
}

impl Snapshot {
    /// Calls of traces that began and ended within the range, both excluded. (A trace that rests in several places is
    /// judged by each part.) Segments that cannot be read are told beside.
    pub(crate) fn calls(&self, within: &RangeInclusive<u64>) -> (Vec<Call>, Vec<ReadError>) {
        let tail = self.tail_rows();
        let mut places = vec![Arc::new(Calls::new(&tail, Some(within)))];
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            if segment.meta.start_min > *within.end() || segment.meta.end_max < *within.start() {
                continue;
            }
            match segment.calls(within) {
                Ok(calls) => places.push(calls),
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
        let mut found = Vec::new();
        let mut unresolved: FxHashMap<(TraceId, SpanId), Vec<String>> = FxHashMap::default();
        for calls in &places {
            found.extend(calls.counts.iter().map(|((parent, child), count)| Call {
                parent: calls.name(*parent),
                child: calls.name(*child),
                count: *count,
            }));
            for (trace, parent, child) in &calls.unresolved {
                unresolved
                    .entry((*trace, *parent))
                    .or_default()
                    .push(calls.name(*child));
            }
        }
        self.resolve(unresolved, &tail, &mut found, &mut problems);
        (found, problems)
    }

    /// Looks for parents that rest elsewhere than their children.
    fn resolve(
        &self,
        mut unresolved: FxHashMap<(TraceId, SpanId), Vec<String>>,
        tail: &CallRows,
        found: &mut Vec<Call>,
        problems: &mut Vec<ReadError>,
    ) {
        let mut take = |rows: &CallRows| {
            for row in &rows.rows {
                for child in unresolved.remove(&(row.trace, row.span)).unwrap_or_default() {
                    found.push(Call {
                        parent: rows.services[row.service as usize].clone(),
                        child,
                        count: 1,
                    });
                }
            }
            let mut traces: Vec<_> = unresolved.keys().map(|(trace, _)| *trace).collect();
            traces.sort_unstable();
            traces.dedup();
            traces
        };
        let mut traces = take(tail);
        for segment in self.segments.iter() {
            if traces.is_empty() {
                return;
            }
            match segment.call_rows_of(&traces) {
                Ok(rows) if rows.rows.is_empty() => {}
                Ok(rows) => traces = take(&rows),
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
    }

    fn tail_rows(&self) -> CallRows {
        let mut rows = CallRows::default();
        for batch in self.tails.iter().flat_map(|(_, batches)| batches.iter()) {
            let services: Vec<_> = batch
                .groups()
                .iter()
                .map(|group| rows.service(batch.service(group)))
                .collect();
            rows.rows.extend(
                batch
                    .trace_ids()
                    .iter()
                    .zip(batch.rows())
                    .map(|(trace, row)| CallRow {
                        trace: *trace,
                        span: row.span_id,
                        parent: row.parent_span_id,
                        service: services[batch.operations()[row.operation as usize].group as usize],
                        start: row.start_unix_nanos,
                        end: row.start_unix_nanos.saturating_add(row.duration_nanos),
                    }),
            );
        }
        rows
    }
}

impl Segment {
    fn calls(&self, within: &RangeInclusive<u64>) -> Result<Arc<Calls>, SegmentError> {
        if *within.start() >= self.meta.start_min || self.meta.end_max >= *within.end() {
            return Ok(Arc::new(Calls::new(&self.call_rows()?, Some(within))));
        }
        // The whole segment counts, which is the usual question: its answer is kept.
        if let Some(Cached::Calls(calls)) = self.cached(Part::Calls) {
            return Ok(calls);
        }
        let calls = Arc::new(Calls::new(&self.call_rows()?, None));
        self.keep(Part::Calls, Cached::Calls(Arc::clone(&calls)));
        Ok(calls)
    }
}
