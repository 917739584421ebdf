//! Finding the newest traces of which a span meets a filter, exactly, without reading more than that takes.
//!
//! Everything that can give hits is a cursor with a bound: no trace that it may still give began later. The cursor
//! with the latest bound is asked next, until enough traces are known that began after every bound that is left.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use wakeful_model::TraceId;

use crate::ReadError;
use crate::filter::SpanFilter;
use crate::segment::{Hit, Prospects, Segment};
use crate::state::Snapshot;
use crate::tail;

/// Rows of the first stretch of a row group that is looked through; each next one is four times as long.
const STRETCH_MIN: u32 = 4096;
const STRETCH_MAX: u32 = 1 << 17;

/// Hits of a service or an operation are in every stretch; those of anything else may be far apart, and then it costs
/// less to look far at once.
fn first_stretch(filter: &SpanFilter) -> u32 {
    let is_narrow = !filter.clauses.is_empty() || *filter.duration.start() > 0;
    if is_narrow { STRETCH_MAX } else { STRETCH_MIN }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Traces and their start, newest first, then by id.
    pub traces: Vec<(TraceId, u64)>,
    /// Whether there may be more: the limit cut the list, or the search was stopped.
    pub truncated: bool,
    /// How much was read.
    pub progress: Progress,
    /// Segments that could not be read.
    pub problems: Vec<ReadError>,
}

/// How much was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Segments that were read from, the tail counted as one.
    pub segments: u64,
    /// Segments that there are, the tail counted as one.
    pub segments_total: u64,
    /// Rows looked at.
    pub spans: u64,
    /// Traces that match so far.
    pub traces: u64,
}

/// A row group that is read from its end.
struct Cursor {
    segment: Arc<Segment>,
    row_group: usize,
    prospects: Prospects,
    /// Rows before this one are still to be looked through.
    end: u32,
    stretch: u32,
    bound: u64,
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cursor {}

impl PartialOrd for Cursor {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cursor {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |cursor: &Self| (cursor.bound, cursor.segment.meta.id, cursor.row_group);
        key(self).cmp(&key(other))
    }
}

/// A trace that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// It has not begun later.
    start: u64,
    trace: TraceId,
    /// The segment in which all that it has there was seen; zero is the tail.
    seen_in: Option<u64>,
}

/// Stands for the tail where segments are numbered.
const TAIL: u64 = 0;

/// A search under way.
struct Search<'a> {
    snapshot: &'a Snapshot,
    filter: &'a SpanFilter,
    /// Only what comes after it is wanted.
    after: Option<(Reverse<u64>, TraceId)>,
    limit: usize,
    cursors: BinaryHeap<Cursor>,
    /// Traces that match, by the latest they can have begun; their true start is not known yet.
    candidates: BinaryHeap<Candidate>,
    seen: FxHashSet<TraceId>,
    /// The newest that are certain, one more than is asked for: newest first, then by id.
    certain: BTreeSet<(Reverse<u64>, TraceId)>,
    read: FxHashSet<u64>,
    found: Found,
}

impl Snapshot {
    /// The newest `limit` traces of which a span meets the filter; those alone that come after one, if one is given, by
    /// start and id. `watch` is told of the progress, and stops the
    /// search by returning `false`.
    pub(crate) fn search(
        &self,
        after: Option<(u64, TraceId)>,
        filter: &SpanFilter,
        limit: usize,
        mut watch: impl FnMut(&Progress) -> bool,
    ) -> Found {
        let mut search = Search {
            snapshot: self,
            filter,
            after: after.map(|(start, trace)| (Reverse(start), trace)),
            limit,
            cursors: BinaryHeap::new(),
            candidates: BinaryHeap::new(),
            seen: FxHashSet::default(),
            certain: BTreeSet::new(),
            read: FxHashSet::default(),
            found: Found::default(),
        };
        search.found.progress.segments_total = 1 + self.segments.len() as u64;
        search.begin();
        while search.step() {
            if !watch(&search.found.progress) {
                search.found.truncated = true;
                break;
            }
        }
        search.finish()
    }
}

