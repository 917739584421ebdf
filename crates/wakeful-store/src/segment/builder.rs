//! Rows of spans into columns.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int32Builder,
    Int64Builder, MapBuilder, MapFieldNames, StringBuilder, TimestampNanosecondBuilder, UInt8Builder,
    UInt32Builder, UInt64Builder,
};
use arrow_array::{Array, ArrayRef, BinaryArray, Int32DictionaryArray, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};
use rustc_hash::FxHashMap;
use wakeful_model::{SpanId, TraceId};
use wakeful_wire::otlp::{SpanView, ValueView};

use super::columns::{self, ColumnType, Promoted};
use super::key_order::KeyOrder;
use super::needles::Place;

/// Rows, and bytes of them, that are written at once.
const ROWS_MAX: usize = 4096;
const BYTES_MAX: usize = 8 << 20;

/// What rows share with others, each value once.
#[derive(Debug)]
pub(crate) struct SharedValues {
    pub(crate) services: StringArray,
    /// What `Batch::encoded_resource` gives.
    pub(crate) resources: BinaryArray,
    /// What `Batch::encoded_scope` gives.
    pub(crate) scopes: BinaryArray,
}

/// What a row shares with others: numbers of [`SharedValues`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    pub(crate) service: i32,
    pub(crate) resource: i32,
    pub(crate) scope: i32,
}

/// Builders of all columns of a segment.
pub(crate) struct RowBuilder {
    schema: SchemaRef,
    rows: usize,
    /// What the rows hold, about.
    bytes: usize,
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    parent_span_id: FixedSizeBinaryBuilder,
    start: TimestampNanosecondBuilder,
    duration: UInt64Builder,
    service: SharedBuilder,
    name: StringBuilder,
    kind: UInt8Builder,
    status_code: UInt8Builder,
    status_message: StringBuilder,
    trace_state: StringBuilder,
    flags: UInt32Builder,
    resource: SharedBuilder,
    scope: SharedBuilder,
    dropped_attributes: UInt32Builder,
    dropped_events: UInt32Builder,
    dropped_links: UInt32Builder,
    events: BinaryBuilder,
    links: BinaryBuilder,
    key_order: KeyOrder,
    attribute_keys: StringBuilder,
    promoted: Vec<PromotedBuilder>,
    promoted_of_key: FxHashMap<String, usize>,
    strings: Residual<StringBuilder>,
    ints: Residual<Int64Builder>,
    doubles: Residual<Float64Builder>,
    bools: Residual<BooleanBuilder>,
    others: Residual<BinaryBuilder>,
}

/// A column of numbers of values that are known beforehand.
struct SharedBuilder {
    values: ArrayRef,
    numbers: Int32Builder,
}

struct PromotedBuilder {
    values: PromotedValues,
    /// Rows that have a value or a null already; a second value of a row goes to the residual map.
    filled: usize,
}

enum PromotedValues {
    String(StringBuilder),
    Int(Int64Builder),
    Double(Float64Builder),
    Bool(BooleanBuilder),
}

