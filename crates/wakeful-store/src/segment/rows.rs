//! Rows of a segment back into spans.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, MapArray,
    RecordBatch, StringArray, TimestampNanosecondArray, TypedDictionaryArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use parquet::schema::types::SchemaDescriptor;
use rustc_hash::FxHashMap;
use wakeful_model::{Attribute, Kind, Span, SpanBatch, SpanId, Status, StatusCode, TraceId, Value};
use wakeful_wire::otlp::{SpanView, decode_value};

use super::columns::{self, ColumnType, Promoted};
use super::key_order::{self, Next};
use super::{Segment, SegmentError};
use crate::assembly::Assembly;

/// Rows that are decoded at once.
pub(super) const BATCH_ROWS: usize = 4096;

impl Segment {
    /// Reads the given rows (first and count, ascending, not overlapping); spans of traces that are not wanted are
    /// left out.
    pub(crate) fn read_spans(&self, ranges: &[(u32, u32)], into: &mut Assembly) -> Result<(), SegmentError> {
        if ranges.is_empty() {
            return Ok(());
        }
        let footer = self.footer()?;
        let (groups, selection) = self.select(ranges);
        let batch_rows = batch_rows(ranges, BATCH_ROWS);
        for batch in self.read_levels(&footer, groups, Some(selection), &footer.filled, batch_rows)? {
            Columns::new(&batch?)?.read_into(into);
        }
        Ok(())
    }

    /// Earliest start of a span of a trace here.
    pub(crate) fn trace_start(&self, trace: TraceId) -> Result<Option<u64>, SegmentError> {
        let ranges = self.rows_of(trace)?;
        let mut first = None;
        self.read_columns(&ranges, &[columns::TRACE_ID, columns::START], |batch| {
            let ids: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
            let own = ids
                .iter()
                .zip(starts.values())
                .filter(|(id, _)| *id == Some(trace.to_bytes().as_slice()));
            first = own.map(|(_, start)| *start as u64).chain(first).min();
            Ok(())
        })?;
        Ok(first)
    }

    /// Reads some columns of the given rows (first and count, ascending, not overlapping).
    pub(super) fn read_columns(
        &self,
        ranges: &[(u32, u32)],
        names: &[impl AsRef<str>],
        mut each: impl FnMut(&RecordBatch) -> Result<(), SegmentError>,
    ) -> Result<(), SegmentError> {
        if ranges.is_empty() {
            return Ok(());
        }
        let footer = self.footer()?;
        let mask = project(footer.metadata.file_metadata().schema_descr(), names);
        let (groups, selection) = self.select(ranges);
        let batch_rows = batch_rows(ranges, BATCH_ROWS);
        for batch in self.read(&footer, groups, Some(selection), mask, batch_rows)? {
            each(&batch?)?;
        }
        Ok(())
    }

    /// Reads all rows, some thousands at a time: as many as it takes for what they share to be the smaller part, since
    /// each time has it anew.
    pub(crate) fn read_all(
        &self,
        mut each: impl FnMut(SpanBatch) -> Result<(), SegmentError>,
    ) -> Result<(), SegmentError> {
        let footer = self.footer()?;
        let groups = (0..self.row_groups().len()).collect();
        let mut all = Assembly::everything();
        let mut bytes = 0;
        for batch in self.read(&footer, groups, None, ProjectionMask::all(), BATCH_ROWS)? {
            let batch = batch?;
            Columns::new(&batch)?.read_into(&mut all);
            bytes += own_bytes(&batch);
            if bytes >= all.shared_bytes() {
                each(all.take_everything())?;
                all = Assembly::everything();
                bytes = 0;
            }
        }
        if bytes > 0 {
            each(all.take_everything())?;
        }
        Ok(())
    }

    /// The row groups that hold the rows, and the rows within them.
    pub(super) fn select(&self, ranges: &[(u32, u32)]) -> (Vec<usize>, RowSelection) {
        let (mut groups, mut selectors) = (Vec::new(), Vec::new());
        let mut group_start = 0_u32;
        let mut ranges = ranges.iter().copied().peekable();
        for (number, group) in self.row_groups().iter().enumerate() {
            let group_end = group_start + group.rows;
            let mut at = group_start;
            while let Some((first, count)) = ranges.peek_mut().filter(|(first, _)| *first < group_end) {
                if at == group_start {
                    groups.push(number);
                }
                let end = (*first + *count).min(group_end);
                selectors.push(RowSelector::skip((*first - at) as usize));
                selectors.push(RowSelector::select((end - *first) as usize));
                at = end;
                // A trace may go on in the next row group.
                *count -= end - *first;
                *first = end;
                if *count == 0 {
                    ranges.next();
                } else {
                    break;
                }
            }
            if at > group_start {
                selectors.push(RowSelector::skip((group_end - at) as usize));
            }
            group_start = group_end;
        }
        (groups, RowSelection::from(selectors))
    }
}

