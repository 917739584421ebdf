//! `about`: what this server is and holds.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Queries;
use super::error::ApiError;
use super::search_params::LIMIT_MAX;
use crate::query::Receiving;
use crate::{About, Limits};

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
    retention: Retention,
    limits: Vec<Limit>,
}

/// `null` where there is no end.
#[derive(Serialize)]
struct Retention {
    seconds: Option<u64>,
    bytes: Option<u64>,
}

#[derive(Serialize)]
struct Limit {
    name: &'static str,
    value: String,
    /// What raises it; empty if nothing does.
    setting: &'static str,
}

/// What a user may run into.
fn limits(of: &Limits) -> Vec<Limit> {
    let limit = |name, value, setting| Limit { name, value, setting };
    let messages = "--max-message-bytes";
    vec![
        limit("message by gRPC", bytes_text(of.grpc_message_bytes_max), messages),
        limit(
            "message by HTTP, or file",
            bytes_text(of.http_message_bytes_max),
            messages,
        ),
        limit("messages in flight", bytes_text(of.in_flight_bytes_max), ""),
        limit("connections of a port", of.connections_max.to_string(), ""),
        limit("traces a page of a search", LIMIT_MAX.to_string(), ""),
    ]
}

/// As settings have it: `20MiB`.
fn bytes_text(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(size, _)| bytes.is_multiple_of(*size));
    unit.map_or_else(
        || format!("{bytes}B"),
        |(size, unit)| format!("{}{unit}", bytes / size),
    )
}

#[derive(Serialize)]
struct Listener {
    name: &'static str,
    address: SocketAddr,
}

pub(super) async fn about(
    State(queries): State<Queries>,
    State(receiving): State<Receiving>,
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
        retention: Retention {
            seconds: about.retention.time.map(|time| time.as_secs()),
            bytes: about.retention.bytes,
        },
        limits: limits(receiving.ingest.limits()),
    }))
}
