//! What of a trace's spans is needed to draw it: no attributes, no events, 48 bytes a span.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use wakeful_model::intervals::{self, Interval};
use wakeful_model::{Attribute, Kind, Resource, SpanId, StatusCode, TraceId, Value, WARNINGS_KEY};
use wakeful_wire::otlp::{Batch, SpanView, ValueView, decode_resource};

use crate::state::Snapshot;
use crate::{ReadError, Store};

/// A trace without what hangs on its spans.
#[derive(Debug, Clone, PartialEq)]
pub struct Skeleton {
    /// The id that the spans share.
    pub trace_id: TraceId,
    /// In no particular order.
    pub spans: Vec<SkeletonSpan>,
    /// What [`SkeletonSpan::name`] points into.
    pub names: Vec<String>,
    /// What [`SkeletonSpan::resource`] points into.
    pub resources: Vec<Resource>,
    /// How many spans are stored; more than [`Skeleton::spans`] if some were left out.
    pub stored: u64,
    /// Some were left out of the window that was asked for, too.
    pub is_window_cut: bool,
}

/// A stretch of a trace whose spans matter more than the others, where not all can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// Unix time.
    pub from_unix_nanos: u64,
    /// Unix time.
    pub to_unix_nanos: u64,
}

impl TimeWindow {
    /// Whether a span has any of its time in it.
    fn has(self, span: &SkeletonSpan) -> bool {
        span.start_unix_nanos <= self.to_unix_nanos && span.end_unix_nanos >= self.from_unix_nanos
    }
}

impl Skeleton {
    /// The bytes that it takes, about.
    pub fn size_bytes(&self) -> usize {
        let names = self.names.iter().map(|name| size_of::<String>() + name.len());
        let resources = self.resources.iter().flat_map(|resource| &resource.attributes);
        self.spans.capacity() * size_of::<SkeletonSpan>()
            + names.sum::<usize>()
            + self.resources.capacity() * size_of::<Resource>()
            + resources.map(attribute_bytes).sum::<usize>()
    }
}

fn attribute_bytes(attribute: &Attribute) -> usize {
    size_of::<Attribute>() + attribute.key.len() + value_bytes(&attribute.value)
}

/// What a value takes beside its own place.
fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(items) => items
            .iter()
            .map(|item| size_of::<Value>() + value_bytes(item))
            .sum(),
        Value::Map(entries) => entries.iter().map(attribute_bytes).sum(),
        Value::Empty | Value::Bool(_) | Value::Int(_) | Value::Double(_) => 0,
    }
}

/// A span without what hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkeletonSpan {
    /// Its own id.
    pub span_id: SpanId,
    /// The span it was part of; `None` for a root.
    pub parent_span_id: Option<SpanId>,
    /// When it began, Unix time.
    pub start_unix_nanos: u64,
    /// When it ended, Unix time; never before its start.
    pub end_unix_nanos: u64,
    /// Index into [`Skeleton::names`].
    pub name: u32,
    /// Index into [`Skeleton::resources`].
    pub resource: u32,
    /// Its role towards other spans.
    pub kind: Kind,
    /// How it ended.
    pub status: StatusCode,
    /// What hangs on it.
    pub marks: Marks,
    /// The share of its time in which it was busy, in 1/255; at least 1 if it was at all, and 0 if that is not known.
    pub busy_share: u8,
}

/// What hangs on a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u8);

impl Marks {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Events.
    pub const EVENTS: Self = Self(1);
    /// Links that name a trace.
    pub const LINKS: Self = Self(2);
    /// Links that name none.
    pub const EMPTY_LINKS: Self = Self(4);
    /// Sentences about what was mended.
    pub const WARNINGS: Self = Self(8);
    /// Active intervals.
    pub const INTERVALS: Self = Self(16);
    /// Some of the intervals were joined with their neighbours.
    pub const JOINED: Self = Self(32);
    /// Its id is a new one: the stored one is its parent's, too.
    pub const RENAMED: Self = Self(64);

    /// Whether all of `other` is among them.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds those of `other` if `set`.
    pub fn set(&mut self, other: Self, set: bool) {
        self.0 |= if set { other.0 } else { 0 };
    }
}

/// What attributes say about how busy a span was.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Activity {
    pub(crate) marks: Marks,
    busy_nanos: Option<u64>,
    /// Packed intervals are exact; [`intervals::BUSY_KEY`] counts without them.
    from_intervals: bool,
}

