//! Looking through a stretch of a row group for spans that meet a filter.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, MapArray, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt8Array, UInt64Array,
};
use rustc_hash::FxHashMap;
use wakeful_model::{Attribute, Scope, TraceId, Value, canonical_text};
use wakeful_wire::otlp::{SpanView, decode_resource, decode_scope};

use super::columns::{self, Promoted};
use super::meta::RowGroupExtras;
use super::needles::Place;
use super::rows::{column, each_entry};
use super::{Segment, SegmentError};
use crate::filter::{Predicate, SpanFilter, any_is};

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

/// What is left of a row group's rows, numbered within the segment.
pub(super) struct Narrowed {
    /// First and count of stretches that have all that meet the filter.
    pub(super) stretches: Vec<(u32, u32)>,
    /// Those that meet it; `None`: all of the stretches.
    pub(super) rows: Option<Vec<u32>>,
}

/// The places of a row group where each clause's predicates may hold; `None` where a row group needs no reading.
pub(crate) type Places = Vec<Vec<Vec<Place>>>;

impl Segment {
    /// Whether some row of a row group may meet the filter, and where its attributes would rest.
    pub(crate) fn prune(
        &self,
        row_group: usize,
        filter: &SpanFilter,
    ) -> Result<Option<Places>, SegmentError> {
        let extent = &self.row_groups()[row_group];
        let started = &filter.started_within;
        if extent.start_max < *started.start()
            || extent.start_min > *started.end()
            || extent.duration_max < *filter.duration.start()
        {
            return Ok(None);
        }
        if let Some(service) = &filter.service {
            let Some(service) = self.catalog.service(service) else {
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
        let mut clauses = Vec::new();
        for clause in &filter.clauses {
            let mut places = Vec::new();
            for predicate in clause {
                places.push(match predicate {
                    Predicate::Attribute { key, text } => {
                        let mut needles = self.needles(row_group)?;
                        let mut possible = Vec::new();
                        for place in Place::ALL {
                            if needles.may_contain(place, key, text)? {
                                possible.push(place);
                            }
                        }
                        possible
                    }
                    _ => Vec::new(),
                });
            }
            let possible = clause.iter().zip(&places).any(|(predicate, places)| {
                !matches!(predicate, Predicate::Attribute { .. }) || !places.is_empty()
            });
            if !possible {
                return Ok(None);
            }
            clauses.push(places);
        }
        Ok(Some(clauses))
    }

    /// Looks through rows of a row group (numbered within it), one condition after the other: each reads only the
    /// stretches in which the ones before left something.
    pub(crate) fn scan(
        &self,
        row_group: usize,
        rows: Range<u32>,
        filter: &SpanFilter,
        places: &Places,
    ) -> Result<Slice, SegmentError> {
        let Narrowed {
            stretches,
            rows: candidates,
        } = self.narrow(row_group, rows, filter, places)?;
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

    /// The rows that meet the filter.
    pub(super) fn narrow(
        &self,
        row_group: usize,
        rows: Range<u32>,
        filter: &SpanFilter,
        places: &Places,
    ) -> Result<Narrowed, SegmentError> {
        let first_row: u32 = self.row_groups()[..row_group]
            .iter()
            .map(|group| group.rows)
            .sum();
        let mut stretches = vec![(first_row + rows.start, rows.end - rows.start)];
        let mut candidates: Option<Vec<u32>> = None;
        for stage in Stage::of(filter, places, &self.row_groups()[row_group]) {
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
            stretches = around(&left, &stretches);
            candidates = Some(left);
        }
        Ok(Narrowed {
            stretches,
            rows: candidates,
        })
    }

    /// Reads columns of stretches of rows; `each` is told the numbers of the rows it gets.
    fn read_numbered(
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
struct Numbers<'a> {
    stretches: &'a [(u32, u32)],
    /// Rows in the stretches that were left behind.
    first: usize,
    /// Rows in the batches before.
    read: usize,
}

impl Numbers<'_> {
    /// The number of a row of the batch; asked for in ascending order.
    fn row(&mut self, index: usize) -> u32 {
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

/// Rows are narrowed down in blocks of so many: about what a page has, and more than most traces have.
const BLOCK_ROWS: u32 = 512;

/// The blocks of `within` that have one of the rows.
fn around(rows: &[u32], within: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut blocks: Vec<(u32, u32)> = Vec::new();
    let mut rows = rows.iter().copied().peekable();
    for (first, count) in within {
        let end = first + count;
        while let Some(row) = rows.next_if(|row| *row < end) {
            let block = (row / BLOCK_ROWS * BLOCK_ROWS).max(*first);
            let block_end = (row / BLOCK_ROWS * BLOCK_ROWS + BLOCK_ROWS).min(end);
            match blocks.last_mut() {
                Some((last, count)) if *last + *count >= block => *count = block_end - *last,
                _ => blocks.push((block, block_end - block)),
            }
        }
    }
    blocks
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

/// One condition, and the columns that decide it.
enum Stage<'a> {
    Duration(&'a RangeInclusive<u64>),
    Started(&'a RangeInclusive<u64>),
    Text(&'static str, &'a str),
    /// Of these one must hold; beside each, the places where an attribute may rest.
    Clause(&'a [Predicate], &'a [Vec<Place>]),
}

impl<'a> Stage<'a> {
    /// The conditions of a filter that a row group does not meet as a whole, those first that cost least to decide.
    fn of(filter: &'a SpanFilter, places: &'a Places, extent: &RowGroupExtras) -> Vec<Self> {
        let mut stages = Vec::new();
        if *filter.duration.start() > 0 || *filter.duration.end() < extent.duration_max {
            stages.push(Self::Duration(&filter.duration));
        }
        let started = &filter.started_within;
        if *started.start() > extent.start_min || *started.end() < extent.start_max {
            stages.push(Self::Started(started));
        }
        // Services and names are in every block, so attributes narrow more.
        let clauses = filter.clauses.iter().zip(places);
        stages.extend(clauses.map(|(clause, places)| Self::Clause(clause, places)));
        stages.extend(
            filter
                .service
                .as_deref()
                .map(|service| Self::Text(columns::SERVICE, service)),
        );
        stages.extend(filter.name.as_deref().map(|name| Self::Text(columns::NAME, name)));
        stages
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Duration(_) => vec![columns::DURATION.to_owned()],
            Self::Started(_) => vec![columns::START.to_owned()],
            Self::Text(name, _) => vec![(*name).to_owned()],
            Self::Clause(clause, places) => clause
                .iter()
                .zip(*places)
                .flat_map(|(predicate, places)| clause_columns(predicate, places))
                .collect(),
        }
    }

    /// For each row, whether it meets the condition.
    fn marks(&self, batch: &RecordBatch) -> Result<Vec<bool>, SegmentError> {
        // A false alarm of the needles may ask for columns that there are not; then nothing meets it.
        Ok(match self {
            Self::Duration(range) => {
                let durations: &UInt64Array = column(batch, columns::DURATION)?;
                durations
                    .values()
                    .iter()
                    .map(|duration| range.contains(duration))
                    .collect()
            }
            Self::Started(range) => {
                let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
                starts
                    .values()
                    .iter()
                    .map(|start| range.contains(&(*start as u64)))
                    .collect()
            }
            Self::Text(name, wanted) => {
                let texts: &StringArray = column(batch, name)?;
                (0..texts.len()).map(|row| texts.value(row) == *wanted).collect()
            }
            Self::Clause(clause, places) => {
                let mut marks = vec![false; batch.num_rows()];
                for (predicate, places) in clause.iter().zip(*places) {
                    mark(&mut marks, batch, predicate, places)?;
                }
                marks
            }
        })
    }
}

/// Names of the columns that decide a predicate.
fn clause_columns(predicate: &Predicate, places: &[Place]) -> Vec<String> {
    let of_place = |place: &Place| match (place, predicate) {
        (Place::Promoted, Predicate::Attribute { key, .. }) => {
            vec![format!("{}{key}", columns::PROMOTED_PREFIX)]
        }
        (Place::Promoted, _) => Vec::new(),
        (Place::Residual, _) => RESIDUAL.iter().map(|name| (*name).to_owned()).collect(),
        (Place::Event, _) => vec![columns::EVENTS.to_owned()],
        (Place::Link, _) => vec![columns::LINKS.to_owned()],
        (Place::Scope, _) => vec![columns::SCOPE.to_owned()],
        (Place::Resource, _) => vec![columns::RESOURCE.to_owned()],
    };
    places
        .iter()
        .flat_map(of_place)
        .chain(own_column(predicate).map(str::to_owned))
        .collect()
}

pub(super) const RESIDUAL: [&str; 5] = [
    columns::STRINGS,
    columns::INTS,
    columns::DOUBLES,
    columns::BOOLS,
    columns::OTHERS,
];

fn own_column(predicate: &Predicate) -> Option<&'static str> {
    Some(match predicate {
        Predicate::Attribute { .. } => return None,
        Predicate::Kind(_) => columns::KIND,
        Predicate::Status(_) | Predicate::StatusNot(_) => columns::STATUS_CODE,
        Predicate::StatusMessage(_) => columns::STATUS_MESSAGE,
        Predicate::TraceState(_) => columns::TRACE_STATE,
        Predicate::ScopeName(_) | Predicate::ScopeVersion(_) => columns::SCOPE,
    })
}

/// Marks the rows of which a predicate holds.
fn mark(
    marks: &mut [bool],
    batch: &RecordBatch,
    predicate: &Predicate,
    places: &[Place],
) -> Result<(), SegmentError> {
    let mut mark = |holds: &mut dyn FnMut(usize) -> bool| {
        for (row, mark) in marks.iter_mut().enumerate() {
            *mark = *mark || holds(row);
        }
    };
    let text_is = |name, wanted: &str| -> Result<Vec<bool>, SegmentError> {
        let texts: &StringArray = column(batch, name)?;
        Ok((0..texts.len())
            .map(|row| texts.is_valid(row) && texts.value(row) == wanted)
            .collect())
    };
    match predicate {
        Predicate::Attribute { key, text } => {
            for place in places {
                mark(&mut *at_place(batch, *place, key, text)?);
            }
        }
        Predicate::Kind(kind) => {
            let kinds: &UInt8Array = column(batch, columns::KIND)?;
            mark(&mut |row| kinds.value(row) == *kind as u8);
        }
        Predicate::Status(code) => {
            let codes: &UInt8Array = column(batch, columns::STATUS_CODE)?;
            mark(&mut |row| codes.value(row) == *code as u8);
        }
        Predicate::StatusNot(code) => {
            let codes: &UInt8Array = column(batch, columns::STATUS_CODE)?;
            mark(&mut |row| codes.value(row) != *code as u8);
        }
        Predicate::StatusMessage(wanted) => {
            let rows = text_is(columns::STATUS_MESSAGE, wanted)?;
            mark(&mut |row| rows[row]);
        }
        Predicate::TraceState(wanted) => {
            let rows = text_is(columns::TRACE_STATE, wanted)?;
            mark(&mut |row| rows[row]);
        }
        Predicate::ScopeName(wanted) => {
            let holds = |scope: Scope| scope.name == *wanted;
            mark(&mut by_encoded(column(batch, columns::SCOPE)?, |bytes| {
                holds(decode_scope(bytes))
            }));
        }
        Predicate::ScopeVersion(wanted) => {
            let holds = |scope: Scope| scope.version == *wanted;
            mark(&mut by_encoded(column(batch, columns::SCOPE)?, |bytes| {
                holds(decode_scope(bytes))
            }));
        }
    }
    Ok(())
}

type RowTest<'a> = Box<dyn FnMut(usize) -> bool + 'a>;

/// Whether rows have an attribute at one place.
fn at_place<'a>(
    batch: &'a RecordBatch,
    place: Place,
    key: &'a str,
    text: &'a str,
) -> Result<RowTest<'a>, SegmentError> {
    let has = move |attributes: &[Attribute]| {
        attributes
            .iter()
            .any(|attribute| attribute.key == key && canonical_text(&attribute.value) == text)
    };
    Ok(match place {
        Place::Promoted => promoted_is(batch, key, text),
        Place::Residual => {
            let maps = RESIDUAL
                .iter()
                .map(|name| column::<MapArray>(batch, name))
                .collect::<Result<Vec<_>, _>>()?;
            Box::new(move |row| {
                let mut found = false;
                for map in maps.iter().filter(|map| map.is_valid(row)) {
                    each_entry(map, row, |entry, value| {
                        found = found || (entry == key && canonical_text(&value) == text);
                    });
                }
                found
            })
        }
        Place::Event => {
            let events: &BinaryArray = column(batch, columns::EVENTS)?;
            Box::new(move |row| {
                events.is_valid(row)
                    && SpanView::new(events.value(row))
                        .events()
                        .any(|event| any_is(event.attributes(), key, text))
            })
        }
        Place::Link => {
            let links: &BinaryArray = column(batch, columns::LINKS)?;
            Box::new(move |row| {
                links.is_valid(row)
                    && SpanView::new(links.value(row))
                        .links()
                        .any(|link| any_is(link.attributes(), key, text))
            })
        }
        Place::Scope => Box::new(by_encoded(column(batch, columns::SCOPE)?, move |bytes| {
            has(&decode_scope(bytes).attributes)
        })),
        Place::Resource => Box::new(by_encoded(column(batch, columns::RESOURCE)?, move |bytes| {
            has(&decode_resource(bytes).attributes)
        })),
    })
}

/// Whether the attribute's own column has the value; a false alarm of the needles may ask for one that is not there.
fn promoted_is<'a>(batch: &'a RecordBatch, key: &str, text: &'a str) -> RowTest<'a> {
    let mut fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let Some((_, array)) = fields.find(|(field, _)| Promoted::of_field(field).is_some_and(|p| p.key == key))
    else {
        return Box::new(|_| false);
    };
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Box::new(move |row| texts.is_valid(row) && texts.value(row) == text);
    }
    Box::new(move |row| array.is_valid(row) && text_of(array, row) == text)
}

/// The canonical text of a value of an attribute's own column.
pub(super) fn text_of(array: &ArrayRef, row: usize) -> Cow<'_, str> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        return Cow::Borrowed(texts.value(row));
    }
    let of_int = || {
        array
            .as_primitive_opt::<Int64Type>()
            .map(|ints| Value::Int(ints.value(row)))
    };
    let of_double = || {
        array
            .as_primitive_opt::<Float64Type>()
            .map(|doubles| Value::Double(doubles.value(row)))
    };
    let of_bool = || array.as_boolean_opt().map(|bools| Value::Bool(bools.value(row)));
    let value = of_int().or_else(of_double).or_else(of_bool).unwrap_or_default();
    Cow::Owned(canonical_text(&value).into_owned())
}

/// Tests rows by their encoded resource or scope, of which there are few: each is decoded once.
fn by_encoded<'a>(
    array: &'a BinaryArray,
    holds: impl Fn(&[u8]) -> bool + 'a,
) -> impl FnMut(usize) -> bool + 'a {
    let mut known: FxHashMap<&[u8], bool> = FxHashMap::default();
    move |row| {
        *known
            .entry(array.value(row))
            .or_insert_with_key(|bytes| holds(bytes))
    }
}
