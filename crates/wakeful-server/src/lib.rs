//! wakeful's network edge: receivers, Jaeger's query API, the page's API, health and figures.
//!
//! [`Server`] is the whole of it: it is handed bound sockets ([`Sockets`]), an open store and a future that ends it.
//! It never binds, traps signals or exits; whoever runs it does. Each receiver turns bytes into a
//! [`wakeful_wire::otlp::Batch`] and everything behind that point is one path ([`Ingest`]), so limits, counters
//! and the acknowledgement after the sync exist once.

mod blocking;
mod body;
mod clock;
mod counters;
mod go_duration;
mod health;
mod ingest;
pub mod jaeger_api;
mod limits;
mod listener;
mod metrics;
mod page;
mod plain;
mod process;
mod program_loss;
mod queries;
mod query;
mod receivers;
mod request_span;
mod rfc3339;
mod serve;
mod server;
mod ui_api;

pub use counters::{Counters, Reason, Receiver};
pub use ingest::Ingest;
pub use limits::Limits;
pub use listener::Listener;
pub use page::{Asset, Assets};
pub use query::{About, QueryOptions, Retention};
pub use serve::serve;
pub use server::{Server, ServerOptions, Sockets};