impl Activity {
    /// Takes note of an attribute, if it is one of those that count.
    pub(crate) fn note(&mut self, key: &str, value: ValueView<'_>) {
        match (key, value) {
            (WARNINGS_KEY, value) => {
                let has_text = matches!(value.to_model(), Value::Array(list) if list.iter().any(|item| item.as_str().is_some()));
                self.marks.set(Marks::WARNINGS, has_text);
            }
            (intervals::KEY, ValueView::Bytes(packed)) => self.note_intervals(packed),
            (intervals::BUSY_KEY, ValueView::Int(nanos)) => self.note_busy(nanos),
            (intervals::JOINED_KEY, ValueView::Int(count)) => self.marks.set(Marks::JOINED, count > 0),
            _ => {}
        }
    }

    fn note_intervals(&mut self, packed: &[u8]) {
        let length = |interval: Interval| interval.end - interval.start;
        let mut busy = None;
        for interval in intervals::unpack(packed) {
            busy = Some(busy.unwrap_or(0_u64).saturating_add(length(interval)));
        }
        if busy.is_some() {
            self.marks.set(Marks::INTERVALS, true);
            self.busy_nanos = busy;
            self.from_intervals = true;
        }
    }

    pub(crate) fn note_busy(&mut self, nanos: i64) {
        if !self.from_intervals {
            self.busy_nanos = u64::try_from(nanos).ok();
        }
    }

    /// The share of `duration_nanos`, as [`SkeletonSpan::busy_share`] has it.
    pub(crate) fn share(&self, duration_nanos: u64) -> u8 {
        match self.busy_nanos {
            None | Some(0) => 0,
            Some(busy) if busy >= duration_nanos => u8::MAX,
            Some(busy) => (busy as f64 / duration_nanos as f64 * 255.0).round().max(1.0) as u8,
        }
    }
}

/// Whether the links of an encoded span name traces.
pub(crate) fn link_marks(span: SpanView<'_>) -> Marks {
    let mut marks = Marks::NONE;
    for link in span.links() {
        let names_a_trace = link.to_model().trace_id.is_some();
        marks.set(Marks::LINKS, names_a_trace);
        marks.set(Marks::EMPTY_LINKS, !names_a_trace);
    }
    marks
}

/// Collects a skeleton from wherever its spans rest.
#[derive(Debug)]
pub(crate) struct SkeletonBuilder {
    pub(crate) skeleton: Skeleton,
    names: FxHashMap<String, u32>,
    resources: FxHashMap<Vec<u8>, u32>,
    spans_max: usize,
    window: Option<TimeWindow>,
}

impl SkeletonBuilder {
    fn new(trace_id: TraceId, spans_max: usize, window: Option<TimeWindow>) -> Self {
        Self {
            skeleton: Skeleton {
                trace_id,
                spans: Vec::new(),
                names: Vec::new(),
                resources: Vec::new(),
                stored: 0,
                is_window_cut: false,
            },
            names: FxHashMap::default(),
            resources: FxHashMap::default(),
            spans_max,
            window,
        }
    }

    /// Makes room for so many more spans.
    pub(crate) fn reserve(&mut self, spans: usize) {
        let room = (2 * self.spans_max).saturating_sub(self.skeleton.spans.len());
        self.skeleton.spans.reserve_exact(spans.min(room));
    }

    /// The index of a name.
    pub(crate) fn name(&mut self, name: &str) -> u32 {
        if let Some(index) = self.names.get(name) {
            return *index;
        }
        let index = self.skeleton.names.len() as u32;
        self.skeleton.names.push(name.to_owned());
        self.names.insert(name.to_owned(), index);
        index
    }

    /// The index of an encoded resource.
    pub(crate) fn resource(&mut self, encoded: &[u8]) -> u32 {
        if let Some(index) = self.resources.get(encoded) {
            return *index;
        }
        let index = self.skeleton.resources.len() as u32;
        self.skeleton.resources.push(decode_resource(encoded));
        self.resources.insert(encoded.to_vec(), index);
        index
    }

    /// Adds a span. Once there are twice as many as there may be, those that matter least go.
    pub(crate) fn push(&mut self, span: SkeletonSpan) {
        self.skeleton.stored += 1;
        self.skeleton.spans.push(span);
        if self.skeleton.spans.len() == 2 * self.spans_max {
            self.cut();
        }
    }

    /// Leaves out what matters least, if there are more spans than there may be.
    fn cut(&mut self) {
        let spans = &mut self.skeleton.spans;
        let Some(window) = self.window.filter(|_| spans.len() > self.spans_max) else {
            keep_telling(spans, self.spans_max);
            return;
        };
        spans.sort_unstable_by_key(|span| !window.has(span));
        let inside = spans.partition_point(|span| window.has(span));
        let mut others = spans.split_off(inside);
        // What lies around the window stays recognisable, and with it where the trace begins and ends.
        let inside_max = self.spans_max - self.spans_max / 4;
        self.skeleton.is_window_cut |= inside > inside_max;
        keep_telling(spans, inside_max);
        keep_telling(&mut others, self.spans_max - spans.len());
        spans.append(&mut others);
    }

