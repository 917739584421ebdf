//! Calls between services: spans whose parent is a span of another, or the same, service.
//!
//! A segment's calls were counted when it was written; the tail's are counted when they are asked for. Where a parent
//! rests elsewhere than its child, it is looked for by its trace.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_model::{SpanId, TraceId};

use crate::ReadError;
use crate::call_counts::{CallCounter, CallCounts, CallRow};
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

/// Spans of one place, and the names of their services.
#[derive(Debug, Default)]
pub(crate) struct CallRows {
    pub(crate) rows: Vec<CallRow>,
    pub(crate) services: Vec<String>,
    numbers: FxHashMap<String, u32>,
}

impl CallRows {
    /// The number of a service.
    pub(crate) fn service(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.services.len() as u32;
        self.services.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// Calls of traces that began and ended within the range, both excluded.
    pub(crate) fn count(mut self, within: &RangeInclusive<u64>) -> Calls {
        // Those of a trace keep their order: of several with one id the first counts.
        self.rows.sort_by_key(|row| row.trace);
        let mut counter = CallCounter::of_traces_within(within);
        self.rows.into_iter().for_each(|row| counter.push(row));
        Calls {
            counts: counter.finish(),
            services: self.services,
        }
    }
}

/// The calls of one place, and the names of its services.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(crate) counts: CallCounts,
    pub(crate) services: Vec<String>,
}

impl Calls {
    pub(crate) fn size_bytes(&self) -> usize {
        let names = self.services.iter();
        names.map(|name| size_of::<String>() + name.len()).sum::<usize>() + self.counts.size_bytes()
    }

    fn name(&self, service: u32) -> String {
        self.services.get(service as usize).cloned().unwrap_or_default()
    }
}

/// Children whose parent was not met yet: their services, by trace and parent.
type Unresolved = FxHashMap<(TraceId, SpanId), Vec<String>>;

impl Snapshot {
    /// Calls of traces that began and ended within the range, both excluded. (A trace that rests in several places is
    /// judged by each part.) Segments that cannot be read are told beside.
    pub(crate) fn calls(&self, within: &RangeInclusive<u64>) -> (Vec<Call>, Vec<ReadError>) {
        let mut places = vec![Arc::new(self.tail_rows().count(within))];
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
        let mut unresolved = Unresolved::default();
        for calls in &places {
            let counts = calls.counts.counts.iter();
            found.extend(counts.map(|((parent, child), count)| Call {
                parent: calls.name(*parent),
                child: calls.name(*child),
                count: *count,
            }));
            for (trace, parent, child) in &calls.counts.unresolved {
                let children = unresolved.entry((*trace, *parent)).or_default();
                children.push(calls.name(*child));
            }
        }
        self.resolve(unresolved, &mut found, &mut problems);
        (found, problems)
    }

    /// Looks for parents that rest elsewhere than their children.
    fn resolve(&self, mut unresolved: Unresolved, found: &mut Vec<Call>, problems: &mut Vec<ReadError>) {
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
        let mut traces = take(&self.tail_rows());
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
        for batch in self.batches() {
            let services: Vec<_> = batch
                .groups()
                .iter()
                .map(|group| rows.service(batch.service(group)))
                .collect();
            let of_batch = batch.trace_ids().iter().zip(batch.rows());
            rows.rows.extend(of_batch.map(|(trace, row)| CallRow {
                trace: *trace,
                span: row.span_id,
                parent: row.parent_span_id,
                service: services[batch.operations()[row.operation as usize].group as usize],
                start: row.start_unix_nanos,
                end: row.start_unix_nanos.saturating_add(row.duration_nanos),
            }));
        }
        rows
    }
}
