//! Looking through a stretch of a row group for spans that meet a filter.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, BinaryArray, FixedSizeBinaryArray, MapArray, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt8Array, UInt64Array,
};
use rustc_hash::FxHashMap;
use wakeful_model::{Attribute, Scope, TraceId, Value, canonical_text};
use wakeful_wire::otlp::{SpanView, decode_resource, decode_scope};

use super::columns::{self, Promoted};
use super::needles::Place;
use super::rows::{column, each_entry, project};
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
                        let needles = self.needles(row_group)?;
                        Place::ALL
                            .into_iter()
                            .filter(|place| needles.may_contain(*place, key, text))
                            .collect()
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

    /// Looks through rows of a row group (numbered within it).
    pub(crate) fn scan(
        &self,
        row_group: usize,
        rows: Range<u32>,
        filter: &SpanFilter,
        places: &Places,
    ) -> Result<Slice, SegmentError> {
        let reader = self.reader()?;
        let mask = project(reader.parquet_schema(), &wanted_columns(filter, places));
        let before: u32 = self.row_groups()[..row_group]
            .iter()
            .map(|group| group.rows)
            .sum();
        let (groups, selection) = self.select(&[(before + rows.start, rows.end - rows.start)]);
        let reader = reader
            .with_row_groups(groups)
            .with_projection(mask)
            .with_row_selection(selection)
            .with_batch_size((rows.end - rows.start) as usize)
            .build()?;
        let mut runs = Runs {
            slice: Slice {
                hits: Vec::new(),
                bound: u64::MAX,
            },
            current: None,
            first: rows.start > 0,
        };
        for batch in reader {
            let batch = batch?;
            let matches = matching_rows(&batch, filter, places)?;
            let ids: &FixedSizeBinaryArray = column(&batch, columns::TRACE_ID)?;
            let starts: &TimestampNanosecondArray = column(&batch, columns::START)?;
            for (row, matches) in matches.into_iter().enumerate() {
                if let Some(trace) = TraceId::from_bytes(ids.value(row)) {
                    runs.push(trace, starts.value(row) as u64, matches);
                }
            }
        }
        Ok(runs.finish())
    }
}

/// Rows of a trace are neighbours: gathers each stretch of them into one hit.
struct Runs {
    slice: Slice,
    /// Trace, earliest start, whether a row matched.
    current: Option<(TraceId, u64, bool)>,
    /// The current stretch may have begun before the slice.
    first: bool,
}

impl Runs {
    fn push(&mut self, trace: TraceId, start: u64, matches: bool) {
        match &mut self.current {
            Some((current, first_start, matched)) if *current == trace => {
                *first_start = start.min(*first_start);
                *matched |= matches;
            }
            _ => {
                self.close();
                self.current = Some((trace, start, matches));
            }
        }
    }

    fn close(&mut self) {
        if let Some((trace, start, matched)) = self.current.take() {
            let whole = !std::mem::take(&mut self.first);
            if self.slice.bound == u64::MAX {
                // Rows before are of traces that began no later than the first trace here.
                self.slice.bound = start;
            }
            if matched {
                self.slice.hits.push(Hit { trace, start, whole });
            }
        }
    }

    fn finish(mut self) -> Slice {
        self.close();
        self.slice
    }
}

/// Names of the columns that a filter has to see.
fn wanted_columns(filter: &SpanFilter, places: &Places) -> Vec<String> {
    let mut wanted = vec![columns::TRACE_ID.to_owned(), columns::START.to_owned()];
    if filter.service.is_some() {
        wanted.push(columns::SERVICE.to_owned());
    }
    if filter.name.is_some() {
        wanted.push(columns::NAME.to_owned());
    }
    if filter.duration != (0..=u64::MAX) {
        wanted.push(columns::DURATION.to_owned());
    }
    for (clause, places) in filter.clauses.iter().zip(places) {
        for (predicate, places) in clause.iter().zip(places) {
            let of_places = places.iter().flat_map(|place| match (place, predicate) {
                (Place::Promoted, Predicate::Attribute { key, .. }) => {
                    vec![format!("{}{key}", columns::PROMOTED_PREFIX)]
                }
                (Place::Residual, _) => RESIDUAL.iter().map(|name| (*name).to_owned()).collect(),
                (Place::Event, _) => vec![columns::EVENTS.to_owned()],
                (Place::Link, _) => vec![columns::LINKS.to_owned()],
                (Place::Scope, _) => vec![columns::SCOPE.to_owned()],
                (Place::Resource, _) => vec![columns::RESOURCE.to_owned()],
                (Place::Promoted, _) => Vec::new(),
            });
            wanted.extend(of_places);
            wanted.extend(own_column(predicate).map(str::to_owned));
        }
    }
    wanted
}

const RESIDUAL: [&str; 5] = [
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

/// For each row, whether it meets the filter.
fn matching_rows(
    batch: &RecordBatch,
    filter: &SpanFilter,
    places: &Places,
) -> Result<Vec<bool>, SegmentError> {
    let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
    let mut rows: Vec<bool> = starts
        .values()
        .iter()
        .map(|start| filter.started_within.contains(&(*start as u64)))
        .collect();
    if let Some(service) = &filter.service {
        keep_equal(&mut rows, column(batch, columns::SERVICE)?, service);
    }
    if let Some(name) = &filter.name {
        keep_equal(&mut rows, column(batch, columns::NAME)?, name);
    }
    if filter.duration != (0..=u64::MAX) {
        let durations: &UInt64Array = column(batch, columns::DURATION)?;
        for (row, duration) in rows.iter_mut().zip(durations.values()) {
            *row &= filter.duration.contains(duration);
        }
    }
    for (clause, places) in filter.clauses.iter().zip(places) {
        if !rows.contains(&true) {
            break;
        }
        let mut any = vec![false; rows.len()];
        for (predicate, places) in clause.iter().zip(places) {
            mark(&mut any, &rows, batch, predicate, places)?;
        }
        rows.iter_mut().zip(any).for_each(|(row, any)| *row &= any);
    }
    Ok(rows)
}

fn keep_equal(rows: &mut [bool], texts: &StringArray, wanted: &str) {
    for (number, row) in rows.iter_mut().enumerate() {
        *row = *row && texts.value(number) == wanted;
    }
}

/// Marks the candidates of which a predicate holds.
fn mark(
    marks: &mut [bool],
    candidates: &[bool],
    batch: &RecordBatch,
    predicate: &Predicate,
    places: &[Place],
) -> Result<(), SegmentError> {
    let mut mark = |holds: &mut dyn FnMut(usize) -> bool| {
        for row in 0..marks.len() {
            marks[row] = marks[row] || (candidates[row] && holds(row));
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
    let value_at = move |row| {
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
        of_int().or_else(of_double).or_else(of_bool).unwrap_or_default()
    };
    Box::new(move |row| array.is_valid(row) && canonical_text(&value_at(row)) == text)
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