/// The columns of a record batch that has all of them.
struct Columns<'a> {
    rows: usize,
    trace_id: &'a FixedSizeBinaryArray,
    span_id: &'a FixedSizeBinaryArray,
    parent_span_id: Option<&'a FixedSizeBinaryArray>,
    start: &'a TimestampNanosecondArray,
    duration: &'a UInt64Array,
    name: &'a StringArray,
    kind: &'a UInt8Array,
    status_code: &'a UInt8Array,
    status_message: Option<&'a StringArray>,
    trace_state: Option<&'a StringArray>,
    flags: &'a UInt32Array,
    resource: SharedColumn<'a, BinaryArray>,
    scope: SharedColumn<'a, BinaryArray>,
    dropped_attributes: &'a UInt32Array,
    dropped_events: &'a UInt32Array,
    dropped_links: &'a UInt32Array,
    events: Option<&'a BinaryArray>,
    links: Option<&'a BinaryArray>,
    attribute_keys: Option<&'a StringArray>,
    promoted: Vec<(Promoted, &'a ArrayRef)>,
    residual: Vec<&'a MapArray>,
}

/// How many rows are decoded at once: room for all of them is taken beforehand, so no more than there are, and at
/// most `rows_max`.
pub(super) fn batch_rows(ranges: &[(u32, u32)], rows_max: usize) -> usize {
    let rows: usize = ranges.iter().map(|(_, count)| *count as usize).sum();
    rows.clamp(1, rows_max)
}

/// The columns that have a value in one of the row groups: the others need no reading.
pub(super) fn filled(
    metadata: &ParquetMetaData,
    groups: impl Iterator<Item = usize> + Clone,
) -> ProjectionMask {
    let schema = metadata.file_metadata().schema_descr();
    let is_filled = |leaf: &usize| {
        groups.clone().any(|group| {
            let chunk = metadata.row_group(group).column(*leaf);
            let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
            nulls.is_none_or(|nulls| nulls < chunk.num_values() as u64)
        })
    };
    ProjectionMask::leaves(schema, (0..schema.num_columns()).filter(is_filled))
}

/// The columns of the given names; those that a segment does not have are left out. (Names of promoted attributes
/// have dots in them, which Parquet's own way to name columns takes for nesting.)
pub(super) fn project(schema: &SchemaDescriptor, names: &[impl AsRef<str>]) -> ProjectionMask {
    let fields = schema.root_schema().get_fields().iter().enumerate();
    let wanted = fields.filter(|(_, field)| names.iter().any(|name| name.as_ref() == field.name()));
    ProjectionMask::roots(schema, wanted.map(|(index, _)| index))
}

/// A column of a record batch, by name and type.
pub(super) fn column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a A, SegmentError> {
    let array = batch
        .column_by_name(name)
        .ok_or(SegmentError::Format("a column is missing"))?;
    array.as_any().downcast_ref().ok_or(SegmentError::Format(
        "a column has another type than wakeful writes",
    ))
}

/// A column of values that rows share ([`columns::SHARED`]).
pub(super) type SharedColumn<'a, A> = TypedDictionaryArray<'a, Int32Type, A>;

/// A column of [`columns::SHARED`] of a record batch.
pub(super) fn shared_column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<SharedColumn<'a, A>, SegmentError> {
    let array: &DictionaryArray<Int32Type> = column(batch, name)?;
    array.downcast_dict().ok_or(SegmentError::Format(
        "a column has values of another type than wakeful writes",
    ))
}

/// A column that is left out where it has no value.
pub(super) fn optional_column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<Option<&'a A>, SegmentError> {
    match batch.column_by_name(name) {
        Some(_) => column(batch, name).map(Some),
        None => Ok(None),
    }
}

/// About what the rows of a batch have for themselves.
fn own_bytes(batch: &RecordBatch) -> usize {
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let own = fields.filter(|(field, _)| !columns::SHARED.contains(&field.name().as_str()));
    own.map(|(_, array)| array.get_array_memory_size()).sum()
}

