//! A look at *every* trace of which a span meets a filter: not the spans, but where the trace lies in time, how many
//! spans it has and how many failed. Sorting, counting and densities need no more.
//!
//! First the traces that match are found, then what each place has of them is added up, since a trace may rest in
//! several. Traces are taken in so many turns, by a hash of their id, that what is held in memory stays bounded.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use wakeful_model::TraceId;

use crate::filter::SpanFilter;
use crate::search::Progress;
use crate::segment::{Prospects, Root, RootSpan, Segment, SegmentError, Texts, TracePart, root_of};
use crate::state::Snapshot;
use crate::{ReadError, tail};

/// How many traces are held at once: some 50 MB.
const TRACES_AT_ONCE: u64 = 1 << 18;

/// Traces that are named again at once: each takes its spans.
const OPEN_AT_ONCE: usize = 4096;

/// Traces of a segment are looked up one by one if they are fewer than one in so many of it.
const FEW: u64 = 64;

/// A trace in numbers, over all places where it rests. Spans count as they are stored: one that its sender sent twice
/// counts twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its id.
    pub trace: TraceId,
    /// Earliest start of a span, Unix nanoseconds.
    pub start_unix_nanos: u64,
    /// Latest end of a span, Unix nanoseconds.
    pub end_unix_nanos: u64,
    /// How many spans.
    pub spans: u32,
    /// How many of them failed.
    pub errors: u32,
    /// Service and name of the span that it is named after, if they were asked for: the earliest without a parent, else
    /// the earliest whose parent is missing.
    pub root: Option<(Arc<str>, Arc<str>)>,
}

impl Outline {
    /// From its first start to its last end, in nanoseconds.
    pub fn duration_nanos(&self) -> u64 {
        self.end_unix_nanos.saturating_sub(self.start_unix_nanos)
    }
}

/// How a survey went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Surveyed {
    /// How much was read.
    pub progress: Progress,
    /// Whether it was stopped before every trace was told.
    pub stopped: bool,
    /// Segments that could not be read.
    pub problems: Vec<ReadError>,
}

/// What of traces is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Times and counts.
    Numbers,
    /// Those, and [`Outline::root`], which takes reading names.
    Roots,
}

struct Held {
    part: TracePart,
    /// Seldom asked for, and large.
    root: Option<Box<Root>>,
    /// Segments, the tail counted as one, in which it has spans.
    places: u32,
}

/// A survey under way.
struct Survey<'a> {
    snapshot: &'a Snapshot,
    filter: &'a SpanFilter,
    detail: Detail,
    /// Traces that match in the tail.
    in_tail: Vec<TraceId>,
    /// Row groups that may have matches.
    row_groups: Vec<(&'a Arc<Segment>, usize, Prospects)>,
    traces_of_all: u64,
    turns: u64,
    surveyed: Surveyed,
}

impl Snapshot {
    /// Tells of each trace of which a span meets the filter, once, in no order. `watch` is told of the progress, and
    /// stops the survey by returning `false`.
    pub(crate) fn survey(
        &self,
        filter: &SpanFilter,
        detail: Detail,
        watch: impl FnMut(&Progress) -> bool,
        visit: impl FnMut(Outline),
    ) -> Surveyed {
        Survey::new(self, filter, detail, TRACES_AT_ONCE).run(watch, visit)
    }
}

/// The traces of a turn, and what was found of them so far.
type Turn = FxHashMap<TraceId, Option<Held>>;

impl<'a> Survey<'a> {
    fn run(mut self, mut watch: impl FnMut(&Progress) -> bool, mut visit: impl FnMut(Outline)) -> Surveyed {
        for turn in 0..self.turns {
            let Some(held) = self.turn(turn, &mut watch) else {
                self.surveyed.stopped = true;
                break;
            };
            for (trace, held) in held {
                // What matched in a segment that cannot be read any more has no part.
                if let Some(Held { part, root, .. }) = held {
                    visit(Outline {
                        trace,
                        start_unix_nanos: part.start,
                        end_unix_nanos: part.end,
                        spans: part.spans,
                        errors: part.errors,
                        root: root.map(|root| (Arc::clone(&root.service), Arc::clone(&root.name))),
                    });
                }
            }
        }
        self.surveyed
    }

    fn new(snapshot: &'a Snapshot, filter: &'a SpanFilter, detail: Detail, traces_at_once: u64) -> Self {
        let mut survey = Self {
            snapshot,
            filter,
            detail,
            in_tail: tail::scan(snapshot.batches(), filter)
                .into_iter()
                .map(|hit| hit.trace)
                .collect(),
            row_groups: Vec::new(),
            traces_of_all: snapshot.segments.iter().map(|segment| segment.traces()).sum(),
            turns: 1,
            surveyed: Surveyed::default(),
        };
        let mut possible = survey.in_tail.len() as u64;
        for segment in snapshot.segments.iter() {
            let before = survey.row_groups.len();
            for row_group in 0..segment.row_groups().len() {
                match segment.prune(row_group, filter) {
                    Ok(None) => {}
                    Ok(Some(prospects)) => survey.row_groups.push((segment, row_group, prospects)),
                    Err(error) => survey.problem(segment, &error),
                }
            }
            if survey.row_groups.len() > before {
                possible += segment.traces();
            }
        }
        survey.turns = possible.div_ceil(traces_at_once).max(1);
        survey.surveyed.progress.spans = snapshot.batches().map(|batch| batch.spans() as u64).sum();
        survey.surveyed.progress.segments = 1;
        survey.surveyed.progress.segments_total = 1 + snapshot.segments.len() as u64;
        survey
    }

