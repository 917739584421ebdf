//! One thing about all spans of a trace: an attribute, links, events, where a text stands, or whether they meet a filter.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::{Kind, Link, SpanId, TraceId, Value, WARNINGS_KEY, canonical_text};
use wakeful_wire::otlp::{Row, SpanView, ValueView};

use crate::segment::{Segment, SegmentError};
use crate::state::Snapshot;
use crate::text::TextQuery;
use crate::{ReadError, SpanFilter, Store, tail};

/// What tells the spans of a trace apart: Zipkin's client and server share an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanKey {
    /// The span's id, as stored.
    pub id: SpanId,
    /// Its role.
    pub kind: Kind,
}

/// Where in a span a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextPlaces {
    /// In an attribute.
    pub attribute: bool,
    /// In an event.
    pub event: bool,
    /// In the status's message, or in a warning.
    pub status: bool,
}

/// Spans by what was found in them.
#[derive(Debug, Clone, Default)]
pub struct TextHits {
    /// By the last bits of the span's id, so that several threads can sort in what was found.
    shards: [FxHashMap<SpanKey, TextPlaces>; SHARDS],
}

const SHARDS: usize = 4;

impl TextHits {
    /// Where in a span the text stands, if it does.
    pub fn get(&self, span: &SpanKey) -> Option<&TextPlaces> {
        self.shards[shard_of(*span)].get(span)
    }

    fn insert(&mut self, span: SpanKey, places: TextPlaces) {
        self.shards[shard_of(span)].insert(span, places);
    }

    /// Sorts in what was found, in several threads if that may be much.
    fn of(found: &[Vec<(SpanKey, TextPlaces)>], is_much: bool) -> Self {
        let mut hits = Self::default();
        let total: usize = found.iter().map(Vec::len).sum();
        let fill = |number: usize, shard: &mut FxHashMap<SpanKey, TextPlaces>| {
            shard.reserve(total / SHARDS);
            let all = found.iter().flatten();
            shard.extend(all.filter(|(span, _)| shard_of(*span) == number).copied());
        };
        let shards = hits.shards.iter_mut().enumerate();
        if !is_much {
            shards.for_each(|(number, shard)| fill(number, shard));
            return hits;
        }
        let fill = &fill;
        std::thread::scope(|scope| {
            for (number, shard) in shards {
                scope.spawn(move || fill(number, shard));
            }
        });
        hits
    }
}

fn shard_of(span: SpanKey) -> usize {
    span.id.get() as usize % SHARDS
}

/// A trace of so many spans is looked through on all cores: 0.4 µs a span are worth threads then.
const LARGE_SPANS: u64 = 50_000;

/// The name under which Jaeger has the status's message among attributes.
pub(crate) const STATUS_MESSAGE_KEY: &str = "otel.status_description";

impl Snapshot {
    fn of_trace(
        &self,
        trace: TraceId,
        mut in_segment: impl FnMut(&Segment) -> Result<(), SegmentError>,
        mut in_tail: impl FnMut(SpanKey, SpanView<'_>),
    ) -> Vec<ReadError> {
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            problems.extend(in_segment(segment).err().map(|error| segment.read_error(&error)));
        }
        self.of_tail(trace, &mut in_tail);
        problems
    }

    fn of_tail(&self, trace: TraceId, mut each: impl FnMut(SpanKey, SpanView<'_>)) {
        for batch in self.batches() {
            let rows = batch.trace_ids().iter().zip(batch.rows());
            for (_, row) in rows.filter(|(id, _)| **id == trace) {
                let kind = batch.operations()[row.operation as usize].kind;
                each(key_of(row, kind), batch.view(row));
            }
        }
    }

    /// What `work` makes of each segment, in their order; on all cores if it is much.
    fn of_segments<T: Send>(&self, is_much: bool, work: impl Fn(&Segment) -> T + Sync) -> Vec<T> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if is_much {
            cores.min(self.segments.len())
        } else {
            1
        };
        if threads <= 1 {
            return self.segments.iter().map(|segment| work(segment)).collect();
        }
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(self.segments.len()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let number = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(segment) = self.segments.get(number)
                    {
                        let answer = work(segment);
                        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.push((number, answer));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, answer)| answer).collect()
    }
}

pub(crate) fn key_of(row: &Row, kind: Kind) -> SpanKey {
    SpanKey {
        id: row.span_id,
        kind,
    }
}