impl Search<'_> {
    /// Looks through the tail, and makes cursors of row groups that may have hits.
    fn begin(&mut self) {
        let batches = self.snapshot.batches();
        self.found.progress.segments = 1;
        self.found.progress.spans = batches.clone().map(|batch| batch.spans() as u64).sum();
        let hits = tail::scan(batches, self.filter);
        self.take(hits, TAIL);
        for segment in self.snapshot.segments.iter() {
            for (row_group, extent) in segment.row_groups().iter().enumerate() {
                match segment.prune(row_group, self.filter) {
                    Ok(None) => {}
                    Ok(Some(prospects)) => self.cursors.push(Cursor {
                        segment: Arc::clone(segment),
                        row_group,
                        prospects,
                        end: extent.rows,
                        stretch: first_stretch(self.filter),
                        bound: extent.trace_start_max,
                    }),
                    Err(error) => self.problem(segment, &error),
                }
            }
        }
    }

    /// Does the next piece of work; `false` when nothing can change the answer any more.
    fn step(&mut self) -> bool {
        let cursor = self.cursors.peek().map(|cursor| cursor.bound);
        let candidate = self.candidates.peek().map(|candidate| candidate.start);
        let Some(bound) = cursor.max(candidate) else {
            return false;
        };
        // Of equal starts the smaller id comes first, so a trace on the bound may still push another out.
        if self.certain.len() > self.limit && self.certain.last().is_some_and(|(start, _)| start.0 > bound) {
            return false;
        }
        if candidate >= cursor {
            self.make_certain();
        } else {
            self.scan_next();
        }
        true
    }

    fn make_certain(&mut self) {
        let Some(Candidate {
            mut start,
            trace,
            seen_in,
        }) = self.candidates.pop()
        else {
            return;
        };
        if !seen_in.is_some_and(|place| self.snapshot.only_in(trace, place)) {
            start = self
                .snapshot
                .trace_start(trace)
                .map_or(start, |found| found.min(start));
        }
        let place = (Reverse(start), trace);
        if self.after.is_some_and(|after| place <= after) {
            return;
        }
        self.certain.insert(place);
        if self.certain.len() > self.limit + 1 {
            self.certain.pop_last();
        }
    }

    fn scan_next(&mut self) {
        let Some(mut cursor) = self.cursors.pop() else {
            return;
        };
        let start = cursor.end.saturating_sub(cursor.stretch);
        if self.read.insert(cursor.segment.meta.id) {
            self.found.progress.segments += 1;
        }
        match cursor.segment.scan(
            cursor.row_group,
            start..cursor.end,
            self.filter,
            &cursor.prospects,
        ) {
            Ok(slice) => {
                self.found.progress.spans += u64::from(cursor.end - start);
                self.take(slice.hits, cursor.segment.meta.id);
                cursor.end = start;
                cursor.stretch = (cursor.stretch * 4).min(STRETCH_MAX);
                cursor.bound = slice.bound.min(cursor.bound);
                if cursor.end > 0 {
                    self.cursors.push(cursor);
                }
            }
            Err(error) => self.problem(&cursor.segment, &error),
        }
    }

    fn take(&mut self, hits: Vec<Hit>, place: u64) {
        for Hit { trace, start, whole } in hits {
            if self.seen.insert(trace) {
                self.candidates.push(Candidate {
                    start,
                    trace,
                    seen_in: whole.then_some(place),
                });
                self.found.progress.traces += 1;
            }
        }
    }

    fn problem(&mut self, segment: &Segment, error: &crate::segment::SegmentError) {
        self.found.problems.push(segment.read_error(error));
    }

    fn finish(mut self) -> Found {
        self.found.truncated |= self.certain.len() > self.limit;
        self.found.traces = self
            .certain
            .into_iter()
            .take(self.limit)
            .map(|(Reverse(start), trace)| (trace, start))
            .collect();
        self.found
    }
}
