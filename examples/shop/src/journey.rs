//! What a customer does, request by request.

use crate::client::Call;
use crate::random::Random;
use crate::wares::{CATEGORIES, KINDS, Line, sku};

/// How many requests a journey has on average; holds the weights below to the rate asked for.
pub(crate) const REQUESTS_MEAN: f64 = 0.30 * 3.0 + 0.25 * 2.0 + 0.25 * 4.0 + 0.15 * 1.0 + 0.05 * 1.0;

/// Draws a journey: its requests, in order.
pub(crate) fn draw(random: &Random) -> Vec<Call> {
    match random.fraction() {
        // Looks around.
        share if share < 0.30 => vec![browse(random), view(random), view(random)],
        // Looks for something.
        share if share < 0.55 => vec![search(random), view(random)],
        // Buys: two lines on average.
        share if share < 0.80 => {
            let lines = random.between(1, 4);
            let mut requests = vec![browse(random)];
            requests.extend((0..lines).map(|_| add(random)));
            requests.push(check_out());
            requests
        }
        // Follows an old link.
        share if share < 0.95 => vec![Call::get("/products/{sku}", "/products/tea-rare".to_owned())],
        // Works here.
        _ => vec![Call::get("/report", "/report".to_owned())],
    }
}

fn browse(random: &Random) -> Call {
    Call::get(
        "/browse",
        format!("/browse?category={}", random.choose(&CATEGORIES)),
    )
}

fn view(random: &Random) -> Call {
    Call::get("/products/{sku}", format!("/products/{}", any_sku(random)))
}

fn search(random: &Random) -> Call {
    // A category finds six items, a kind four.
    let words = if random.chance(0.5) {
        random.choose(&CATEGORIES)
    } else {
        random.choose(&KINDS)
    };
    Call::get("/search", format!("/search?q={words}"))
}

fn add(random: &Random) -> Call {
    let line = Line {
        sku: any_sku(random),
        quantity: random.between(1, 6),
    };
    Call::post("/cart/items", "/cart/items".to_owned(), &line)
}

fn check_out() -> Call {
    Call::post("/checkout", "/checkout".to_owned(), &())
}

fn any_sku(random: &Random) -> String {
    sku(random.choose(&KINDS), random.choose(&CATEGORIES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journeys_have_the_length_that_their_rate_rests_on() {
        let random = Random::new(3);
        let requests: usize = (0..20_000).map(|_| draw(&random).len()).sum();
        let mean = requests as f64 / 20_000.0;
        assert!(
            (mean / REQUESTS_MEAN - 1.0).abs() < 0.03,
            "{mean} against {REQUESTS_MEAN}"
        );
    }
}