impl Store {
    /// Calls `each` with the first value of an attribute of every span of a trace that has it. Segments that cannot be
    /// read are told at the end. Blocks.
    pub fn each_value(
        &self,
        trace: TraceId,
        key: &str,
        mut each: impl FnMut(SpanKey, Value),
    ) -> Vec<ReadError> {
        let each = std::cell::RefCell::new(&mut each);
        let in_segment =
            |segment: &Segment| segment.each_value(trace, key, |span, value| each.borrow_mut()(span, value));
        let in_tail = |span, view: SpanView<'_>| {
            if let Some((_, value)) = view.attributes().find(|(found, _)| *found == key) {
                each.borrow_mut()(span, value.to_model());
            }
        };
        self.read(|snapshot| ((), snapshot.of_trace(trace, in_segment, in_tail)))
            .1
    }

    /// The keys of the attributes of a trace's spans; those of resources are not among them. Segments that cannot be
    /// read are told beside. Blocks.
    pub fn attribute_keys(&self, trace: TraceId) -> (BTreeSet<String>, Vec<ReadError>) {
        let keys = std::cell::RefCell::new(BTreeSet::new());
        let add = |key: &str| {
            let mut keys = keys.borrow_mut();
            if !keys.contains(key) {
                keys.insert(key.to_owned());
            }
        };
        let in_tail = |_, view: SpanView<'_>| view.attributes().for_each(|(key, _)| add(key));
        let in_segment = |segment: &Segment| segment.each_key(trace, add);
        let (_, problems) = self.read(|snapshot| ((), snapshot.of_trace(trace, in_segment, in_tail)));
        (keys.into_inner(), problems)
    }

    /// Calls `each` with every link of a trace's spans. Segments that cannot be read are told at the end. Blocks.
    pub fn each_link(&self, trace: TraceId, mut each: impl FnMut(SpanKey, Link)) -> Vec<ReadError> {
        let mut all = |span, view: SpanView<'_>| view.links().for_each(|link| each(span, link.to_model()));
        let all = std::cell::RefCell::new(&mut all);
        let in_segment =
            |segment: &Segment| segment.each_with_links(trace, |span, view| all.borrow_mut()(span, view));
        let in_tail = |span, view: SpanView<'_>| {
            if view.has_links {
                all.borrow_mut()(span, view);
            }
        };
        self.read(|snapshot| ((), snapshot.of_trace(trace, in_segment, in_tail)))
            .1
    }

    /// Calls `each` with every span of a trace that has events; nothing else of the view is there. Segments that cannot
    /// be read are told at the end. Blocks.
    pub fn each_with_events(
        &self,
        trace: TraceId,
        mut each: impl FnMut(SpanKey, SpanView<'_>),
    ) -> Vec<ReadError> {
        let each = std::cell::RefCell::new(&mut each);
        let in_segment =
            |segment: &Segment| segment.each_with_events(trace, |span, view| each.borrow_mut()(span, view));
        let in_tail = |span, view: SpanView<'_>| {
            if view.has_events {
                each.borrow_mut()(span, view);
            }
        };
        self.read(|snapshot| ((), snapshot.of_trace(trace, in_segment, in_tail)))
            .1
    }

    /// The spans of a trace with a text in their attributes, their events, or what is said of their status. Segments
    /// that cannot be read are told beside. Blocks.
    pub fn find_text(&self, trace: TraceId, query: &TextQuery) -> (TextHits, Vec<ReadError>) {
        let is_large = self.stored_spans(trace) >= LARGE_SPANS;
        self.read(|snapshot| {
            let mut problems = Vec::new();
            let mut found = Vec::new();
            let of_segments = snapshot.of_segments(is_large, |segment| segment.find_text(trace, query));
            for (segment, answer) in snapshot.segments.iter().zip(of_segments) {
                match answer {
                    Ok(hits) => found.push(hits),
                    Err(error) => problems.push(segment.read_error(&error)),
                }
            }
            let mut hits = TextHits::of(&found, is_large);
            snapshot.of_tail(trace, |span, view| {
                let places = places_in(view, query);
                if places != TextPlaces::default() {
                    hits.insert(span, places);
                }
            });
            (hits, problems)
        })
    }

    /// The spans of a trace that meet a filter. Segments that cannot be read are told beside. Blocks.
    pub fn matching_spans(
        &self,
        trace: TraceId,
        filter: &SpanFilter,
    ) -> (FxHashSet<SpanKey>, Vec<ReadError>) {
        self.read(|snapshot| {
            let mut found = FxHashSet::default();
            let mut add = |span| {
                found.insert(span);
            };
            let mut problems = Vec::new();
            for segment in snapshot.segments.iter() {
                let read = segment.each_match(trace, filter, &mut add);
                problems.extend(read.err().map(|error| segment.read_error(&error)));
            }
            for batch in snapshot.batches() {
                tail::each_match(batch, trace, filter, &mut add);
            }
            (found, problems)
        })
    }
}

fn places_in(span: SpanView<'_>, query: &TextQuery) -> TextPlaces {
    let mut places = TextPlaces {
        event: span.has_events && is_in_events(span, query),
        status: !span.status_message.is_empty()
            && query.is_in_attribute(STATUS_MESSAGE_KEY, span.status_message),
        attribute: false,
    };
    for (key, value) in span.attributes() {
        if is_in_value(key, value, query) {
            match key {
                WARNINGS_KEY => places.status = true,
                _ => places.attribute = true,
            }
        }
    }
    places
}

/// Whether a text stands in the events of a span; their names count as values of `event`, as in Jaeger.
pub(crate) fn is_in_events(span: SpanView<'_>, query: &TextQuery) -> bool {
    span.events().any(|event| {
        query.is_in_attribute("event", event.name())
            || event
                .attributes()
                .any(|(key, value)| is_in_value(key, value, query))
    })
}

/// Whether a text stands in an encoded attribute.
pub(crate) fn is_in_value(key: &str, value: ValueView<'_>, query: &TextQuery) -> bool {
    match value {
        ValueView::String(text) => query.is_in_attribute(key, text),
        value => query.is_in_attribute(key, &canonical_text(&value.to_model())),
    }
}
