//! Traces that pages have open: laid out once, not for each question about them.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use wakeful_model::{SpanId, TraceId};
use wakeful_query::Engine;
use wakeful_query::adjust::Doubt;
use wakeful_store::{Marks, Skeleton, SkeletonSpan, SpanKey, TimeWindow};

use super::error::ApiError;
use super::layout::{Layout, Shown};
use crate::Limits;

/// Which form of which trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) id: TraceId,
    /// As it was sent, not adjusted.
    pub(super) raw: bool,
    /// The part that is wanted whole, of a trace with more spans than there may be.
    pub(super) part: Option<TimeWindow>,
}

/// A trace, laid out.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) skeleton: Skeleton,
    pub(super) layout: Layout,
    /// Changes when spans were added.
    pub(super) rev: String,
    /// What could not be read of it, in sentences.
    pub(super) problems: Vec<String>,
    /// Spans were left out because there are too many.
    pub(super) is_cut: bool,
    part: Option<TimeWindow>,
    /// What is doubtful about spans, by index, ascending.
    doubts: Vec<(u32, Doubt)>,
    /// As it was sent, not adjusted.
    pub(super) raw: bool,
    /// Which span is linked to from which row, by the span's id.
    links: OnceLock<Vec<(SpanId, u32)>>,
}

/// What tells a span from others where it is stored.
pub(super) fn key_of(span: &SkeletonSpan) -> SpanKey {
    SpanKey {
        id: stored_id(span),
        kind: span.kind,
    }
}

/// The id under which a span is stored.
pub(super) fn stored_id(span: &SkeletonSpan) -> SpanId {
    match span.parent_span_id {
        Some(shared) if span.marks.contains(Marks::RENAMED) => shared,
        _ => span.span_id,
    }
}

impl Opened {
    fn read(engine: &Engine, asked: Asked, spans_max: usize) -> Result<Self, ApiError> {
        let Asked { id, raw, part } = asked;
        let trace = engine.skeleton(id, spans_max, part, raw)?;
        let trace = trace.ok_or_else(|| ApiError::not_found(format!("no span of trace {id} is stored")))?;
        let layout = Layout::of(&trace.skeleton, &trace.parents);
        Ok(Self {
            rev: layout.rev(&trace.skeleton),
            layout,
            skeleton: trace.skeleton,
            problems: trace.problems,
            is_cut: trace.is_cut,
            part,
            doubts: trace.doubts,
            raw,
            links: OnceLock::new(),
        })
    }

    /// The sentences about doubts of a span, by index.
    pub(super) fn doubts_of(&self, span: u32) -> impl Iterator<Item = String> {
        let first = self.doubts.partition_point(|(of, _)| *of < span);
        let own = self.doubts[first..].iter().take_while(move |(of, _)| *of == span);
        own.map(|(_, doubt)| doubt.to_string())
    }

    /// What is to be said to people about what is not there.
    pub(super) fn message(&self) -> Option<String> {
        let kept = self.skeleton.spans.len() as u64;
        let cut = self.is_cut.then(|| {
            let [kept, stored] = [kept, self.skeleton.stored].map(with_commas);
            let which = match self.part {
                None => "the earliest, the latest and the longest",
                Some(_) if self.skeleton.is_window_cut => {
                    "of the part that was asked for, and of the rest, the earliest, the latest and the longest"
                }
                Some(_) => "all of the part that was asked for; of the rest the earliest, the latest and the longest",
            };
            format!("{kept} of {stored} spans: {which}")
        });
        let sentences: Vec<_> = cut.into_iter().chain(self.problems.iter().cloned()).collect();
        (!sentences.is_empty()).then(|| sentences.join("; "))
    }

    /// How many spans were stored at a [`Opened::rev`].
    pub(super) fn stored_of_rev(rev: &str) -> Option<u64> {
        rev.split_once('.')?.1.parse().ok()
    }

    /// The rows of spans that have some marks.
    pub(super) fn rows_with(&self, marks: Marks) -> FxHashMap<SpanKey, u32> {
        let rows =
            (0..self.layout.rows()).filter_map(|row| match self.layout.shown(row, &self.skeleton)? {
                Shown::Span(span) if span.marks.contains(marks) => Some((key_of(span), row)),
                _ => None,
            });
        rows.collect()
    }

    /// Rows of spans that link to a span of this trace, found when that is first asked.
    pub(super) fn links_to(&self, engine: &Engine, span: SpanId) -> Vec<u32> {
        let links = self.links.get_or_init(|| {
            let rows = self.rows_with(Marks::LINKS);
            let mut links = Vec::new();
            if !rows.is_empty() {
                let trace = self.skeleton.trace_id;
                // What cannot be read is told with the rows.
                let _told = engine.store().each_link(trace, |from, link| {
                    if let (true, Some(to), Some(row)) =
                        (link.trace_id == Some(trace), link.span_id, rows.get(&from))
                    {
                        links.push((to, *row));
                    }
                });
            }
            links.sort_unstable();
            links.dedup();
            links
        });
        let first = links.partition_point(|(to, _)| *to < span);
        let own = links[first..].iter().take_while(|(to, _)| *to == span);
        own.map(|(_, row)| *row).collect()
    }