impl RowBuilder {
    pub(crate) fn new(promoted: &[Promoted], shared: SharedValues) -> Self {
        let strings = StringBuilder::new;
        Self {
            schema: columns::schema(promoted),
            rows: 0,
            bytes: 0,
            trace_id: FixedSizeBinaryBuilder::new(16),
            span_id: FixedSizeBinaryBuilder::new(8),
            parent_span_id: FixedSizeBinaryBuilder::new(8),
            start: TimestampNanosecondBuilder::new().with_timezone("UTC"),
            duration: UInt64Builder::new(),
            service: SharedBuilder::new(shared.services),
            name: strings(),
            kind: UInt8Builder::new(),
            status_code: UInt8Builder::new(),
            status_message: strings(),
            trace_state: strings(),
            flags: UInt32Builder::new(),
            resource: SharedBuilder::new(shared.resources),
            scope: SharedBuilder::new(shared.scopes),
            dropped_attributes: UInt32Builder::new(),
            dropped_events: UInt32Builder::new(),
            dropped_links: UInt32Builder::new(),
            events: BinaryBuilder::new(),
            links: BinaryBuilder::new(),
            key_order: KeyOrder::default(),
            attribute_keys: strings(),
            promoted: promoted
                .iter()
                .map(|promoted| PromotedBuilder::new(promoted.column_type))
                .collect(),
            promoted_of_key: promoted
                .iter()
                .enumerate()
                .map(|(index, promoted)| (promoted.key.clone(), index))
                .collect(),
            strings: Residual::new(DataType::Utf8),
            ints: Residual::new(DataType::Int64),
            doubles: Residual::new(DataType::Float64),
            bools: Residual::new(DataType::Boolean),
            others: Residual::new(DataType::Binary),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the rows should be written before there are more: an array holds 2 GiB at most, and memory less.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= ROWS_MAX || self.bytes >= BYTES_MAX
    }

    /// Adds a span of a checked batch; `each_attribute` sees its attributes on the way, and where they rest.
    pub(crate) fn append(
        &mut self,
        span: &SpanView<'_>,
        shared: Shared,
        mut each_attribute: impl FnMut(Place, &str, ValueView<'_>),
    ) -> Result<(), ArrowError> {
        // Spans of a checked batch have ids; the fallbacks keep rows aligned all the same.
        self.trace_id
            .append_value(span.trace_id().map_or([0; 16], TraceId::to_bytes))?;
        self.span_id
            .append_value(span.span_id().map_or([0; 8], SpanId::to_bytes))?;
        match span.parent_span_id() {
            Some(id) => self.parent_span_id.append_value(id.to_bytes())?,
            None => self.parent_span_id.append_null(),
        }
        // Times beyond 2262 wrap around; the reader unwraps them.
        self.start.append_value(span.start_unix_nanos as i64);
        self.duration
            .append_value(span.end_unix_nanos.saturating_sub(span.start_unix_nanos));
        self.service.numbers.append_value(shared.service);
        self.name.append_value(span.name);
        self.kind.append_value(span.kind() as u8);
        self.status_code.append_value(span.status_code() as u8);
        self.status_message.append_option(some_text(span.status_message));
        self.trace_state.append_option(some_text(span.trace_state));
        self.flags.append_value(span.flags);
        self.resource.numbers.append_value(shared.resource);
        self.scope.numbers.append_value(shared.scope);
        self.dropped_attributes
            .append_value(span.dropped_attributes_count);
        self.dropped_events.append_value(span.dropped_events_count);
        self.dropped_links.append_value(span.dropped_links_count);
        self.events
            .append_option(span.has_events.then(|| span.encoded_events()));
        self.links
            .append_option(span.has_links.then(|| span.encoded_links()));

        self.key_order.start();
        for (key, value) in span.attributes() {
            let (place, shelf) = self.append_attribute(key, value);
            self.key_order.push(key, shelf);
            each_attribute(place, key, value);
        }
        self.attribute_keys.append_option(self.key_order.finish());
        self.rows += 1;
        self.bytes += span.encoded_len();
        for promoted in &mut self.promoted {
            promoted.fill(self.rows);
        }
        self.strings.finish_row()?;
        self.ints.finish_row()?;
        self.doubles.finish_row()?;
        self.bools.finish_row()?;
        self.others.finish_row()
    }

    /// Puts a value where it belongs; the number says when it is read among others of its key.
    fn append_attribute(&mut self, key: &str, value: ValueView<'_>) -> (Place, u8) {
        if let Some(index) = self.promoted_of_key.get(key)
            && self.promoted[*index].append(self.rows, value)
        {
            return (Place::Promoted, 0);
        }
        // `rows::Columns::attributes` reads the maps in this order.
        let shelf = match value {
            ValueView::String(text) => {
                self.strings.of(key).append_value(text);
                1
            }
            ValueView::Int(value) => {
                self.ints.of(key).append_value(value);
                2
            }
            ValueView::Double(value) => {
                self.doubles.of(key).append_value(value);
                3
            }
            ValueView::Bool(value) => {
                self.bools.of(key).append_value(value);
                4
            }
            ValueView::Empty | ValueView::Bytes(_) | ValueView::Array(_) | ValueView::Map(_) => {
                self.others
                    .of(key)
                    .append_value(wakeful_wire::otlp::encode_value(&value.to_model()));
                5
            }
        };
        (Place::Residual, shelf)
    }

    /// The rows so far, as a record batch; the builder is empty then.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.parent_span_id.finish()),
            Arc::new(self.start.finish()),
            Arc::new(self.duration.finish()),
            self.service.finish()?,
            Arc::new(self.name.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.status_code.finish()),
            Arc::new(self.status_message.finish()),
            Arc::new(self.trace_state.finish()),
            Arc::new(self.flags.finish()),
            self.resource.finish()?,
            self.scope.finish()?,
            Arc::new(self.dropped_attributes.finish()),
            Arc::new(self.dropped_events.finish()),
            Arc::new(self.dropped_links.finish()),
            Arc::new(self.events.finish()),
            Arc::new(self.links.finish()),
            Arc::new(self.attribute_keys.finish()),
        ];
        arrays.extend(self.promoted.iter_mut().map(PromotedBuilder::finish));
        arrays.push(self.strings.finish());
        arrays.push(self.ints.finish());
        arrays.push(self.doubles.finish());
        arrays.push(self.bools.finish());
        arrays.push(self.others.finish());
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

fn some_text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

impl SharedBuilder {
    fn new(values: impl Array + 'static) -> Self {
        Self {
            values: Arc::new(values),
            numbers: Int32Builder::new(),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let values = Arc::clone(&self.values);
        Ok(Arc::new(Int32DictionaryArray::try_new(
            self.numbers.finish(),
            values,
        )?))
    }
}

impl PromotedBuilder {
    fn new(column_type: ColumnType) -> Self {
        let values = match column_type {
            ColumnType::String => PromotedValues::String(StringBuilder::new()),
            ColumnType::Int => PromotedValues::Int(Int64Builder::new()),
            ColumnType::Double => PromotedValues::Double(Float64Builder::new()),
            ColumnType::Bool => PromotedValues::Bool(BooleanBuilder::new()),
        };
        Self { values, filled: 0 }
    }

    /// Takes the value of row number `row`, if it is the row's first and of the column's type.
    fn append(&mut self, row: usize, value: ValueView<'_>) -> bool {
        if self.filled > row {
            return false;
        }
        match (&mut self.values, value) {
            (PromotedValues::String(builder), ValueView::String(text)) => builder.append_value(text),
            (PromotedValues::Int(builder), ValueView::Int(value)) => builder.append_value(value),
            (PromotedValues::Double(builder), ValueView::Double(value)) => builder.append_value(value),
            (PromotedValues::Bool(builder), ValueView::Bool(value)) => builder.append_value(value),
            _ => return false,
        }
        self.filled += 1;
        true
    }

    /// Completes the column to `rows`.
    fn fill(&mut self, rows: usize) {
        if self.filled < rows {
            self.filled = rows;
            match &mut self.values {
                PromotedValues::String(builder) => builder.append_null(),
                PromotedValues::Int(builder) => builder.append_null(),
                PromotedValues::Double(builder) => builder.append_null(),
                PromotedValues::Bool(builder) => builder.append_null(),
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        self.filled = 0;
        match &mut self.values {
            PromotedValues::String(builder) => Arc::new(builder.finish()),
            PromotedValues::Int(builder) => Arc::new(builder.finish()),
            PromotedValues::Double(builder) => Arc::new(builder.finish()),
            PromotedValues::Bool(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A map column of the attributes of one type that have no column of their own.
struct Residual<B: ArrayBuilder> {
    builder: MapBuilder<StringBuilder, B>,
    entries: usize,
}

impl<B: ArrayBuilder + Default> Residual<B> {
    fn new(value: DataType) -> Self {
        let names = MapFieldNames {
            entry: "entries".to_owned(),
            key: "key".to_owned(),
            value: "value".to_owned(),
        };
        let builder = MapBuilder::new(Some(names), StringBuilder::new(), B::default())
            .with_values_field(Field::new("value", value, false));
        Self { builder, entries: 0 }
    }

    fn of(&mut self, key: &str) -> &mut B {
        self.entries += 1;
        self.builder.keys().append_value(key);
        self.builder.values()
    }

    fn finish_row(&mut self) -> Result<(), ArrowError> {
        self.builder.append(std::mem::take(&mut self.entries) > 0)
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}
