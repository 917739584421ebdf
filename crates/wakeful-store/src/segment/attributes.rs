//! One thing about all spans of a trace, from the columns that hold it.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, MapArray, RecordBatch, StringArray, UInt8Array,
};
use rustc_hash::FxHashMap;
use wakeful_model::{Kind, SpanId, TraceId, Value, WARNINGS_KEY, canonical_text};
use wakeful_wire::otlp::SpanView;

use super::columns::{self, PROMOTED_PREFIX, Promoted};
use super::rows::{column, each_entry, optional_column};
use super::{Segment, SegmentError};
use crate::text::{KeyQuery, TextQuery};
use crate::trace_attributes::{STATUS_MESSAGE_KEY, SpanKey, TextPlaces, is_in_events};

/// Columns of attributes that have none of their own.
const RESIDUAL: [&str; 5] = [
    columns::STRINGS,
    columns::INTS,
    columns::DOUBLES,
    columns::BOOLS,
    columns::OTHERS,
];

impl Segment {
    /// Calls `each` with the first value of an attribute of every span that has it.
    pub(crate) fn each_value(
        &self,
        trace: TraceId,
        key: &str,
        mut each: impl FnMut(SpanKey, Value),
    ) -> Result<(), SegmentError> {
        let own = format!("{PROMOTED_PREFIX}{key}");
        let mut names = vec![columns::SPAN_ID, columns::KIND, &own];
        names.extend(RESIDUAL);
        let ranges = self.rows_of_one(trace)?;
        self.read_filled(&ranges, &names, &[] as &[&str], |batch| {
            let spans = Spans::of(batch)?;
            let promoted = batch.column_by_name(&own);
            let maps = residual(batch)?;
            for row in 0..batch.num_rows() {
                let mut first = promoted
                    .filter(|array| array.is_valid(row))
                    .and_then(|array| value_at(array, row));
                for map in maps.iter().filter(|map| map.is_valid(row)) {
                    each_entry(map, row, |found, value| {
                        if found == key && first.is_none() {
                            first = Some(value);
                        }
                    });
                }
                if let Some((span, value)) = spans.key(row).zip(first) {
                    each(span, value);
                }
            }
            Ok(())
        })
    }

