//! The stock: one lock around all shelves, which everybody fights over.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tracing::{Instrument as _, info, info_span, instrument};
use wakeful::sync::{Mutex, MutexGuard};

use crate::failure::Failure;
use crate::random::Random;
use crate::wares::{Line, Product, catalogue};

/// How full a shelf is made.
const SHELF: u32 = 40;
/// How often shelves are filled up.
const RESTOCK_EVERY: Duration = Duration::from_millis(400);

/// All products and how many of each there are.
#[derive(Debug)]
pub(crate) struct Stock {
    shelves: Mutex<Vec<Product>>,
    random: Random,
}

impl Stock {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            shelves: Mutex::new(catalogue()),
            random: Random::new(seed),
        }
    }

    /// The products that `wanted` chooses.
    pub(crate) async fn list(&self, wanted: impl Fn(&Product) -> bool) -> Vec<Product> {
        let shelves = self.lock("list").await;
        tokio::time::sleep(self.random.micros(200, 900)).await;
        shelves
            .iter()
            .filter(|product| wanted(product))
            .cloned()
            .collect()
    }

    /// One product.
    pub(crate) async fn find(&self, sku: &str) -> Result<Product, Failure> {
        let shelves = self.lock("find").await;
        let found = shelves.iter().find(|product| product.sku == sku).cloned();
        found.ok_or_else(|| unknown(sku))
    }

    /// Puts `line` aside for an order. The lock is held while the change is written: that is what others wait for.
    #[instrument(name = "reserve stock", skip_all, fields(item.sku = line.sku, item.quantity = line.quantity), err)]
    pub(crate) async fn reserve(&self, line: &Line) -> Result<Product, Failure> {
        let mut shelves = self.lock("reserve").await;
        let product = shelves
            .iter_mut()
            .find(|product| product.sku == line.sku)
            .ok_or_else(|| unknown(&line.sku))?;
        let Some(left) = product.in_stock.checked_sub(line.quantity) else {
            let message = format!(
                "{} left of {}, {} wanted",
                product.in_stock, line.sku, line.quantity
            );
            return Err(Failure::new(StatusCode::CONFLICT, "OutOfStock", message));
        };
        product.in_stock = left;
        let reserved = product.clone();
        self.write().await;
        Ok(reserved)
    }

    /// Puts `line` back on its shelf.
    #[instrument(name = "release stock", skip_all, fields(item.sku = line.sku, item.quantity = line.quantity))]
    pub(crate) async fn release(&self, line: &Line) {
        let mut shelves = self.lock("release").await;
        if let Some(product) = shelves.iter_mut().find(|product| product.sku == line.sku) {
            product.in_stock += line.quantity;
        }
        self.write().await;
    }

    /// Fills the shelves up from time to time, for ever; a long hold of the lock.
    pub(crate) async fn restock_for_ever(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(RESTOCK_EVERY);
        loop {
            ticks.tick().await;
            self.restock().await;
        }
    }

    #[instrument(name = "restock", skip_all)]
    async fn restock(&self) {
        let mut shelves = self.lock("restock").await;
        let missing: u32 = shelves
            .iter()
            .map(|product| SHELF.saturating_sub(product.in_stock))
            .sum();
        for product in shelves.iter_mut() {
            product.in_stock = product.in_stock.max(SHELF);
        }
        tokio::time::sleep(self.random.micros(15_000, 30_000)).await;
        info!(items = missing, "shelves are full");
    }

    async fn lock(&self, purpose: &'static str) -> MutexGuard<'_, Vec<Product>> {
        self.shelves
            .lock()
            .instrument(info_span!(
                "lock stock",
                lock.name = "shelves",
                lock.purpose = purpose
            ))
            .await
    }

    async fn write(&self) {
        tokio::time::sleep(self.random.micros(1_500, 4_500))
            .instrument(info_span!("write stock"))
            .await;
    }
}

fn unknown(sku: &str) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "UnknownItem",
        format!("nothing is called {sku}"),
    )
}