    /// The bytes that it takes; more once somebody asked for links.
    fn size_bytes(&self) -> usize {
        let links = self.links.get().map_or(0, Vec::capacity);
        self.skeleton.size_bytes()
            + self.doubts.capacity() * size_of::<(u32, Doubt)>()
            + self.layout.size_bytes()
            + links * size_of::<(SpanId, u32)>()
    }
}

/// `1,204`.
fn with_commas(count: u64) -> String {
    let digits = count.to_string();
    let (mut text, mut left) = (String::new(), digits.len());
    for digit in digits.chars() {
        text.push(digit);
        left -= 1;
        if left > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
    }
    text
}

/// The traces that were opened last.
#[derive(Debug, Clone)]
pub(super) struct Traces {
    spans_max: usize,
    bytes_max: usize,
    /// The latest one first.
    kept: Arc<Mutex<Vec<Kept>>>,
    /// Held while a trace is laid out: two large ones at once would take twice the memory.
    laying_out: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct Kept {
    asked: Asked,
    /// How many spans were stored then; as long as that stays, so does the trace. One that grows is kept more than once.
    stored: u64,
    opened: Arc<Opened>,
}

impl Traces {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            spans_max: limits.trace_spans_max,
            bytes_max: limits.trace_layouts_bytes_max,
            kept: Arc::default(),
            laying_out: Arc::default(),
        }
    }

    /// The trace as it is now. Blocks.
    pub(super) fn open(&self, engine: &Engine, asked: Asked) -> Result<Arc<Opened>, ApiError> {
        let stored = engine.store().stored_spans(asked.id);
        if let Some(opened) = self.get(asked, stored) {
            return Ok(opened);
        }
        let _alone = self.laying_out.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have done it while this one waited.
        if let Some(opened) = self.get(asked, stored) {
            return Ok(opened);
        }
        self.make_room(asked);
        let opened = Arc::new(Opened::read(engine, asked, self.spans_max)?);
        // What could not be read now may be readable the next time.
        if opened.problems.is_empty() {
            self.keep(Kept {
                asked,
                stored,
                opened: Arc::clone(&opened),
            });
        }
        Ok(opened)
    }

    /// The trace as it was when the page read its rows; as it is now, if no `rev` is asked for. Blocks.
    ///
    /// # Errors
    /// A conflict if it has changed since `rev` and what it was then is not kept any more.
    pub(super) fn open_rev(
        &self,
        engine: &Engine,
        asked: Asked,
        rev: Option<&str>,
    ) -> Result<Arc<Opened>, ApiError> {
        if let Some(opened) =
            rev.and_then(|rev| self.take_first(|kept| kept.asked == asked && kept.opened.rev == rev))
        {
            return Ok(opened);
        }
        let opened = self.open(engine, asked)?;
        if rev.is_some_and(|rev| rev != opened.rev) {
            return Err(ApiError::conflict(
                "spans of this trace have arrived since; load it again",
            ));
        }
        Ok(opened)
    }

    fn get(&self, asked: Asked, stored: u64) -> Option<Arc<Opened>> {
        self.take_first(|kept| kept.asked == asked && kept.stored == stored)
    }

    /// What is kept that is meant; it counts as asked for last from now on.
    fn take_first(&self, is_meant: impl Fn(&Kept) -> bool) -> Option<Arc<Opened>> {
        let mut kept = self.lock();
        let place = kept.iter().position(is_meant)?;
        kept[..=place].rotate_right(1);
        kept.first().map(|kept| Arc::clone(&kept.opened))
    }

    /// Before a trace that has grown is laid out anew: it will take at least as much as it did, so others go first. What
    /// it was stays if there is room for both, because pages still show those rows.
    fn make_room(&self, asked: Asked) {
        let mut kept = self.lock();
        let before = kept.iter().filter(|kept| kept.asked == asked);
        let expected = before.map(|kept| kept.opened.size_bytes()).max().unwrap_or(0);
        truncate(&mut kept, self.bytes_max.saturating_sub(expected));
    }

    fn keep(&self, opened: Kept) {
        let mut kept = self.lock();
        kept.insert(0, opened);
        let newest = kept.first().map_or(0, |kept| kept.opened.size_bytes());
        // The newest one stays though there is no room.
        truncate(&mut kept, self.bytes_max.max(newest));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops those that were asked for longest ago, until the others fit.
fn truncate(kept: &mut Vec<Kept>, bytes_max: usize) {
    let mut bytes = 0;
    let fitting = kept.iter().take_while(|kept| {
        bytes += kept.opened.size_bytes();
        bytes <= bytes_max
    });
    let fitting = fitting.count();
    kept.truncate(fitting);
}

#[cfg(test)]
#[path = "trace_cache_tests.rs"]
mod tests;