    /// Calls `each` with every key of the spans' attributes, often more than once.
    pub(crate) fn each_key(&self, trace: TraceId, mut each: impl FnMut(&str)) -> Result<(), SegmentError> {
        let ranges = self.rows_of_one(trace)?;
        let mut names = self.promoted_names()?;
        names.extend(RESIDUAL.map(str::to_owned));
        self.read_filled(&ranges, &names, &[] as &[&str], |batch| {
            for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                match Promoted::of_field(field) {
                    Some(promoted) if array.null_count() < array.len() => each(&promoted.key),
                    _ => {}
                }
            }
            for map in residual(batch)? {
                let keys = map.keys().as_string_opt::<i32>();
                keys.into_iter()
                    .flat_map(StringArray::iter)
                    .flatten()
                    .for_each(&mut each);
            }
            Ok(())
        })
    }

    /// Calls `each` with every span that has events, which are all that the view has.
    pub(crate) fn each_with_events(
        &self,
        trace: TraceId,
        each: impl FnMut(SpanKey, SpanView<'_>),
    ) -> Result<(), SegmentError> {
        self.each_view(trace, columns::EVENTS, each)
    }

    /// Calls `each` with every span that has links, which are all that the view has.
    pub(crate) fn each_with_links(
        &self,
        trace: TraceId,
        each: impl FnMut(SpanKey, SpanView<'_>),
    ) -> Result<(), SegmentError> {
        self.each_view(trace, columns::LINKS, each)
    }

    fn each_view(
        &self,
        trace: TraceId,
        name: &str,
        mut each: impl FnMut(SpanKey, SpanView<'_>),
    ) -> Result<(), SegmentError> {
        let ranges = self.rows_of_one(trace)?;
        self.read_filled(
            &ranges,
            &[columns::SPAN_ID, columns::KIND, name],
            &[] as &[&str],
            |batch| {
                let spans = Spans::of(batch)?;
                let Some(encoded): Option<&BinaryArray> = optional_column(batch, name)? else {
                    return Ok(());
                };
                for row in (0..batch.num_rows()).filter(|row| encoded.is_valid(*row)) {
                    if let Some(span) = spans.key(row) {
                        each(span, SpanView::new(encoded.value(row)));
                    }
                }
                Ok(())
            },
        )
    }

    /// Finds where a text stands in attributes, events, or what is said of a status.
    pub(crate) fn find_text(
        &self,
        trace: TraceId,
        query: &TextQuery,
    ) -> Result<Vec<(SpanKey, TextPlaces)>, SegmentError> {
        let mut hits = Vec::new();
        let ranges = self.rows_of_one(trace)?;
        let promoted = self.promoted_names()?;
        // Values that repeat are looked at once; those that do not would only be sorted out.
        let dictionaries = self.dictionaries(&ranges, &promoted)?;
        let mut names = promoted;
        let others = [
            columns::SPAN_ID,
            columns::KIND,
            columns::EVENTS,
            columns::STATUS_MESSAGE,
        ];
        names.extend(others.iter().chain(&RESIDUAL).map(|name| (*name).to_owned()));
        self.read_filled(&ranges, &names, &dictionaries, |batch| {
            let mut found = vec![TextPlaces::default(); batch.num_rows()];
            find_in(batch, query, &mut found)?;
            let spans = Spans::of(batch)?;
            let found = found
                .iter()
                .enumerate()
                .filter(|(_, places)| **places != TextPlaces::default());
            hits.extend(found.filter_map(|(row, places)| Some((spans.key(row)?, *places))));
            Ok(())
        })?;
        Ok(hits)
    }

    /// Names of the columns of single attributes.
    fn promoted_names(&self) -> Result<Vec<String>, SegmentError> {
        let footer = self.footer()?;
        let fields = footer.fields.iter();
        let promoted = fields.filter(|field| Promoted::of_field(field).is_some());
        Ok(promoted.map(|field| field.name().clone()).collect())
    }

    /// Those of the named columns of text that rest as dictionaries wherever the rows are.
    fn dictionaries(&self, ranges: &[(u32, u32)], names: &[String]) -> Result<Vec<String>, SegmentError> {
        let footer = self.footer()?;
        let (groups, _) = self.select(ranges);
        let fields = footer.fields.iter().enumerate();
        let fields = fields.filter(|(_, field)| names.contains(field.name()));
        let texts = fields.filter(|(_, field)| *field.data_type() == arrow_schema::DataType::Utf8);
        let rests_so = |root: usize| {
            let schema = footer.schema();
            let leaf = (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == root);
            leaf.is_some_and(|leaf| {
                groups.iter().all(|group| {
                    let chunk = footer.metadata.row_group(*group).column(leaf);
                    chunk.dictionary_page_offset().is_some()
                })
            })
        };
        Ok(texts
            .filter(|(root, _)| rests_so(*root))
            .map(|(_, field)| field.name().clone())
            .collect())
    }
}

/// The columns that tell spans apart.
pub(super) struct Spans<'a> {
    ids: &'a FixedSizeBinaryArray,
    kinds: &'a UInt8Array,
}

impl<'a> Spans<'a> {
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self, SegmentError> {
        Ok(Self {
            ids: column(batch, columns::SPAN_ID)?,
            kinds: column(batch, columns::KIND)?,
        })
    }

    pub(super) fn key(&self, row: usize) -> Option<SpanKey> {
        Some(SpanKey {
            id: SpanId::from_bytes(self.ids.value(row))?,
            kind: Kind::from_otlp(u64::from(self.kinds.value(row))),
        })
    }
}

fn residual(batch: &RecordBatch) -> Result<Vec<&MapArray>, SegmentError> {
    let maps = RESIDUAL
        .iter()
        .map(|name| optional_column(batch, name).transpose());
    maps.flatten().collect()
}

fn find_in(batch: &RecordBatch, query: &TextQuery, found: &mut [TextPlaces]) -> Result<(), SegmentError> {
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if let Some(key) = field.name().strip_prefix(PROMOTED_PREFIX) {
            find_in_column(array, &query.for_key(key), |row| found[row].attribute = true);
        }
    }
    let mut of_keys: FxHashMap<&str, KeyQuery<'_>> = FxHashMap::default();
    for map in residual(batch)? {
        for row in (0..batch.num_rows()).filter(|row| map.is_valid(*row)) {
            each_entry(map, row, |key, value| {
                let query = of_keys.entry(key).or_insert_with(|| query.for_key(key));
                if query.all || query.matches(&canonical_text(&value)) {
                    match key {
                        WARNINGS_KEY => found[row].status = true,
                        _ => found[row].attribute = true,
                    }
                }
            });
        }
    }
    if let Some(messages) = optional_column::<StringArray>(batch, columns::STATUS_MESSAGE)? {
        let of_key = query.for_key(STATUS_MESSAGE_KEY);
        for row in (0..messages.len()).filter(|row| messages.is_valid(*row)) {
            let message = messages.value(row);
            found[row].status |= !message.is_empty() && of_key.matches(message);
        }
    }
    if let Some(events) = optional_column::<BinaryArray>(batch, columns::EVENTS)? {
        for row in (0..events.len()).filter(|row| events.is_valid(*row)) {
            found[row].event = is_in_events(SpanView::new(events.value(row)), query);
        }
    }
    Ok(())
}

/// Calls `hit` with the rows of a column of one key whose value matches.
fn find_in_column(array: &ArrayRef, query: &KeyQuery<'_>, mut hit: impl FnMut(usize)) {
    if query.is_hopeless() {
        return;
    }
    if let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() {
        let Some(values) = dictionary.values().as_string_opt::<i32>() else {
            return;
        };
        let matching: Vec<bool> = values
            .iter()
            .map(|value| value.is_some_and(|value| query.matches(value)))
            .collect();
        if !matching.contains(&true) {
            return;
        }
        let keys = dictionary.keys();
        (0..keys.len())
            .filter(|row| keys.is_valid(*row) && matching[keys.value(*row) as usize])
            .for_each(hit);
    } else if let Some(texts) = array.as_string_opt::<i32>() {
        if let Ok(all) = std::str::from_utf8(texts.value_data()) {
            query.matches_of(all, texts.value_offsets(), |row| {
                if texts.is_valid(row) {
                    hit(row);
                }
            });
        }
    } else if let Some(truths) = array.as_boolean_opt() {
        let matching = [query.matches("false"), query.matches("true")];
        (0..truths.len())
            .filter(|row| truths.is_valid(*row) && matching[usize::from(truths.value(*row))])
            .for_each(hit);
    } else if query.may_match_number() {
        for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
            let matches = |value: Value| query.matches(&canonical_text(&value));
            if value_at(array, row).is_some_and(matches) {
                hit(row);
            }
        }
    }
}

/// The value of an attribute's own column, which is not null there.
fn value_at(array: &ArrayRef, row: usize) -> Option<Value> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        Some(texts.value(row).into())
    } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        Some(Value::Int(numbers.value(row)))
    } else if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        Some(Value::Double(numbers.value(row)))
    } else {
        array
            .as_boolean_opt()
            .map(|truths| Value::Bool(truths.value(row)))
    }
}
