//! `tasks/{id}/lane`: what a task did, and what kept it waiting.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use wakeful_live::Live;
use wakeful_query::runtime::of_task as lanes_of_task;

use super::super::error::ApiError;
use super::super::trace::InPath;
use super::super::{Queries, arrow};
use super::asked::{Asked, task_id};
use super::{lane_columns, task_spans};

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    id: String,
}

pub(super) async fn of_task(
    State(queries): State<Queries>,
    InPath(Named { id: text }): InPath<Named>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let task = task_id(&text)?;
    let pixels = asked.pixels()?;
    let stream = queries.ask(move |engine| {
        let extent = asked.extent(engine)?;
        let window = asked.window(None, extent.to_unix_nanos)?;
        let gathered = asked.gather(engine, window, Some(task));
        let is_known = |live: &Live| live.task(task).is_some();
        let lanes = asked.with_names(engine, window, is_known, |live| {
            lanes_of_task(live, &gathered, task, window, pixels)
        })?;
        let mut table = lane_columns::table(&lanes, &gathered, window)?;
        table.fact("program", asked.program);
        table.fact("task", task);
        lane_columns::blame(
            &mut table,
            &lanes,
            &task_spans::of_blamed(engine, &asked, &lanes.blamed)?,
        )?;
        table.finish()
    });
    Ok(arrow::response(Body::from(stream.await?)))
}
