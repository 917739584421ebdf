//! Finding and assembling traces.
//!
//! [`Engine`] answers over a store: it says what a tag means, puts traces together, sums them up, and counts the calls
//! between services. [`adjust`] brings a trace into the form in which it is shown. Everything here blocks, so async
//! callers use a blocking thread.

pub mod adjust;
mod dependencies;
mod engine;
mod explain;
mod heat;
mod list;
mod sort;
mod summary;
mod tags;
mod types;

pub use engine::{Engine, QueryError};
pub use explain::Condition;
pub use heat::{Heat, HeatCell, HeatGrid};
pub use list::{List, Page, TraceBox};
pub use sort::{NotAPlace, Place, Sort};
pub use summary::summarize;
pub use types::{Answer, Dependency, Operation, ReadStats, ServiceSummary, TraceQuery, TraceSummary};