    /// One turn: `None` if it was stopped.
    fn turn(&mut self, turn: u64, watch: &mut impl FnMut(&Progress) -> bool) -> Option<Turn> {
        let turns = self.turns;
        let is_its_turn =
            move |trace: &TraceId| turns == 1 || (FxBuildHasher.hash_one(trace) >> 32) % turns == turn;
        let mut held = Turn::default();
        let in_tail = self.in_tail.iter().filter(|trace| is_its_turn(trace));
        held.extend(in_tail.map(|trace| (*trace, None)));
        let known = self.surveyed.progress.traces;
        let mut last = None;
        for (segment, row_group, prospects) in std::mem::take(&mut self.row_groups) {
            let found =
                segment.matching_traces(row_group, self.filter, &prospects, self.traces_of_all, |trace| {
                    if is_its_turn(&trace) {
                        held.entry(trace).or_insert(None);
                    }
                });
            if let Err(error) = found {
                self.problem(segment, &error);
                continue;
            }
            let progress = &mut self.surveyed.progress;
            progress.traces = known + held.len() as u64;
            if turn == 0 {
                progress.segments += u64::from(last.replace(segment.meta.id) != Some(segment.meta.id));
                progress.spans += u64::from(segment.row_groups()[row_group].rows);
            }
            self.row_groups.push((segment, row_group, prospects));
            if !watch(progress) {
                return None;
            }
        }
        self.surveyed.progress.traces = known + held.len() as u64;
        self.add_tail(&mut held);
        for segment in self.snapshot.segments.iter() {
            if let Err(error) = self.add_segment(segment, &mut held) {
                self.problem(segment, &error);
            }
            if !watch(&self.surveyed.progress) {
                return None;
            }
        }
        if self.detail == Detail::Roots {
            self.resolve_roots(&mut held);
        }
        Some(held)
    }

    /// Names traces again that have no root and rest in several places: a parent that is missing in one may be in another.
    fn resolve_roots(&mut self, held: &mut Turn) {
        let is_open = |held: &Held| held.places > 1 && held.root.as_ref().is_none_or(|root| root.is_orphan);
        let open = held.iter().filter(|(_, held)| held.as_ref().is_some_and(is_open));
        let open: Vec<TraceId> = open.map(|(trace, _)| *trace).collect();
        for traces in open.chunks(OPEN_AT_ONCE) {
            let mut spans: FxHashMap<TraceId, Vec<RootSpan>> =
                traces.iter().map(|trace| (*trace, Vec::new())).collect();
            let mut texts = Texts::default();
            self.tail_root_spans(&mut texts, |trace, span| {
                if let Some(spans) = spans.get_mut(&trace) {
                    spans.push(span);
                }
            });
            for segment in self.snapshot.segments.iter() {
                let read = rows_of(segment, traces).and_then(|rows| {
                    segment.read_root_spans(&rows, &mut texts, |trace, found| {
                        if let Some(spans) = spans.get_mut(&trace) {
                            spans.extend_from_slice(found);
                        }
                    })
                });
                if let Err(error) = read {
                    self.problem(segment, &error);
                }
            }
            for (trace, spans) in spans {
                if let Some(Some(held)) = held.get_mut(&trace) {
                    held.root = root_of(&spans).map(Box::new);
                }
            }
        }
    }

