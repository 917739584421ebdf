//! A table that is built row by row, as an Arrow IPC stream.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt8Array, UInt16Array, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, Field, Schema};

use super::super::arrow;
use super::super::error::ApiError;

/// Columns of equal length, none with nulls: what is not known is NaN.
#[derive(Default)]
pub(super) struct Table {
    columns: Vec<(String, ArrayRef)>,
    facts: HashMap<String, String>,
}

impl Table {
    /// Says something about all rows.
    pub(super) fn fact(&mut self, name: &str, value: impl ToString) {
        self.facts.insert(name.to_owned(), value.to_string());
    }

    fn column(&mut self, name: impl Into<String>, array: ArrayRef) {
        self.columns.push((name.into(), array));
    }

    pub(super) fn u8(&mut self, name: &str, values: impl Iterator<Item = u8>) {
        self.column(name, Arc::new(UInt8Array::from_iter_values(values)));
    }

    pub(super) fn u16(&mut self, name: &str, values: impl Iterator<Item = u16>) {
        self.column(name, Arc::new(UInt16Array::from_iter_values(values)));
    }

    pub(super) fn u32(&mut self, name: impl Into<String>, values: impl Iterator<Item = u32>) {
        self.column(name, Arc::new(UInt32Array::from_iter_values(values)));
    }

    pub(super) fn u64(&mut self, name: &str, values: impl Iterator<Item = u64>) {
        self.column(name, Arc::new(UInt64Array::from_iter_values(values)));
    }

    pub(super) fn f64(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let values = values.map(|value| value.unwrap_or(f64::NAN));
        self.column(name, Arc::new(Float64Array::from_iter_values(values)));
    }

    /// Durations or counts.
    pub(super) fn whole(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        self.f64(name, values.map(|value| value.map(|value| value as f64)));
    }

    /// Times, from a base.
    pub(super) fn times(&mut self, name: &str, base: u64, values: impl Iterator<Item = Option<u64>>) {
        self.f64(name, values.map(|value| value.map(|value| since(value, base))));
    }

    pub(super) fn text<T: AsRef<str>>(&mut self, name: &str, values: impl Iterator<Item = T>) {
        let mut builder = StringDictionaryBuilder::<UInt32Type>::new();
        values.for_each(|value| builder.append_value(value));
        self.column(name, Arc::new(builder.finish()));
    }

    /// The stream.
    pub(super) fn finish(self) -> Result<Vec<u8>, ApiError> {
        self.write()
            .map_err(|error| ApiError::internal(error.to_string()))
    }

    fn write(self) -> Result<Vec<u8>, ArrowError> {
        let field = |(name, array): &(String, ArrayRef)| Field::new(name, array.data_type().clone(), false);
        let fields: Vec<Field> = self.columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, self.facts));
        let arrays = self.columns.into_iter().map(|(_, array)| array).collect();
        arrow::of_batch(&RecordBatch::try_new(schema, arrays)?)
    }
}

/// Nanoseconds from a base, which may be later.
pub(super) fn since(at: u64, base: u64) -> f64 {
    (i128::from(at) - i128::from(base)) as f64
}
