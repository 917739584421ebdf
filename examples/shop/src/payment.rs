//! The service that talks to the bank: slow, sometimes away, and it says no.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use tracing::field::Empty;
use tracing::{Span, instrument};

use crate::failure::Failure;
use crate::random::Random;
use crate::wares::{Charge, Paid};

pub(crate) const NAME: &str = "payment";

const BRANDS: [&str; 3] = ["visa", "mastercard", "girocard"];
const REASONS: [&str; 3] = ["insufficient_funds", "expired_card", "suspected_fraud"];

/// In how many of its answers the bank is away.
const AWAY: f64 = 0.15;
/// How many of the cards that it looks at it declines.
const DECLINED: f64 = 0.12;

/// The service's routes.
pub(crate) fn routes(seed: u64) -> Router {
    Router::new()
        .route("/charges", post(charge))
        .with_state(Arc::new(Random::new(seed)))
}

async fn charge(random: State<Arc<Random>>, charge: Json<Charge>) -> Result<Json<Paid>, Failure> {
    authorise(&random, &charge).await.map(Json)
}

#[instrument(
    name = "authorise card",
    skip_all,
    fields(
        order.id = charge.order,
        payment.amount_cents = charge.amount_cents,
        payment.card.brand = random.choose(&BRANDS),
        payment.declined = Empty,
        payment.declined_reason = Empty,
    ),
    err,
)]
async fn authorise(random: &Random, charge: &Charge) -> Result<Paid, Failure> {
    if random.chance(AWAY) {
        tokio::time::sleep(random.micros(30_000, 60_000)).await;
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "GatewayTimeout",
            "the bank did not answer",
        ));
    }
    tokio::time::sleep(random.micros(4_000, 25_000)).await;
    let declined = random.chance(DECLINED);
    Span::current().record("payment.declined", declined);
    if declined {
        let reason = random.choose(&REASONS);
        Span::current().record("payment.declined_reason", reason);
        let message = format!("the bank declined the card: {reason}");
        return Err(Failure::new(
            StatusCode::PAYMENT_REQUIRED,
            "CardDeclined",
            message,
        ));
    }
    Ok(Paid {
        authorisation: format!("a-{:06}", random.between(0, 1_000_000)),
    })
}
