//! The demo's program: a small shop that never closes, so that there are traces to look at.
//!
//! Four services, `frontend`, `checkout`, `inventory` and `payment`, call each other over HTTP on loopback and keep
//! their carts in an unmodified `mini-redis`. Each has a thread, a Tokio runtime and a subscriber of its own, as
//! four processes would. They are traced as any program is that uses `tracing`: what wakeful adds stands in `telemetry.rs`, and
//! in `propagation.rs` what carries a trace from one service to the next.
//!
//! There is something to find in it: cards are declined, a flaky gateway is tried again, search asks for its items one
//! by one, everybody waits for one lock around the stock, and a report hashes on its worker while all others wait.
//!
//! [`run`] is all there is:
//!
//! ```no_run
//! # async fn example() -> Result<(), wakeful_shop::Error> {
//! let options = wakeful_shop::Options::new("http://127.0.0.1:4317");
//! wakeful_shop::run(options, std::future::pending()).await
//! # }
//! ```

mod carts;
mod checkout;
mod client;
mod error;
mod failure;
mod frontend;
mod inventory;
mod journey;
mod load;
mod options;
mod payment;
mod propagation;
mod random;
mod report;
mod server;
mod service;
mod shop;
mod stock;
mod telemetry;
mod wares;

pub use error::Error;
pub use options::Options;
pub use shop::run;
