//! Sending generated spans to a server, and asking it for them.

mod api;
mod latency;
mod query;
mod sender;
mod target;
mod verify;

pub use api::{Api, ApiError};
pub use latency::Latencies;
pub use query::{Question, QuestionReport, ask};
pub use sender::{Report, SendOptions, send};
pub use target::{Connection, Outcome, Target, TargetError};
pub use verify::{Verdict, verify};
