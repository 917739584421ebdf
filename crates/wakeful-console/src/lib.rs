//! tokio-console's protocol over its sockets, both ways: RPC for RPC what console-subscriber 0.5 and tokio-console 0.1.14 speak.
//!
//! [`Client`] attaches to any program with a console-subscriber, or with our server. [`Server`] lets a stock tokio-console attach to a
//! program that hands its [`RuntimeBatch`](wakeful_model::runtime::RuntimeBatch)es to a [`Feed`]. What the messages say stands in
//! `wakeful_wire::console`; here is how they travel.

#[cfg(feature = "client")]
mod client;
mod duration;
mod framing;
#[cfg(feature = "server")]
mod server;

pub use duration::{DurationError, parse_duration};
pub use framing::FramingError;

#[cfg(feature = "client")]
pub use client::{Client, ClientError, Target, TargetError, Updates};
#[cfg(feature = "server")]
pub use server::{Feed, Server, ServerError, ServerOptions, VariableError};
