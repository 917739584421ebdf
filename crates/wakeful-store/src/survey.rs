//! A look at *every* trace of which a span meets a filter: not the spans, but where the trace lies in time, how many
//! spans it has and how many failed. Sorting, counting and densities need no more.
//!
//! First the traces that match are found, then what each place has of them is added up, since a trace may rest in
//! several. Traces are taken in so many turns, by a hash of their id, that what is held in memory stays bounded.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use wakeful_model::TraceId;
use wakeful_wire::otlp::Batch;

use crate::filter::SpanFilter;
use crate::search::Progress;
use crate::segment::{Places, Root, RootSpan, Segment, SegmentError, Texts, TracePart, root_of};
use crate::state::Snapshot;
use crate::{ReadError, tail};

/// How many traces are held at once: some 50 MB.
const TRACES_AT_ONCE: u64 = 1 << 19;

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
    /// the earliest whose parent is not where it rests itself.
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
    root: Option<Root>,
}

/// A survey under way.
struct Survey<'a> {
    snapshot: &'a Snapshot,
    filter: &'a SpanFilter,
    detail: Detail,
    /// Row groups that may have matches.
    row_groups: Vec<(&'a Arc<Segment>, usize, Places)>,
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
        mut watch: impl FnMut(&Progress) -> bool,
        mut visit: impl FnMut(Outline),
    ) -> Surveyed {
        let mut survey = Survey::new(self, filter, detail);
        for turn in 0..survey.turns {
            let Some(held) = survey.turn(turn, &mut watch) else {
                survey.surveyed.stopped = true;
                break;
            };
            for (trace, held) in held {
                // What matched in a segment that cannot be read any more has no part.
                if let Some(Held { part, root }) = held {
                    visit(Outline {
                        trace,
                        start_unix_nanos: part.start,
                        end_unix_nanos: part.end,
                        spans: part.spans,
                        errors: part.errors,
                        root: root.map(|root| (root.service, root.name)),
                    });
                }
            }
        }
        survey.surveyed
    }

    fn batches(&self) -> impl Iterator<Item = &Batch> + Clone {
        self.tails
            .iter()
            .flat_map(|(_, tail)| tail.iter().map(Arc::as_ref))
    }
}

/// The traces of a turn, and what was found of them so far.
type Turn = FxHashMap<TraceId, Option<Held>>;

impl<'a> Survey<'a> {
    fn new(snapshot: &'a Snapshot, filter: &'a SpanFilter, detail: Detail) -> Self {
        let mut survey = Self {
            snapshot,
            filter,
            detail,
            row_groups: Vec::new(),
            traces_of_all: snapshot.segments.iter().map(|segment| segment.traces()).sum(),
            turns: 1,
            surveyed: Surveyed::default(),
        };
        let in_tail: u64 = snapshot.batches().map(|batch| batch.spans() as u64).sum();
        let mut possible = in_tail;
        for segment in snapshot.segments.iter() {
            let before = survey.row_groups.len();
            for row_group in 0..segment.row_groups().len() {
                match segment.prune(row_group, filter) {
                    Ok(None) => {}
                    Ok(Some(places)) => survey.row_groups.push((segment, row_group, places)),
                    Err(error) => survey.problem(segment, &error),
                }
            }
            if survey.row_groups.len() > before {
                possible += segment.traces();
                survey.surveyed.progress.segments += 1;
            }
        }
        survey.turns = possible.div_ceil(TRACES_AT_ONCE).max(1);
        survey.surveyed.progress.spans = in_tail;
        survey.surveyed.progress.segments += 1;
        survey.surveyed.progress.segments_total = 1 + snapshot.segments.len() as u64;
        survey
    }

    /// One turn: `None` if it was stopped.
    fn turn(&mut self, turn: u64, watch: &mut impl FnMut(&Progress) -> bool) -> Option<Turn> {
        let turns = self.turns;
        let is_its_turn =
            move |trace: &TraceId| turns == 1 || (FxBuildHasher.hash_one(trace) >> 32) % turns == turn;
        let mut held = Turn::default();
        for hit in tail::scan(self.snapshot.batches(), self.filter) {
            if is_its_turn(&hit.trace) {
                held.insert(hit.trace, None);
            }
        }
        let known = self.surveyed.progress.traces;
        for (segment, row_group, places) in std::mem::take(&mut self.row_groups) {
            let found =
                segment.matching_traces(row_group, self.filter, &places, self.traces_of_all, |trace| {
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
                progress.spans += u64::from(segment.row_groups()[row_group].rows);
            }
            self.row_groups.push((segment, row_group, places));
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
        Some(held)
    }

    fn add_tail(&self, held: &mut Turn) {
        let mut roots: FxHashMap<TraceId, Vec<RootSpan>> = FxHashMap::default();
        let mut texts = Texts::default();
        for batch in self.snapshot.batches() {
            for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
                let Some(held) = held.get_mut(trace) else { continue };
                let part =
                    TracePart::of_span(*trace, row.start_unix_nanos, row.duration_nanos, row.status as u8);
                add(held, &part);
                if self.detail == Detail::Roots {
                    let operation = &batch.operations()[row.operation as usize];
                    let group = &batch.groups()[operation.group as usize];
                    roots.entry(*trace).or_default().push(RootSpan {
                        span: row.span_id,
                        parent: row.parent_span_id,
                        start: row.start_unix_nanos,
                        service: texts.intern(batch.service(group)),
                        name: texts.intern(batch.name(operation)),
                    });
                }
            }
        }
        for (trace, spans) in roots {
            add_root(held, trace, root_of(&spans));
        }
    }

    fn add_segment(&self, segment: &Segment, held: &mut Turn) -> Result<(), SegmentError> {
        let all = [(0, segment.meta.spans as u32)];
        if (held.len() as u64) < segment.traces() / FEW {
            let mut ranges = Vec::new();
            for trace in held.keys() {
                ranges.extend(segment.rows_of(*trace)?);
            }
            ranges.sort_unstable();
            ranges.dedup();
            segment.read_parts(&ranges, |part| add_known(held, &part))?;
            return self.add_roots(segment, &ranges, held);
        }
        let outlines = segment.outlines(self.traces_of_all)?;
        outlines.parts().iter().for_each(|part| add_known(held, part));
        self.add_roots(segment, &all, held)
    }

    fn add_roots(
        &self,
        segment: &Segment,
        ranges: &[(u32, u32)],
        held: &mut Turn,
    ) -> Result<(), SegmentError> {
        if self.detail == Detail::Numbers {
            return Ok(());
        }
        let mut texts = Texts::default();
        segment.read_roots(ranges, &mut texts, |trace, root| {
            add_root(held, trace, Some(root))
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
            });
        }
    }
}

fn add_root(held: &mut Turn, trace: TraceId, root: Option<Root>) {
    let known = held.get_mut(&trace).and_then(Option::as_mut);
    if let Some((held, root)) = known.zip(root)
        && held.root.as_ref().is_none_or(|known| root < *known)
    {
        held.root = Some(root);
    }
}
