//! Looking through a stretch of a row group for spans that meet a filter.

use std::ops::Range;

use arrow_array::{FixedSizeBinaryArray, RecordBatch, TimestampNanosecondArray};
use wakeful_model::TraceId;

use super::attributes::Spans;
use super::needles::{self, Blocks, Place};
use super::rows::column;
use super::stages::Stage;
use super::stretches::{around, close_by, has, overlap};
use super::{Segment, SegmentError, columns, zones};
use crate::SpanKey;
use crate::filter::{Predicate, SpanFilter};

/// A trace of which a span was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) trace: TraceId,
    /// Earliest start of its spans that were seen; it has not begun later.
    pub(crate) start: u64,
    /// Whether all its spans of this segment were seen.
    pub(crate) whole: bool,
}

/// What a stretch of rows gave.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) hits: Vec<Hit>,
    /// No trace of the rows before began later.
    pub(crate) bound: u64,
}

/// What of a row group may meet a filter.
#[derive(Debug, Clone)]
pub(crate) struct Prospects {
    /// For each predicate of each clause, the places where its attribute may rest.
    places: Vec<Vec<Vec<Place>>>,
    /// Rows outside of which no span meets the filter: first within the row group, and count.
    stretches: Vec<(u32, u32)>,
}

/// Rows that meet a filter.
#[derive(Debug)]
pub(super) struct Narrowed {
    /// Their numbers within the segment; `None`: all rows of the stretches.
    pub(super) rows: Option<Vec<u32>>,
    /// Where they, and the rest of their traces, are.
    pub(super) stretches: Vec<(u32, u32)>,
}

impl Segment {
    /// What of a row group may meet the filter; `None` if nothing.
    pub(crate) fn prune(
        &self,
        row_group: usize,
        filter: &SpanFilter,
    ) -> Result<Option<Prospects>, SegmentError> {
        let extent = &self.row_groups()[row_group];
        let started = &filter.started_within;
        if extent.start_max < *started.start()
            || extent.start_min > *started.end()
            || extent.duration_max < *filter.duration.start()
        {
            return Ok(None);
        }
        let mut blocks = Blocks::MAX;
        let mut clauses = Vec::new();
        for clause in &filter.clauses {
            let mut of_clause = 0;
            let mut places = Vec::new();
            for predicate in clause {
                let mut possible = Vec::new();
                if let Predicate::Attribute { key, text } = predicate {
                    let mut needles = self.needles(row_group)?;
                    for place in self.places_of(key)?[row_group].iter() {
                        if needles.may_contain(place, key, text)?
                            && self.confirms(row_group, place, key, text)?
                        {
                            possible.push(place);
                            of_clause |= needles.blocks_with(extent.rows, place, key, text)?;
                        }
                    }
                } else {
                    of_clause = Blocks::MAX;
                }
                places.push(possible);
            }
            blocks &= of_clause;
            if blocks == 0 {
                return Ok(None);
            }
            clauses.push(places);
        }
        // Behind the attributes: what a catalogue has to be read for costs more than the needles of a rare value.
        if let Some(service) = &filter.service {
            let contents = self.contents()?;
            let Some(service) = contents.catalog().service(service) else {
                return Ok(None);
            };
            if filter
                .name
                .as_ref()
                .is_some_and(|name| service.operations().all(|(known, _)| known != name))
            {
                return Ok(None);
            }
        }
        let mut stretches = needles::stretches(blocks, extent.rows);
        let least = *filter.duration.start();
        if least > 0 {
            let long = zones::stretches(&self.zones(row_group)?, extent.rows, least)?;
            stretches = overlap(&stretches, &long);
        }
        let prospects = Prospects {
            places: clauses,
            stretches,
        };
        Ok((!prospects.stretches.is_empty()).then_some(prospects))
    }

