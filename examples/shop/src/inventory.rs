//! The service that knows what there is.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tracing::info;

use crate::failure::Failure;
use crate::report;
use crate::stock::Stock;
use crate::wares::{Line, Product};

pub(crate) const NAME: &str = "inventory";

/// The service's routes.
pub(crate) fn routes(stock: Arc<Stock>) -> Router {
    Router::new()
        .route("/products", get(list))
        .route("/products/{sku}", get(find))
        .route("/search", get(search))
        .route("/reservations", post(reserve))
        .route("/releases", post(release))
        .route("/report", get(check_sum))
        .with_state(stock)
}

#[derive(Debug, Deserialize)]
struct Shelf {
    category: String,
}

async fn list(stock: State<Arc<Stock>>, shelf: Query<Shelf>) -> Json<Vec<Product>> {
    Json(stock.list(|product| product.category == shelf.category).await)
}

async fn find(stock: State<Arc<Stock>>, sku: Path<String>) -> Result<Json<Product>, Failure> {
    stock.find(&sku).await.map(Json)
}

#[derive(Debug, Deserialize)]
struct Words {
    q: String,
}

/// Answers names alone: who wants to show more has to ask again for each.
async fn search(stock: State<Arc<Stock>>, words: Query<Words>) -> Json<Vec<String>> {
    let found: Vec<_> = stock
        .list(|product| product.name.contains(&words.q))
        .await
        .into_iter()
        .map(|product| product.sku)
        .collect();
    info!(search.words = words.q, search.found = found.len(), "searched");
    Json(found)
}

async fn reserve(stock: State<Arc<Stock>>, line: Json<Line>) -> Result<Json<Product>, Failure> {
    stock.reserve(&line).await.map(Json)
}

async fn release(stock: State<Arc<Stock>>, line: Json<Line>) -> Json<()> {
    stock.release(&line).await;
    Json(())
}

async fn check_sum(stock: State<Arc<Stock>>) -> Json<u64> {
    let products = stock.list(|_| true).await;
    Json(report::check_sum(&products))
}
