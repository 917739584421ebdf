//! `services` and `operations`.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::Queries;
use super::error::ApiError;

#[derive(Serialize)]
pub(super) struct Services {
    services: Vec<String>,
}

pub(super) async fn services(State(queries): State<Queries>) -> Result<Json<Services>, ApiError> {
    let services = queries.ask(|engine| Ok(engine.services())).await?;
    Ok(Json(Services { services }))
}

#[derive(Deserialize)]
pub(super) struct Of {
    service: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Operations {
    operations: Vec<Operation>,
}

#[derive(Serialize)]
struct Operation {
    name: String,
    kind: &'static str,
}

pub(super) async fn operations(
    State(queries): State<Queries>,
    Query(Of { service }): Query<Of>,
) -> Result<Json<Operations>, ApiError> {
    let operations = queries
        .ask(move |engine| Ok(engine.operations(service.as_deref(), None)))
        .await?;
    let operations = operations.into_iter().map(|found| Operation {
        name: found.name,
        kind: found.kind.name(),
    });
    Ok(Json(Operations {
        operations: operations.collect(),
    }))
}