    fn finish(mut self) -> Option<Skeleton> {
        self.cut();
        (!self.skeleton.spans.is_empty()).then_some(self.skeleton)
    }

    fn read_batch(&mut self, batch: &Batch) {
        let trace = self.skeleton.trace_id;
        let mut names = vec![None; batch.operations().len()];
        let mut resources = vec![None; batch.groups().len()];
        for (_, row) in batch
            .trace_ids()
            .iter()
            .zip(batch.rows())
            .filter(|(id, _)| **id == trace)
        {
            let operation = &batch.operations()[row.operation as usize];
            let name = *names[row.operation as usize].get_or_insert_with(|| self.name(batch.name(operation)));
            let group = operation.group as usize;
            let resource = *resources[group]
                .get_or_insert_with(|| self.resource(&batch.encoded_resource(&batch.groups()[group])));
            let view = batch.view(row);
            let mut activity = Activity::default();
            view.attributes()
                .for_each(|(key, value)| activity.note(key, value));
            let mut marks = activity.marks;
            marks.set(Marks::EVENTS, view.has_events);
            if view.has_links {
                marks.set(link_marks(view), true);
            }
            self.push(SkeletonSpan {
                span_id: row.span_id,
                parent_span_id: row.parent_span_id,
                start_unix_nanos: row.start_unix_nanos,
                end_unix_nanos: row.start_unix_nanos.saturating_add(row.duration_nanos),
                name,
                resource,
                kind: operation.kind,
                status: row.status,
                marks,
                busy_share: activity.share(row.duration_nanos),
            });
        }
    }
}

/// Cuts a list down to `spans_max`: a third each of the earliest, the latest and, of the others, the longest.
fn keep_telling(spans: &mut Vec<SkeletonSpan>, spans_max: usize) {
    if spans.len() <= spans_max {
        return;
    }
    let third = spans_max / 3;
    spans.sort_unstable_by_key(|span| (span.start_unix_nanos, span.span_id));
    let middle_end = spans.len() - third;
    let middle = &mut spans[third..middle_end];
    // Where spans rest must not show in the answer: of equally long ones the earliest stay.
    middle.sort_unstable_by_key(|span| {
        let duration = span.end_unix_nanos - span.start_unix_nanos;
        (Reverse(duration), span.start_unix_nanos, span.span_id)
    });
    spans.drain(third + (spans_max - 2 * third)..middle_end);
}

impl Snapshot {
    /// The skeleton of a trace; see [`Store::skeleton`].
    fn skeleton(
        &self,
        trace: TraceId,
        spans_max: usize,
        window: Option<TimeWindow>,
    ) -> (Option<Skeleton>, Vec<ReadError>) {
        let mut builder = SkeletonBuilder::new(trace, spans_max, window);
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            let read = segment.read_skeleton(&mut builder);
            problems.extend(read.err().map(|error| segment.read_error(&error)));
        }
        for batch in self.batches() {
            builder.read_batch(batch);
        }
        (builder.finish(), problems)
    }

    /// How many spans of a trace are stored, as far as the indexes of segments tell.
    fn stored_spans(&self, trace: TraceId) -> u64 {
        let in_segments = self
            .segments
            .iter()
            .flat_map(|segment| segment.rows_of(trace).unwrap_or_default());
        let in_tails = self.batches();
        let in_tails = in_tails.flat_map(Batch::trace_ids).filter(|id| **id == trace);
        in_segments.map(|(_, rows)| u64::from(rows)).sum::<u64>() + in_tails.count() as u64
    }
}

impl Store {
    /// What is needed to draw a trace; `None` if no span of it is stored. Of more than `spans_max` spans the earliest,
    /// the latest and the longest; with a window, all that it has, up to three quarters of so many, and such an outline
    /// of the others. Segments that cannot be read are told beside. Blocks.
    pub fn skeleton(
        &self,
        trace: TraceId,
        spans_max: usize,
        window: Option<TimeWindow>,
    ) -> (Option<Skeleton>, Vec<ReadError>) {
        self.read(|snapshot| snapshot.skeleton(trace, spans_max, window))
    }

    /// How many spans of a trace are stored: as long as this stays, so does the trace. Blocks, but for little.
    pub fn stored_spans(&self, trace: TraceId) -> u64 {
        self.read(|snapshot| (snapshot.stored_spans(trace), Vec::new())).0
    }
}
