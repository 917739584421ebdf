//! Lists of traces in any order, a page at a time.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;
use wakeful_model::TraceId;
use wakeful_store::{Detail, Outline, Progress, ReadBounds, ReadError, SpanFilter};

use crate::engine::{ANSWER_BOUNDS, filter, sentences};
use crate::{Engine, Place, QueryError, ReadStats, Sort, TraceQuery, TraceSummary, adjust, summary};

/// Traces that are held in memory at once while a list is summed up.
const WHOLE_TRACES: usize = 64;

/// A list names every trace, however large: one with more bytes, as OTLP, is not held whole.
const SUMMED_UP: ReadBounds = ReadBounds {
    alone_bytes: 16 << 20,
    ..ANSWER_BOUNDS
};

/// Of a trace that is not held whole so many spans are looked at: what matters least of more counts for its number alone.
const SKELETON_SPANS_MAX: usize = 1_000_000;

/// A region of the plot of durations over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceBox {
    /// When the trace began, Unix nanoseconds.
    pub started_within: RangeInclusive<u64>,
    /// How long it took from its first start to its last end, nanoseconds.
    pub duration: RangeInclusive<u64>,
}

impl TraceBox {
    pub(crate) fn has(&self, outline: &Outline) -> bool {
        self.started_within.contains(&outline.start_unix_nanos)
            && self.duration.contains(&outline.duration_nanos())
    }

    /// Leaves out spans that no trace of the box can have.
    pub(crate) fn narrow(&self, filter: &mut SpanFilter) {
        let last = self.started_within.end().saturating_add(*self.duration.end());
        let started = &filter.started_within;
        filter.started_within = *started.start().max(self.started_within.start())..=*started.end().min(&last);
    }
}

/// Which page of which order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The order.
    pub sort: Sort,
    /// What comes after this; a place in the same order.
    pub after: Option<Place>,
    /// Only traces of this region.
    pub within: Option<TraceBox>,
}

/// A page of traces.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// In the order asked for.
    pub items: Vec<TraceSummary>,
    /// The last one's place, if there are more.
    pub next: Option<Place>,
    /// How many traces match in all, where the order took looking at all of them.
    pub matches: Option<u64>,
    /// What was read.
    pub read: ReadStats,
    /// Whether there are more: `limit` cut the list, or it was stopped.
    pub truncated: bool,
    /// What could not be read, in sentences; the rest is there.
    pub problems: Vec<String>,
}

/// The places of a page, before its traces are read.
struct Places {
    places: Vec<Place>,
    matches: Option<u64>,
    truncated: bool,
    progress: Progress,
    problems: Vec<ReadError>,
}

impl Engine {
    /// A page of the traces that match. `watch` is told of the progress, and stops the search by returning `false`; what
    /// was found until then is the answer.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn list(
        &self,
        query: &TraceQuery,
        page: &Page,
        watch: impl FnMut(&Progress) -> bool,
    ) -> Result<List, QueryError> {
        let Places {
            places,
            matches,
            truncated,
            progress,
            mut problems,
        } = match (page.sort, &page.within) {
            (Sort::Newest, None) => self.newest(query, page, watch),
            _ => self.select(query, page, watch),
        };
        let mut items = Vec::with_capacity(places.len());
        let ids: Vec<_> = places.iter().map(Place::id).collect();
        let mut rest = ids.as_slice();
        while !rest.is_empty() {
            let at_once = &rest[..rest.len().min(WHOLE_TRACES)];
            let read = self.store().traces_within(at_once, SUMMED_UP);
            rest = &rest[at_once.len() - read.left_out..];
            problems.extend(read.problems);
            let mut lines: FxHashMap<TraceId, TraceSummary> = FxHashMap::default();
            for mut trace in read.traces {
                adjust::tidy(&mut trace);
                lines.insert(trace.id, summary::summarize(&trace));
            }
            for (id, _) in read.too_large {
                match self.skeleton(id, SKELETON_SPANS_MAX, None, true) {
                    Ok(found) => lines.extend(found.map(|found| (id, summary::summarize_skeleton(&found)))),
                    Err(QueryError::Store(problem)) => problems.push(problem),
                    Err(QueryError::TooLarge(_)) => {}
                }
            }
            items.extend(at_once.iter().filter_map(|id| lines.remove(id)));
        }
        match problems.first() {
            Some(problem) if items.is_empty() => Err(problem.clone().into()),
            _ => Ok(List {
                items,
                next: places.last().filter(|_| truncated).cloned(),
                matches,
                read: ReadStats {
                    segments: progress.segments,
                    spans: progress.spans,
                },
                truncated,
                problems: sentences(&problems),
            }),
        }
    }

    /// The newest are found without looking at all matches.
    fn newest(&self, query: &TraceQuery, page: &Page, watch: impl FnMut(&Progress) -> bool) -> Places {
        let after = page.after.as_ref().and_then(Place::of_newest);
        let found = self
            .store()
            .search_after(after, &filter(query), query.limit, watch);
        let traces = found.traces.into_iter();
        Places {
            places: traces.map(|(id, start)| Place::among_newest(id, start)).collect(),
            matches: None,
            truncated: found.truncated,
            progress: found.progress,
            problems: found.problems,
        }
    }

    /// Looks at all matches, and keeps those that come first.
    fn select(&self, query: &TraceQuery, page: &Page, watch: impl FnMut(&Progress) -> bool) -> Places {
        let mut filter = filter(query);
        if let Some(within) = &page.within {
            within.narrow(&mut filter);
        }
        let detail = if page.sort.is_by_name() {
            Detail::Roots
        } else {
            Detail::Numbers
        };
        let mut matches = 0;
        let mut first: BTreeSet<Place> = BTreeSet::new();
        let surveyed = self.store().survey(&filter, detail, watch, |outline| {
            if page.within.as_ref().is_some_and(|within| !within.has(&outline)) {
                return;
            }
            matches += 1;
            let place = page.sort.place(&outline);
            if page.after.as_ref().is_some_and(|after| place <= *after) {
                return;
            }
            // One more than is asked for tells whether there are more.
            if first.len() <= query.limit || first.last().is_some_and(|last| place < *last) {
                first.insert(place);
                if first.len() > query.limit + 1 {
                    first.pop_last();
                }
            }
        });
        Places {
            truncated: surveyed.stopped || first.len() > query.limit,
            places: first.into_iter().take(query.limit).collect(),
            matches: (!surveyed.stopped).then_some(matches),
            progress: surveyed.progress,
            problems: surveyed.problems,
        }
    }
}
