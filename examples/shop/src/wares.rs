//! What the shop sells, and how it is written in JSON.

use serde::{Deserialize, Serialize};

/// One line of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) price_cents: u32,
    pub(crate) in_stock: u32,
}

/// So much of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// What is asked of `payment`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) order: String,
    pub(crate) amount_cents: u32,
}

/// What `payment` answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Paid {
    pub(crate) authorisation: String,
}

/// What is asked of `checkout`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) user: String,
}

/// What `checkout` answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ordered {
    pub(crate) order: String,
    pub(crate) amount_cents: u32,
}

/// The shelves.
pub(crate) const CATEGORIES: [&str; 4] = ["tea", "coffee", "cups", "books"];

/// What stands on each shelf.
pub(crate) const KINDS: [&str; 6] = ["plain", "fine", "small", "large", "green", "old"];

/// The name under which a product is kept.
pub(crate) fn sku(kind: &str, category: &str) -> String {
    format!("{category}-{kind}")
}

/// Everything that the shop sells.
pub(crate) fn catalogue() -> Vec<Product> {
    let shelf = |(shelf, category): (usize, &&str)| {
        let category = (*category).to_owned();
        KINDS.iter().enumerate().map(move |(place, kind)| Product {
            sku: sku(kind, &category),
            name: format!("{kind} {category}"),
            category: category.clone(),
            price_cents: 250 + 175 * (shelf as u32) + 90 * (place as u32),
            in_stock: 40,
        })
    };
    CATEGORIES.iter().enumerate().flat_map(shelf).collect()
}
