//! The service that customers talk to.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tracing::instrument;

use crate::client::{Call, Peer};
use crate::failure::Failure;
use crate::server::USER_HEADER;
use crate::wares::{Line, Order, Ordered, Product};

pub(crate) const NAME: &str = "frontend";

/// Whom the service asks.
#[derive(Debug)]
pub(crate) struct Frontend {
    pub(crate) checkout: Peer,
    pub(crate) inventory: Peer,
}

/// The service's routes.
pub(crate) fn routes(frontend: Arc<Frontend>) -> Router {
    Router::new()
        .route("/browse", get(browse))
        .route("/products/{sku}", get(product))
        .route("/search", get(search))
        .route("/cart/items", post(add_to_cart))
        .route("/checkout", post(check_out))
        .route("/report", get(report))
        .with_state(frontend)
}

type Answer<T> = Result<Json<T>, Failure>;

#[derive(Debug, Deserialize)]
struct Shelf {
    category: String,
}

async fn browse(frontend: State<Arc<Frontend>>, shelf: Query<Shelf>) -> Answer<Vec<Product>> {
    let call = Call::get("/products", format!("/products?category={}", shelf.category));
    frontend.inventory.call(call).await.map(Json)
}

async fn product(frontend: State<Arc<Frontend>>, sku: Path<String>) -> Answer<Product> {
    frontend.product(&sku).await.map(Json)
}

#[derive(Debug, Deserialize)]
struct Words {
    q: String,
}

async fn search(frontend: State<Arc<Frontend>>, words: Query<Words>) -> Answer<Vec<Product>> {
    let skus: Vec<String> = frontend
        .inventory
        .call(Call::get("/search", format!("/search?q={}", words.q)))
        .await?;
    frontend.products(&skus).await.map(Json)
}

async fn add_to_cart(frontend: State<Arc<Frontend>>, headers: HeaderMap, line: Json<Line>) -> Answer<usize> {
    let path = format!("/carts/{}/items", user(&headers)?);
    frontend
        .checkout
        .call(Call::post("/carts/{user}/items", path, &line.0))
        .await
        .map(Json)
}

async fn check_out(frontend: State<Arc<Frontend>>, headers: HeaderMap) -> Answer<Ordered> {
    let order = Order {
        user: user(&headers)?.to_owned(),
    };
    frontend
        .checkout
        .call(Call::post("/orders", "/orders".to_owned(), &order))
        .await
        .map(Json)
}

async fn report(frontend: State<Arc<Frontend>>) -> Answer<u64> {
    frontend
        .inventory
        .call(Call::get("/report", "/report".to_owned()))
        .await
        .map(Json)
}

impl Frontend {
    async fn product(&self, sku: &str) -> Result<Product, Failure> {
        self.inventory
            .call(Call::get("/products/{sku}", format!("/products/{sku}")))
            .await
    }

    /// One request an item, one after the other: the N+1 loop, there to be found.
    #[instrument(name = "load products", skip_all, fields(search.found = skus.len()))]
    async fn products(&self, skus: &[String]) -> Result<Vec<Product>, Failure> {
        let mut products = Vec::with_capacity(skus.len());
        for sku in skus {
            products.push(self.product(sku).await?);
        }
        Ok(products)
    }
}

fn user(headers: &HeaderMap) -> Result<&str, Failure> {
    let unknown = || {
        Failure::new(
            StatusCode::UNAUTHORIZED,
            "UnknownUser",
            "the request names no user",
        )
    };
    headers
        .get(USER_HEADER)
        .and_then(|user| user.to_str().ok())
        .ok_or_else(unknown)
}