    fn tail_root_spans(&self, texts: &mut Texts, mut each: impl FnMut(TraceId, RootSpan)) {
        for batch in self.snapshot.batches() {
            for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
                let operation = &batch.operations()[row.operation as usize];
                let group = &batch.groups()[operation.group as usize];
                let span = RootSpan {
                    span: row.span_id,
                    parent: row.parent_span_id,
                    start: row.start_unix_nanos,
                    service: texts.intern(batch.service(group)),
                    name: texts.intern(batch.name(operation)),
                };
                each(*trace, span);
            }
        }
    }

    fn add_tail(&self, held: &mut Turn) {
        for batch in self.snapshot.batches() {
            for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
                if let Some(held) = held.get_mut(trace) {
                    let (start, duration) = (row.start_unix_nanos, row.duration_nanos);
                    add(
                        held,
                        &TracePart::of_span(*trace, start, duration, row.status as u8),
                    );
                }
            }
        }
        let in_tail = held.values_mut().flatten();
        in_tail.for_each(|held| held.places = 1);
        if self.detail == Detail::Roots {
            let mut spans: FxHashMap<TraceId, Vec<RootSpan>> = FxHashMap::default();
            self.tail_root_spans(&mut Texts::default(), |trace, span| {
                if held.contains_key(&trace) {
                    spans.entry(trace).or_default().push(span);
                }
            });
            spans
                .into_iter()
                .for_each(|(trace, spans)| add_root(held, trace, root_of(&spans)));
        }
    }

    fn add_segment(&self, segment: &Segment, held: &mut Turn) -> Result<(), SegmentError> {
        let all = [(0, segment.meta.spans as u32)];
        if (held.len() as u64) < segment.traces() / FEW {
            let traces: Vec<TraceId> = held.keys().copied().collect();
            let rows = rows_of(segment, &traces)?;
            segment.read_parts(&rows, |part| add_known(held, &part))?;
            return self.add_roots(segment, &rows, held);
        }
        let outlines = segment.outlines(self.traces_of_all)?;
        outlines.parts().iter().for_each(|part| add_known(held, part));
        self.add_roots(segment, &all, held)
    }

    /// Roots come with the traces, so that here it is known of each trace that the segment has some of it.
    fn add_roots(&self, segment: &Segment, rows: &[(u32, u32)], held: &mut Turn) -> Result<(), SegmentError> {
        if self.detail == Detail::Numbers {
            return Ok(());
        }
        segment.read_root_spans(rows, &mut Texts::default(), |trace, spans| {
            if let Some(Some(held)) = held.get_mut(&trace) {
                held.places += 1;
                add_root_of(held, root_of(spans));
            }
        })
    }

    fn problem(&mut self, segment: &Segment, error: &SegmentError) {
        self.surveyed.problems.push(segment.read_error(error));
    }
}

fn add_known(held: &mut Turn, part: &TracePart) {
    if let Some(held) = held.get_mut(&part.trace) {
        add(held, part);
    }
}

fn add(held: &mut Option<Held>, part: &TracePart) {
    match held {
        Some(held) => held.part.add(part),
        None => {
            *held = Some(Held {
                part: *part,
                root: None,
                places: 0,
            });
        }
    }
}

fn add_root(held: &mut Turn, trace: TraceId, root: Option<Root>) {
    if let Some(Some(held)) = held.get_mut(&trace) {
        add_root_of(held, root);
    }
}

fn add_root_of(held: &mut Held, root: Option<Root>) {
    if let Some(root) = root
        && held.root.as_ref().is_none_or(|known| root < **known)
    {
        held.root = Some(Box::new(root));
    }
}

/// Rows of any of the traces, ascending and apart.
fn rows_of(segment: &Segment, traces: &[TraceId]) -> Result<Vec<(u32, u32)>, SegmentError> {
    let mut rows = Vec::new();
    for trace in traces {
        rows.extend(segment.rows_of(*trace)?);
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use wakeful_model::{Kind, Resource, Scope, Span, SpanBatch, SpanId, Status};
    use wakeful_wire::otlp::Batch;

    use super::*;
    use crate::{Backend, Store, StoreOptions};

    fn span(trace: u128, id: u64) -> Span {
        Span {
            trace_id: TraceId::new(trace).unwrap(),
            span_id: SpanId::new(id).unwrap(),
            parent_span_id: SpanId::new(id - 1),
            trace_state: String::new(),
            flags: 0,
            name: format!("op-{id}"),
            kind: Kind::Internal,
            start_unix_nanos: trace as u64 * 10 + id,
            end_unix_nanos: trace as u64 * 10 + 2 * id,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: Status::default(),
            resource: 0,
            scope: 0,
        }
    }

    #[test]
    fn many_turns_tell_the_same_as_one() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        for id in 1..=3 {
            let batch = SpanBatch {
                spans: (1..=50).map(|trace| span(trace, id)).collect(),
                resources: vec![Resource::default()],
                scopes: vec![Scope::default()],
            };
            runtime
                .block_on(store.append(Batch::encode(&batch).unwrap()))
                .unwrap();
            if id < 3 {
                runtime.block_on(store.flush()).unwrap();
            }
        }
        let filter = SpanFilter::default();
        let told = |traces_at_once| {
            let ((told, turns), _) = store.read(|snapshot| {
                let survey = Survey::new(snapshot, &filter, Detail::Roots, traces_at_once);
                let turns = survey.turns;
                let mut told = Vec::new();
                let surveyed = survey.run(|_| true, |outline| told.push(outline));
                assert_eq!((surveyed.progress.traces, surveyed.progress.segments), (50, 3));
                told.sort_by_key(|outline| outline.trace);
                ((told, turns), surveyed.problems)
            });
            (told, turns)
        };
        let (once, turns) = told(1000);
        assert_eq!((once.len(), turns), (50, 1));
        assert!(once.iter().all(|outline| outline.spans == 3));
        assert!(
            once.iter()
                .all(|outline| outline.root.as_ref().is_some_and(|(_, name)| &**name == "op-1"))
        );
        // Fifty in the tail, fifty in each segment.
        assert_eq!(told(40), (once, 4));
        store.close();
    }
}
