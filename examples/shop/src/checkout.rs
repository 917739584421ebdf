//! The service that turns carts into orders.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, info, info_span, instrument, warn};

use crate::carts::Carts;
use crate::client::{Call, Peer};
use crate::failure::Failure;
use crate::random::Random;
use crate::wares::{Charge, Line, Order, Ordered, Paid, Product};

pub(crate) const NAME: &str = "checkout";

/// How often the bank is asked before the order is given up.
const ATTEMPTS: u32 = 3;
/// The wait before the second attempt; it doubles.
const BACKOFF: Duration = Duration::from_millis(10);

/// Whom the service asks.
#[derive(Debug)]
pub(crate) struct Checkout {
    pub(crate) carts: Carts,
    pub(crate) inventory: Peer,
    pub(crate) payment: Peer,
    pub(crate) random: Random,
}

/// The service's routes.
pub(crate) fn routes(checkout: Arc<Checkout>) -> Router {
    Router::new()
        .route("/carts/{user}/items", post(add))
        .route("/orders", post(order))
        .with_state(checkout)
}

async fn add(
    checkout: State<Arc<Checkout>>,
    user: Path<String>,
    line: Json<Line>,
) -> Result<Json<usize>, Failure> {
    let mut lines = checkout.carts.read(&user).await?;
    lines.push(line.0);
    checkout.carts.write(&user, &lines).await?;
    Ok(Json(lines.len()))
}

async fn order(checkout: State<Arc<Checkout>>, order: Json<Order>) -> Result<Json<Ordered>, Failure> {
    checkout.place(&order.user).await.map(Json)
}

impl Checkout {
    #[instrument(
        name = "place order",
        skip_all,
        fields(user.id = user, order.id = Empty, order.amount_cents = Empty, cart.items = Empty),
        err,
    )]
    async fn place(&self, user: &str) -> Result<Ordered, Failure> {
        let order = format!("o-{:08}", self.random.between(0, 100_000_000));
        let lines = self.carts.read(user).await?;
        Span::current()
            .record("order.id", &order)
            .record("cart.items", lines.len());
        if lines.is_empty() {
            return Err(Failure::new(
                StatusCode::CONFLICT,
                "EmptyCart",
                "there is nothing in the cart",
            ));
        }
        let amount_cents = self.price(&lines).await?;
        Span::current().record("order.amount_cents", amount_cents);
        self.reserve(&lines).await?;
        let charge = Charge { order, amount_cents };
        if let Err(failure) = self.pay(&charge).await {
            self.release(&lines).await;
            return Err(failure);
        }
        self.carts.write(user, &[]).await?;
        self.send_receipt(user, &charge.order);
        Ok(Ordered {
            order: charge.order,
            amount_cents,
        })
    }

    /// Asks for each line's price, one after the other.
    async fn price(&self, lines: &[Line]) -> Result<u32, Failure> {
        let mut amount_cents = 0;
        for Line { sku, quantity } in lines {
            let call = Call::get("/products/{sku}", format!("/products/{sku}"));
            let product: Product = self.inventory.call(call).await?;
            amount_cents += product.price_cents * quantity;
        }
        Ok(amount_cents)
    }

    /// All lines or none.
    async fn reserve(&self, lines: &[Line]) -> Result<(), Failure> {
        for (reserved, line) in lines.iter().enumerate() {
            let call = Call::post("/reservations", "/reservations".to_owned(), line);
            if let Err(failure) = self.inventory.call::<Product>(call).await {
                self.release(&lines[..reserved]).await;
                return Err(failure);
            }
        }
        Ok(())
    }

    async fn release(&self, lines: &[Line]) {
        for line in lines {
            let call = Call::post("/releases", "/releases".to_owned(), line);
            if let Err(failure) = self.inventory.call::<()>(call).await {
                warn!(item.sku = line.sku, %failure, "an item was not put back");
            }
        }
    }

    /// Charges the card; a bank that is away is asked again.
    #[instrument(name = "pay", skip_all, fields(payment.attempts = Empty), err)]
    async fn pay(&self, charge: &Charge) -> Result<Paid, Failure> {
        let mut attempt = 0;
        loop {
            let call = Call::post("/charges", "/charges".to_owned(), charge).resend(attempt);
            let charged = self.payment.call(call).await;
            attempt += 1;
            match charged {
                Err(failure) if failure.status == StatusCode::SERVICE_UNAVAILABLE && attempt < ATTEMPTS => {
                    let wait = BACKOFF * 2_u32.pow(attempt - 1);
                    warn!(%failure, wait_ms = wait.as_millis() as u64, "the bank is asked again");
                    tokio::time::sleep(wait).await;
                }
                settled => {
                    Span::current().record("payment.attempts", attempt);
                    return settled;
                }
            }
        }
    }

    /// Nobody waits for the receipt: a trace of its own, linked to the order that it follows from.
    fn send_receipt(&self, user: &str, order: &str) {
        let span = info_span!(
            parent: None,
            "send receipt",
            otel.kind = "consumer",
            user.id = user,
            order.id = order,
            messaging.destination.name = "receipts",
        );
        span.follows_from(Span::current());
        let writing = self.random.micros(2_000, 12_000);
        let send = async move {
            tokio::time::sleep(writing).await;
            info!("receipt sent");
        };
        wakeful::spawn_named("receipt", send.instrument(span));
    }
}
