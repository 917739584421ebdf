//! The customers: they come at a steady rate, whether the shop keeps up or not.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use tokio::sync::Semaphore;

use crate::client::{Call, Peer};
use crate::journey::{self, REQUESTS_MEAN};
use crate::random::Random;
use crate::server::USER_HEADER;

/// How many customers the shop holds; who finds it full goes away, so that a stalled shop does not gather a crowd.
const CUSTOMERS_MAX: usize = 256;

const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Mozilla/5.0 (iPhone)",
    "curl/8.9",
];

/// Sends customers for ever.
pub(crate) async fn run(frontend: Peer, requests_per_second: f64, seed: u64) -> Infallible {
    let random = Arc::new(Random::new(seed));
    let places = Arc::new(Semaphore::new(CUSTOMERS_MAX));
    let apart = Duration::from_secs_f64(REQUESTS_MEAN / requests_per_second);
    let mut next = tokio::time::Instant::now();
    loop {
        tokio::time::sleep_until(next).await;
        next += random.exponential(apart);
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let customer = Customer::draw(frontend.clone(), Arc::clone(&random));
            tokio::spawn(async move {
                customer.walk().await;
                drop(place);
            });
        }
    }
}

struct Customer {
    frontend: Peer,
    random: Arc<Random>,
    user: HeaderValue,
    browser: HeaderValue,
}

impl Customer {
    fn draw(frontend: Peer, random: Arc<Random>) -> Self {
        let user = HeaderValue::from(random.between(1_000, 1_400));
        let browser = HeaderValue::from_static(random.choose(&BROWSERS));
        Self {
            frontend,
            random,
            user,
            browser,
        }
    }

    /// Goes through one journey, with a pause for thought between requests.
    async fn walk(&self) {
        for call in journey::draw(&self.random) {
            self.ask(call).await;
            tokio::time::sleep(self.random.micros(5_000, 60_000)).await;
        }
    }

    async fn ask(&self, call: Call) {
        let Ok(mut request) = call.request(self.frontend.address()) else {
            return;
        };
        request.headers_mut().insert(USER_HEADER, self.user.clone());
        request.headers_mut().insert(USER_AGENT, self.browser.clone());
        // Customers shrug: what went wrong stands in the trace.
        let _answer = self.frontend.send(request).await;
    }
}