    /// Looks through rows of a row group (numbered within it), one condition after the other: each reads only the
    /// stretches in which the ones before left something.
    pub(crate) fn scan(
        &self,
        row_group: usize,
        rows: Range<u32>,
        filter: &SpanFilter,
        prospects: &Prospects,
    ) -> Result<Slice, SegmentError> {
        let Narrowed {
            stretches,
            rows: candidates,
        } = self.narrow(row_group, rows, filter, prospects)?;
        let mut runs = Runs::default();
        self.read_numbered(
            &stretches,
            &[columns::TRACE_ID, columns::START],
            |batch, numbers| {
                let ids: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
                let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
                for index in 0..batch.num_rows() {
                    let row = numbers.row(index);
                    let matches = candidates
                        .as_ref()
                        .is_none_or(|rows| rows.binary_search(&row).is_ok());
                    if let Some(trace) = TraceId::from_bytes(ids.value(index)) {
                        runs.push(row, trace, starts.value(index) as u64, matches);
                    }
                }
                Ok(())
            },
        )?;
        Ok(runs.finish())
    }

    /// Calls `each` with every span of a trace that meets the filter.
    pub(crate) fn each_match(
        &self,
        trace: TraceId,
        filter: &SpanFilter,
        mut each: impl FnMut(SpanKey),
    ) -> Result<(), SegmentError> {
        let of_trace = self.rows_of_one(trace)?;
        let mut next_row = 0;
        for (row_group, extent) in self.row_groups().iter().enumerate() {
            let first_row = next_row;
            next_row += extent.rows;
            let of_group = overlap(&of_trace, &[(first_row, extent.rows)]);
            if of_group.is_empty() {
                continue;
            }
            let Some(prospects) = self.prune(row_group, filter)? else {
                continue;
            };
            for (first, count) in of_group {
                let start = first - first_row;
                let narrowed = self.narrow(row_group, start..start + count, filter, &prospects)?;
                let rows = narrowed.rows;
                let stretches = rows.as_deref().map_or(narrowed.stretches, close_by);
                self.read_numbered(
                    &stretches,
                    &[columns::SPAN_ID, columns::KIND],
                    |batch, numbers| {
                        let spans = Spans::of(batch)?;
                        for index in 0..batch.num_rows() {
                            let row = numbers.row(index);
                            let matches = rows.as_ref().is_none_or(|rows| rows.binary_search(&row).is_ok());
                            if let (true, Some(span)) = (matches, spans.key(index)) {
                                each(span);
                            }
                        }
                        Ok(())
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The rows that meet the filter.
    pub(super) fn narrow(
        &self,
        row_group: usize,
        rows: Range<u32>,
        filter: &SpanFilter,
        prospects: &Prospects,
    ) -> Result<Narrowed, SegmentError> {
        let first_row = self.first_row(row_group);
        let mut stretches = overlap(&prospects.stretches, &[(rows.start, rows.end - rows.start)]);
        stretches.iter_mut().for_each(|(first, _)| *first += first_row);
        let within = (first_row + rows.start, rows.end - rows.start);
        let mut candidates: Option<Vec<u32>> = None;
        let mut stages = Stage::of(filter, &prospects.places, &self.row_groups()[row_group]);
        if let Some(mut long) = self.long_rows(row_group, &rows, filter, prospects)? {
            long.retain(|row| has(&stretches, *row));
            stretches = close_by(&long);
            candidates = Some(long);
            stages.retain(|stage| !matches!(stage, Stage::Duration(_) | Stage::Service(_)));
        }
        for stage in stages {
            let mut left = Vec::new();
            let is_candidate = |row: u32| {
                candidates
                    .as_ref()
                    .is_none_or(|rows| rows.binary_search(&row).is_ok())
            };
            self.read_numbered(&stretches, &stage.columns(), |batch, numbers| {
                let marks = stage.marks(batch)?;
                let marked = marks.iter().enumerate().filter(|(_, mark)| **mark);
                left.extend(
                    marked
                        .map(|(index, _)| numbers.row(index))
                        .filter(|row| is_candidate(*row)),
                );
                Ok(())
            })?;
            stretches = close_by(&left);
            candidates = Some(left);
        }
        if let Some(rows) = &candidates {
            stretches = around(rows, within);
        }
        Ok(Narrowed {
            stretches,
            rows: candidates,
        })
    }

    /// The rows whose durations and services meet the filter, if it asks for long spans and all that are so long are known.
    fn long_rows(
        &self,
        row_group: usize,
        wanted: &Range<u32>,
        filter: &SpanFilter,
        prospects: &Prospects,
    ) -> Result<Option<Vec<u32>>, SegmentError> {
        let half = self.row_groups()[row_group].rows / 2;
        let of_long: u32 = prospects.stretches.iter().map(|(_, count)| count).sum();
        // Where long spans are everywhere they are found soon; attributes narrow more; and a few rows are read sooner than all.
        let is_rare = of_long <= half && wanted.end - wanted.start > half;
        if *filter.duration.start() == 0 || !filter.clauses.is_empty() || !is_rare {
            return Ok(None);
        }
        let mut service = None;
        if let Some(name) = &filter.service {
            let contents = self.contents()?;
            let services = &contents.catalog().services;
            match services.iter().position(|service| service.name == *name) {
                Some(found) => service = Some(found as u32),
                None => return Ok(Some(Vec::new())),
            }
        }
        let longest = self.longest(row_group)?;
        Ok(longest.rows(&filter.duration, service).map(Iterator::collect))
    }

    /// Reads columns of stretches of rows; `each` is told the numbers of the rows it gets.
    pub(super) fn read_numbered(
        &self,
        stretches: &[(u32, u32)],
        names: &[impl AsRef<str>],
        mut each: impl FnMut(&RecordBatch, &mut Numbers<'_>) -> Result<(), SegmentError>,
    ) -> Result<(), SegmentError> {
        let mut numbers = Numbers {
            stretches,
            first: 0,
            read: 0,
        };
        self.read_columns(stretches, names, |batch| {
            each(batch, &mut numbers)?;
            numbers.read += batch.num_rows();
            Ok(())
        })
    }
}

/// Numbers of the rows of a record batch that was read from stretches.
pub(super) struct Numbers<'a> {
    stretches: &'a [(u32, u32)],
    /// Rows in the stretches that were left behind.
    first: usize,
    /// Rows in the batches before.
    read: usize,
}

impl Numbers<'_> {
    /// The number of a row of the batch; asked for in ascending order.
    pub(super) fn row(&mut self, index: usize) -> u32 {
        let position = self.read + index;
        while let [(start, count), rest @ ..] = self.stretches {
            let within = position - self.first;
            if within < *count as usize {
                return start + within as u32;
            }
            self.first += *count as usize;
            self.stretches = rest;
        }
        u32::MAX
    }
}

/// Rows of a trace are neighbours: gathers each run of them into one hit.
#[derive(Default)]
struct Runs {
    hits: Vec<Hit>,
    bound: Option<u64>,
    current: Option<Run>,
}

struct Run {
    trace: TraceId,
    start: u64,
    matches: bool,
    /// Rows before or behind were not read, so the trace may have more there.
    cut: bool,
    last_row: u32,
}

impl Runs {
    fn push(&mut self, row: u32, trace: TraceId, start: u64, matches: bool) {
        match &mut self.current {
            Some(run) if run.trace == trace && run.last_row + 1 == row => {
                run.start = start.min(run.start);
                run.matches |= matches;
                run.last_row = row;
            }
            _ => {
                let neighbour = self.current.as_ref().is_some_and(|run| run.last_row + 1 == row);
                self.close(!neighbour);
                self.current = Some(Run {
                    trace,
                    start,
                    matches,
                    cut: !neighbour && row > 0,
                    last_row: row,
                });
            }
        }
    }

    fn close(&mut self, cut: bool) {
        let Some(run) = self.current.take() else { return };
        // Rows before are of traces that began no later than the first one here.
        self.bound.get_or_insert(run.start);
        if run.matches {
            self.hits.push(Hit {
                trace: run.trace,
                start: run.start,
                whole: !cut && !run.cut,
            });
        }
    }

    fn finish(mut self) -> Slice {
        self.close(true);
        Slice {
            hits: self.hits,
            bound: self.bound.unwrap_or(u64::MAX),
        }
    }
}
