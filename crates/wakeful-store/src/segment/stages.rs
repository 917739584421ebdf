//! The conditions of a filter, one after the other, over the columns that decide each.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, BinaryArray, MapArray, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt8Array, UInt64Array,
};
use rustc_hash::FxHashMap;
use wakeful_model::{Attribute, Scope, Value, canonical_text};
use wakeful_wire::otlp::{SpanView, decode_resource, decode_scope};

use super::SegmentError;
use super::columns::{self, Promoted};
use super::meta::RowGroupExtras;
use super::needles::Place;
use super::rows::{SharedColumn, column, each_entry, shared_column};
use crate::filter::{Predicate, SpanFilter, any_is};

/// One condition, and the columns that decide it.
pub(super) enum Stage<'a> {
    Duration(&'a RangeInclusive<u64>),
    Started(&'a RangeInclusive<u64>),
    Text(&'static str, &'a str),
    Service(&'a str),
    /// Of these one must hold; beside each, the places where an attribute may rest.
    Clause(&'a [Predicate], &'a [Vec<Place>]),
}

impl<'a> Stage<'a> {
    /// The conditions of a filter that a row group does not meet as a whole, those first that cost least to decide.
    pub(super) fn of(
        filter: &'a SpanFilter,
        places: &'a [Vec<Vec<Place>>],
        extent: &RowGroupExtras,
    ) -> Vec<Self> {
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
        stages.extend(filter.service.as_deref().map(Self::Service));
        stages.extend(filter.name.as_deref().map(|name| Self::Text(columns::NAME, name)));
        stages
    }

    pub(super) fn columns(&self) -> Vec<String> {
        match self {
            Self::Duration(_) => vec![columns::DURATION.to_owned()],
            Self::Started(_) => vec![columns::START.to_owned()],
            Self::Text(name, _) => vec![(*name).to_owned()],
            Self::Service(_) => vec![columns::SERVICE.to_owned()],
            Self::Clause(clause, places) => clause
                .iter()
                .zip(*places)
                .flat_map(|(predicate, places)| clause_columns(predicate, places))
                .collect(),
        }
    }

    /// For each row, whether it meets the condition.
    pub(super) fn marks(&self, batch: &RecordBatch) -> Result<Vec<bool>, SegmentError> {
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
            Self::Service(wanted) => {
                let services = shared_column::<StringArray>(batch, columns::SERVICE)?;
                (0..batch.num_rows())
                    .map(|row| services.value(row) == *wanted)
                    .collect()
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
            mark(&mut by_encoded(shared_column(batch, columns::SCOPE)?, |bytes| {
                holds(decode_scope(bytes))
            }));
        }
        Predicate::ScopeVersion(wanted) => {
            let holds = |scope: Scope| scope.version == *wanted;
            mark(&mut by_encoded(shared_column(batch, columns::SCOPE)?, |bytes| {
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
        Place::Scope => Box::new(by_encoded(shared_column(batch, columns::SCOPE)?, move |bytes| {
            has(&decode_scope(bytes).attributes)
        })),
        Place::Resource => Box::new(by_encoded(
            shared_column(batch, columns::RESOURCE)?,
            move |bytes| has(&decode_resource(bytes).attributes),
        )),
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
    array: SharedColumn<'a, BinaryArray>,
    holds: impl Fn(&[u8]) -> bool + 'a,
) -> impl FnMut(usize) -> bool + 'a {
    let mut known: FxHashMap<i32, bool> = FxHashMap::default();
    move |row| {
        *known
            .entry(array.keys().value(row))
            .or_insert_with(|| holds(array.value(row)))
    }
}
