//! `search/heat`: how many traces began when and took how long, over all that match.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt16Array, UInt32Array};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use axum::extract::{Query, State};
use axum::response::Response;
use wakeful_query::{Heat, HeatCell, HeatGrid};

use super::error::ApiError;
use super::{Parameters, Queries, arrow, search_params};
use crate::queries::Asker;

pub(super) async fn heat(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, ApiError> {
    let (query, within) = search_params::conditions(&parameters)?;
    let grid = HeatGrid {
        columns: search_params::number(&parameters, "x", 1..=500, 200)?,
        rows: search_params::number(&parameters, "y", 1..=100, 40)?,
    };
    // It goes with this future when the page hangs up.
    let asker = Asker::default();
    let wanted = asker.wanted();
    let written = queries.ask(move |engine| {
        let heat = engine.heat(&query, within.as_ref(), grid, |_| wanted.is_so())?;
        write(&heat).map_err(|error| ApiError::internal(error.to_string()))
    });
    let written = written.await?;
    drop(asker);
    Ok(arrow::response(written.into()))
}

fn write(heat: &Heat) -> Result<Vec<u8>, ArrowError> {
    let field = |name: &str, data_type| Field::new(name, data_type, false);
    let fields = vec![
        field("x", DataType::UInt16),
        field("y", DataType::UInt16),
        field("count", DataType::UInt32),
        field("errors", DataType::UInt32),
    ];
    let mut problems = heat.problems.clone();
    if heat.stopped {
        problems.push("not all traces were counted".to_owned());
    }
    let mut facts: HashMap<String, String> = [
        ("start", heat.start_unix_nanos),
        ("end", heat.end_unix_nanos),
        ("minNanos", heat.min_nanos),
        ("maxNanos", heat.max_nanos),
        ("traces", heat.traces),
    ]
    .into_iter()
    .map(|(name, number)| (name.to_owned(), number.to_string()))
    .collect();
    facts.insert("complete".to_owned(), problems.is_empty().to_string());
    if !problems.is_empty() {
        facts.insert("message".to_owned(), problems.join("; "));
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, facts));
    let narrow = |of: fn(&HeatCell) -> u16| -> ArrayRef {
        Arc::new(UInt16Array::from_iter_values(heat.cells.iter().map(of)))
    };
    let wide = |of: fn(&HeatCell) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(heat.cells.iter().map(of)))
    };
    let columns = vec![
        narrow(|cell| cell.x),
        narrow(|cell| cell.y),
        wide(|cell| cell.count),
        wide(|cell| cell.errors),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    writer.write(&batch)?;
    writer.into_inner()
}
