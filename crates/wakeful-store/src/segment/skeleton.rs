//! The skeleton of a trace from the few columns that it takes.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, BinaryArray, FixedSizeBinaryArray, MapArray, RecordBatch, TimestampNanosecondArray, UInt8Array,
    UInt64Array,
};
use wakeful_model::{Kind, SpanId, StatusCode, TraceId};
use wakeful_wire::otlp::{SpanView, ValueView};

use super::columns;
use super::dictionary::Dictionary;
use super::rows::{column, optional_column};
use super::{Segment, SegmentError};
use crate::skeleton::{Activity, Marks, SkeletonBuilder, SkeletonSpan, link_marks};

/// The column of `busy_ns` where it is dense.
const BUSY: &str = "attr.busy_ns";

const COLUMNS: [&str; 13] = [
    columns::SPAN_ID,
    columns::PARENT_SPAN_ID,
    columns::START,
    columns::DURATION,
    columns::NAME,
    columns::RESOURCE,
    columns::KIND,
    columns::STATUS_CODE,
    columns::EVENTS,
    columns::LINKS,
    columns::INTS,
    columns::OTHERS,
    BUSY,
];

impl Segment {
    /// Reads the spans of the builder's trace.
    pub(crate) fn read_skeleton(&self, into: &mut SkeletonBuilder) -> Result<(), SegmentError> {
        let ranges = self.rows_of_one(into.skeleton.trace_id)?;
        into.reserve(ranges.iter().map(|(_, rows)| *rows as usize).sum());
        let mut names = Dictionary::default();
        let mut resources = Dictionary::default();
        self.read_filled(&ranges, &COLUMNS, &[columns::NAME], |batch| {
            read(batch, &mut names, &mut resources, into)
        })
    }

    /// Calls `each` with the span ids of the given rows.
    pub(crate) fn read_ids(
        &self,
        ranges: &[(u32, u32)],
        mut each: impl FnMut(&FixedSizeBinaryArray),
    ) -> Result<(), SegmentError> {
        self.read_columns(ranges, &[columns::SPAN_ID], |batch| {
            each(column(batch, columns::SPAN_ID)?);
            Ok(())
        })
    }

    /// The rows of a trace. An index tells traces apart by a hash; the rows of one entry are of one trace.
    pub(super) fn rows_of_one(&self, trace: TraceId) -> Result<Vec<(u32, u32)>, SegmentError> {
        let ranges = self.rows_of(trace)?;
        let firsts: Vec<_> = ranges.iter().map(|(first, _)| (*first, 1)).collect();
        let mut is_own = Vec::with_capacity(ranges.len());
        self.read_columns(&firsts, &[columns::TRACE_ID], |batch| {
            let ids: &FixedSizeBinaryArray = column(batch, columns::TRACE_ID)?;
            is_own.extend(ids.iter().map(|id| id == Some(trace.to_bytes().as_slice())));
            Ok(())
        })?;
        let own = ranges.into_iter().zip(is_own).filter(|(_, is_own)| *is_own);
        Ok(own.map(|(range, _)| range).collect())
    }
}

fn read(
    batch: &RecordBatch,
    names: &mut Dictionary,
    resources: &mut Dictionary,
    into: &mut SkeletonBuilder,
) -> Result<(), SegmentError> {
    let ids: &FixedSizeBinaryArray = column(batch, columns::SPAN_ID)?;
    let parents: Option<&FixedSizeBinaryArray> = optional_column(batch, columns::PARENT_SPAN_ID)?;
    let starts: &TimestampNanosecondArray = column(batch, columns::START)?;
    let durations: &UInt64Array = column(batch, columns::DURATION)?;
    let kinds: &UInt8Array = column(batch, columns::KIND)?;
    let statuses: &UInt8Array = column(batch, columns::STATUS_CODE)?;
    let events: Option<&BinaryArray> = optional_column(batch, columns::EVENTS)?;
    let links: Option<&BinaryArray> = optional_column(batch, columns::LINKS)?;
    let ints: Option<&MapArray> = optional_column(batch, columns::INTS)?;
    let others: Option<&MapArray> = optional_column(batch, columns::OTHERS)?;
    // A client may give the key another type, and then its column has that.
    let busy = batch
        .column_by_name(BUSY)
        .and_then(|array| array.as_primitive_opt::<Int64Type>());
    let mut names = names.of(batch, columns::NAME)?;
    let mut resources = resources.of(batch, columns::RESOURCE)?;
    for row in 0..batch.num_rows() {
        let Some(span_id) = SpanId::from_bytes(ids.value(row)) else {
            continue;
        };
        let mut activity = Activity::default();
        if let Some(array) = busy.filter(|array| array.is_valid(row)) {
            activity.note_busy(array.value(row));
        }
        if let Some(map) = ints.filter(|map| map.is_valid(row)) {
            note_ints(map, row, &mut activity);
        }
        if let Some(map) = others.filter(|map| map.is_valid(row)) {
            note_others(map, row, &mut activity);
        }
        let mut marks = activity.marks;
        marks.set(Marks::EVENTS, events.is_some_and(|events| events.is_valid(row)));
        if let Some(links) = links.filter(|links| links.is_valid(row)) {
            marks.set(link_marks(SpanView::new(links.value(row))), true);
        }
        let start_unix_nanos = starts.value(row) as u64;
        let duration_nanos = durations.value(row);
        let parent = parents.filter(|parents| parents.is_valid(row));
        let name = names.index(row, |array, key| into.name(array.as_string::<i32>().value(key)));
        let resource = resources.index(row, |array, key| {
            into.resource(array.as_binary::<i32>().value(key))
        });
        into.push(SkeletonSpan {
            span_id,
            parent_span_id: parent.and_then(|parents| SpanId::from_bytes(parents.value(row))),
            start_unix_nanos,
            end_unix_nanos: start_unix_nanos.saturating_add(duration_nanos),
            name,
            resource,
            kind: Kind::from_otlp(u64::from(kinds.value(row))),
            status: StatusCode::from_otlp(u64::from(statuses.value(row))),
            marks,
            busy_share: activity.share(duration_nanos),
        });
    }
    Ok(())
}

fn note_ints(map: &MapArray, row: usize, activity: &mut Activity) {
    let (Some(keys), Some(values)) = (
        map.keys().as_string_opt::<i32>(),
        map.values().as_primitive_opt::<Int64Type>(),
    ) else {
        return;
    };
    for entry in entries(map, row) {
        activity.note(keys.value(entry), ValueView::Int(values.value(entry)));
    }
}

fn note_others(map: &MapArray, row: usize, activity: &mut Activity) {
    let (Some(keys), Some(values)) = (
        map.keys().as_string_opt::<i32>(),
        map.values().as_binary_opt::<i32>(),
    ) else {
        return;
    };
    for entry in entries(map, row) {
        activity.note(keys.value(entry), ValueView::new(values.value(entry)));
    }
}

/// Where the entries of a row stand in a map's keys and values.
pub(super) fn entries(map: &MapArray, row: usize) -> std::ops::Range<usize> {
    let offsets = map.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}