impl<'a> Columns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, SegmentError> {
        let fields = batch.schema_ref().fields().iter().zip(batch.columns());
        Ok(Self {
            rows: batch.num_rows(),
            trace_id: column(batch, columns::TRACE_ID)?,
            span_id: column(batch, columns::SPAN_ID)?,
            parent_span_id: optional_column(batch, columns::PARENT_SPAN_ID)?,
            start: column(batch, columns::START)?,
            duration: column(batch, columns::DURATION)?,
            name: column(batch, columns::NAME)?,
            kind: column(batch, columns::KIND)?,
            status_code: column(batch, columns::STATUS_CODE)?,
            status_message: optional_column(batch, columns::STATUS_MESSAGE)?,
            trace_state: optional_column(batch, columns::TRACE_STATE)?,
            flags: column(batch, columns::FLAGS)?,
            resource: shared_column(batch, columns::RESOURCE)?,
            scope: shared_column(batch, columns::SCOPE)?,
            dropped_attributes: column(batch, columns::DROPPED_ATTRIBUTES)?,
            dropped_events: column(batch, columns::DROPPED_EVENTS)?,
            dropped_links: column(batch, columns::DROPPED_LINKS)?,
            events: optional_column(batch, columns::EVENTS)?,
            links: optional_column(batch, columns::LINKS)?,
            attribute_keys: optional_column(batch, columns::ATTRIBUTE_KEYS)?,
            promoted: fields
                .filter_map(|(field, array)| Some((Promoted::of_field(field)?, array)))
                .collect(),
            residual: [
                columns::STRINGS,
                columns::INTS,
                columns::DOUBLES,
                columns::BOOLS,
                columns::OTHERS,
            ]
            .into_iter()
            .filter_map(|name| optional_column(batch, name).transpose())
            .collect::<Result<_, _>>()?,
        })
    }

    fn read_into(&self, into: &mut Assembly) {
        let mut orders = FxHashMap::default();
        // To hash a large value anew for each row would take long. Each trace has numbers of its own.
        let mut resources: FxHashMap<(Option<TraceId>, i32), u32> = FxHashMap::default();
        let mut scopes: FxHashMap<(Option<TraceId>, i32), u32> = FxHashMap::default();
        let is_everything = into.is_everything();
        for row in 0..self.rows {
            let Some(trace_id) = TraceId::from_bytes(self.trace_id.value(row)) else {
                continue;
            };
            let Some(assembled) = into.of(trace_id) else {
                continue;
            };
            let of = (!is_everything).then_some(trace_id);
            let resource = *resources
                .entry((of, self.resource.keys().value(row)))
                .or_insert_with(|| assembled.resource(self.resource.value(row)));
            let scope = *scopes
                .entry((of, self.scope.keys().value(row)))
                .or_insert_with(|| assembled.scope(self.scope.value(row)));
            let span = self.span(row, trace_id, &mut orders);
            assembled.batch.spans.extend(span.map(|span| Span {
                resource,
                scope,
                ..span
            }));
        }
    }

    fn span<'b>(
        &'b self,
        row: usize,
        trace_id: TraceId,
        orders: &mut FxHashMap<&'b str, Vec<Next>>,
    ) -> Option<Span> {
        let start_unix_nanos = self.start.value(row) as u64;
        let parent = self
            .parent_span_id
            .filter(|ids| ids.is_valid(row))
            .map(|ids| ids.value(row));
        let events = optional(self.events, row).map(SpanView::new);
        let links = optional(self.links, row).map(SpanView::new);
        Some(Span {
            trace_id,
            span_id: SpanId::from_bytes(self.span_id.value(row))?,
            parent_span_id: parent.and_then(SpanId::from_bytes),
            trace_state: text(self.trace_state, row),
            flags: self.flags.value(row),
            name: self.name.value(row).to_owned(),
            kind: Kind::from_otlp(u64::from(self.kind.value(row))),
            start_unix_nanos,
            end_unix_nanos: start_unix_nanos.saturating_add(self.duration.value(row)),
            attributes: self.attributes(row, orders),
            dropped_attributes_count: self.dropped_attributes.value(row),
            events: events
                .map(|span| span.events().map(|event| event.to_model()).collect())
                .unwrap_or_default(),
            dropped_events_count: self.dropped_events.value(row),
            links: links
                .map(|span| span.links().map(|link| link.to_model()).collect())
                .unwrap_or_default(),
            dropped_links_count: self.dropped_links.value(row),
            status: Status {
                code: StatusCode::from_otlp(u64::from(self.status_code.value(row))),
                message: text(self.status_message, row),
            },
            resource: 0,
            scope: 0,
        })
    }

    /// The attributes of a row, in the client's order.
    fn attributes<'b>(&'b self, row: usize, orders: &mut FxHashMap<&'b str, Vec<Next>>) -> Vec<Attribute> {
        let promoted = self.promoted.iter().filter(|(_, array)| array.is_valid(row));
        let mut attributes: Vec<_> = promoted
            .filter_map(|(promoted, array)| {
                let value = match promoted.column_type {
                    ColumnType::String => array.as_string_opt::<i32>()?.value(row).into(),
                    ColumnType::Int => Value::Int(array.as_primitive_opt::<Int64Type>()?.value(row)),
                    ColumnType::Double => Value::Double(array.as_primitive_opt::<Float64Type>()?.value(row)),
                    ColumnType::Bool => Value::Bool(array.as_boolean_opt()?.value(row)),
                };
                Some(Attribute {
                    key: promoted.key.clone(),
                    value,
                })
            })
            .collect();
        for map in self.residual.iter().filter(|map| map.is_valid(row)) {
            each_entry(map, row, |key, value| attributes.push(Attribute::new(key, value)));
        }
        // A stable sort keeps several values of a key and a type in their order.
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        if let Some(lists) = self.attribute_keys.filter(|lists| lists.is_valid(row)) {
            let list = lists.value(row);
            reorder(
                &mut attributes,
                orders.entry(list).or_insert_with(|| key_order::parse(list)),
            );
        }
        attributes
    }
}

