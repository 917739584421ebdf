//! Small answers as Arrow IPC streams.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header;

use super::error::ApiError;

/// Batches are at most so long.
const BATCH_ROWS_MAX: usize = 65_536;

/// A stream of columns, which are equally long and have no nulls.
pub(super) fn stream<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<Vec<u8>, ApiError> {
    write(&columns).map_err(|error| ApiError::internal(error.to_string()))
}

fn write(columns: &[(&str, ArrayRef)]) -> Result<Vec<u8>, ArrowError> {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), false);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
    of_batch(&RecordBatch::try_new(schema, arrays)?)
}

/// A stream of the rows of one batch, in as many as they are to come in.
pub(super) fn of_batch(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    for first in (0..batch.num_rows()).step_by(BATCH_ROWS_MAX) {
        // Slices share their dictionaries, so each of those is sent once.
        writer.write(&batch.slice(first, BATCH_ROWS_MAX.min(batch.num_rows() - first)))?;
    }
    writer.into_inner()
}

/// The answer with such a stream as its body.
pub(super) fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.apache.arrow.stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}
