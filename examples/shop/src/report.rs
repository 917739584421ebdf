//! A report that hashes on the worker that should be answering requests.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use tracing::instrument;

use crate::wares::Product;

/// How long the worker is kept, on a fast machine and on a slow one.
const KEPT: Duration = Duration::from_millis(20);

/// A check sum of the stock, made on the spot: what `spawn_blocking` is for, and was forgotten here on purpose.
#[instrument(name = "hash stock", skip_all, fields(report.rows = products.len()))]
pub(crate) fn check_sum(products: &[Product]) -> u64 {
    let begun = Instant::now();
    let mut sum = DefaultHasher::new();
    while begun.elapsed() < KEPT {
        for product in products {
            product.sku.hash(&mut sum);
            product.in_stock.hash(&mut sum);
        }
    }
    sum.finish()
}