/// Puts sorted attributes into an order.
fn reorder(attributes: &mut Vec<Attribute>, order: &[Next]) {
    // From each key to the first of its values, and how many are placed; several of a key are neighbours.
    let mut places: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
    for (place, attribute) in attributes.iter().enumerate().rev() {
        places.insert(&attribute.key, (place, 0));
    }
    let mut ordered = Vec::with_capacity(attributes.len());
    for next in order {
        let place = match next {
            Next::OfKey(key) => places.get_mut(key.as_str()).map(|(first, placed)| {
                *placed += 1;
                (key, *first + *placed - 1)
            }),
            Next::Numbered(key, number) => places.get(key.as_str()).map(|(first, _)| (key, first + number)),
        };
        let is_there = |(key, place): &(&String, usize)| {
            let attribute = attributes.get(*place);
            attribute.is_some_and(|attribute| attribute.key == **key)
        };
        ordered.extend(place.filter(is_there).map(|(_, place)| place));
    }
    let mut sorted: Vec<_> = std::mem::take(attributes).into_iter().map(Some).collect();
    attributes.extend(ordered.into_iter().filter_map(|place| sorted[place].take()));
    // The list names them all; should it not, nothing is lost.
    attributes.extend(sorted.into_iter().flatten());
}

/// Calls `each` with every entry of a row of a residual map.
pub(super) fn each_entry<'a>(map: &'a MapArray, row: usize, mut each: impl FnMut(&'a str, Value)) {
    let Some(keys) = map.keys().as_string_opt::<i32>() else {
        return;
    };
    let values = map.values();
    let offsets = map.value_offsets();
    for entry in offsets[row] as usize..offsets[row + 1] as usize {
        let value = if let Some(array) = values.as_string_opt::<i32>() {
            array.value(entry).into()
        } else if let Some(array) = values.as_primitive_opt::<Int64Type>() {
            Value::Int(array.value(entry))
        } else if let Some(array) = values.as_primitive_opt::<Float64Type>() {
            Value::Double(array.value(entry))
        } else if let Some(array) = values.as_boolean_opt() {
            Value::Bool(array.value(entry))
        } else if let Some(array) = values.as_binary_opt::<i32>() {
            decode_value(array.value(entry))
        } else {
            Value::Empty
        };
        each(keys.value(entry), value);
    }
}

fn optional(array: Option<&BinaryArray>, row: usize) -> Option<&[u8]> {
    array
        .filter(|array| array.is_valid(row))
        .map(|array| array.value(row))
}

fn text(array: Option<&StringArray>, row: usize) -> String {
    let text = array
        .filter(|array| array.is_valid(row))
        .map(|array| array.value(row));
    text.unwrap_or_default().to_owned()
}
