//! `about`: what this server is and holds.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Queries;
use super::error::ApiError;
use crate::About;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    version: &'static str,
    listeners: Vec<Listener>,
    backend: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<String>,
    spans: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_unix_nanos: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_unix_nanos: Option<String>,
}

#[derive(Serialize)]
struct Listener {
    name: &'static str,
    address: SocketAddr,
}

pub(super) async fn about(
    State(queries): State<Queries>,
    State(about): State<Arc<About>>,
) -> Result<Json<Answer>, ApiError> {
    let stats = queries.ask(|engine| Ok(engine.store().stats())).await?;
    let listeners = about.listeners.iter().map(|(listener, address)| Listener {
        name: listener.title(),
        address: *address,
    });
    Ok(Json(Answer {
        version: env!("CARGO_PKG_VERSION"),
        listeners: listeners.collect(),
        backend: about.backend,
        data_dir: about.data_dir.clone(),
        spans: stats.spans,
        bytes: stats.segment_bytes + stats.wal_bytes,
        oldest_unix_nanos: stats.oldest_unix_nanos.map(|nanos| nanos.to_string()),
        newest_unix_nanos: stats.newest_unix_nanos.map(|nanos| nanos.to_string()),
    }))
}
