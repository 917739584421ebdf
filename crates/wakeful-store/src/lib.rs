//! The store: a write-ahead log, an in-memory tail, Parquet segments, a manifest, and retention.
//!
//! [`Store::append`] resolves when a batch is synced; from then on every question sees it, wherever it rests. The log
//! is flushed to a segment every few seconds, small segments are merged, old ones dropped. See `docs/storage.md` for
//! what stands on disk.
//!
//! This crate is for wakeful's own server; programs that emit spans do not need it.

mod assembly;
mod cache;
mod calls;
mod error;
mod filter;
mod flush;
mod keeper;
mod log;
mod log_key;
mod manifest;
mod opened;
mod options;
mod read;
mod receive;
mod recover;
mod search;
mod segment;
mod state;
mod stats;
mod store;
mod survey;
mod tail;

pub use calls::Call;
pub use error::{AppendError, OpenError, ReadError};
pub use filter::{Predicate, SpanFilter};
pub use options::{Ack, Backend, StoreOptions};
pub use search::{Found, Progress};
pub use stats::StoreStats;
pub use store::Store;
pub use survey::{Detail, Outline, Surveyed};
