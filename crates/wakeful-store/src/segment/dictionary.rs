//! Columns of few different values, read as such: a value is looked at once, not for each of its rows.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Field, Fields};
use parquet::arrow::parquet_to_arrow_field_levels;

use super::rows::{BATCH_ROWS, batch_rows, filled, project};
use super::{Segment, SegmentError, columns};

/// Batches of few columns may have more rows.
const NARROW_BATCH_ROWS: usize = 4 * BATCH_ROWS;

impl Segment {
    /// Reads those of the named columns that have a value, of the given rows (first and count, ascending, not
    /// overlapping); the `dictionaries` among them as [`Dictionary`] takes them, as always what rows share.
    pub(super) fn read_filled(
        &self,
        ranges: &[(u32, u32)],
        names: &[impl AsRef<str>],
        dictionaries: &[impl AsRef<str>],
        mut each: impl FnMut(&RecordBatch) -> Result<(), SegmentError>,
    ) -> Result<(), SegmentError> {
        if ranges.is_empty() {
            return Ok(());
        }
        let (groups, selection) = self.select(ranges);
        let footer = self.footer()?;
        let mut mask = filled(&footer.metadata, groups.iter().copied());
        mask.intersect(&project(footer.schema(), names));
        let fields = with_dictionaries(&footer.fields, dictionaries);
        let batch_rows = batch_rows(ranges, NARROW_BATCH_ROWS);
        let levels = parquet_to_arrow_field_levels(footer.schema(), mask, Some(&fields))?;
        for batch in self.read_levels(&footer, groups, Some(selection), &levels, batch_rows)? {
            each(&batch?)?;
        }
        Ok(())
    }
}

/// All columns, these of them as dictionaries.
pub(super) fn with_dictionaries(fields: &Fields, names: &[impl AsRef<str>]) -> Fields {
    let fields = fields.iter().map(|field| {
        if !names.iter().any(|name| name.as_ref() == field.name()) {
            return Arc::clone(field);
        }
        let data_type = columns::shared(field.data_type().clone());
        Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
    });
    fields.collect()
}

/// A column's values, each with a number of the caller's. Batches of one row group share their values, so numbers are
/// kept from batch to batch.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    values: Option<ArrayRef>,
    numbers: Vec<Option<u32>>,
}

impl Dictionary {
    /// The column of a batch.
    pub(super) fn of<'a>(
        &'a mut self,
        batch: &'a RecordBatch,
        name: &str,
    ) -> Result<Numbered<'a>, SegmentError> {
        let column = batch
            .column_by_name(name)
            .and_then(|column| column.as_dictionary_opt::<Int32Type>());
        let column = column.ok_or(SegmentError::Format(
            "a column is not the dictionary that was asked for",
        ))?;
        let is_known = self
            .values
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, column.values()));
        if !is_known {
            self.numbers.clear();
            self.numbers.resize(column.values().len(), None);
            self.values = Some(Arc::clone(column.values()));
        }
        Ok(Numbered {
            keys: column.keys().values(),
            values: column.values(),
            numbers: &mut self.numbers,
        })
    }
}

/// A column of one batch.
#[derive(Debug)]
pub(super) struct Numbered<'a> {
    keys: &'a [i32],
    values: &'a ArrayRef,
    numbers: &'a mut [Option<u32>],
}

impl Numbered<'_> {
    /// The number of a row's value; `number` finds it when the value is first met.
    pub(super) fn index(&mut self, row: usize, number: impl FnOnce(&ArrayRef, usize) -> u32) -> u32 {
        let key = self.keys[row] as usize;
        *self.numbers[key].get_or_insert_with(|| number(self.values, key))
    }
}
