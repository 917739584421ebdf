//! The store: a write-ahead log, an in-memory tail, Parquet segments, a manifest, and retention.
//!
//! [`Store::append`] resolves when a batch is synced; from then on every question sees it, wherever it rests. The log
//! is flushed to a segment every few seconds, small segments are merged, old ones dropped. See `docs/storage.md` for
//! what stands on disk.
//!
//! This crate is for wakeful's own server; programs that emit spans do not need it.

mod assembly;
mod cache;
mod call_counts;
mod calls;
mod catalogue;
mod error;
mod filter;
mod flush;
mod keeper;
mod known_attributes;
mod log;
mod log_key;
mod manifest;
mod opened;
mod options;
mod read;
mod receive;
mod recover;
mod runtime;
mod search;
mod segment;
mod skeleton;
mod span_ids;
mod spans_of;
mod state;
mod stats;
mod store;
mod survey;
mod tail;
mod text;
mod trace_attributes;

pub use calls::Call;
pub use error::{AppendError, OpenError, ReadError};
pub use filter::{Predicate, SpanFilter};
pub use known_attributes::{AttributeKeys, AttributeValues, Budget};
pub use options::{Ack, Backend, StoreOptions};
pub use read::{ReadBounds, Traces};
pub use runtime::{ParseProgramIdError, ProgramExtent, ProgramId, RuntimeFrame, RuntimeStats, RuntimeStore};
pub use search::{Found, Progress};
pub use skeleton::{Marks, Skeleton, SkeletonSpan, TimeWindow};
pub use span_ids::FoundSpan;
pub use stats::StoreStats;
pub use store::Store;
pub use survey::{Detail, Outline, Surveyed};
pub use text::TextQuery;
pub use trace_attributes::{SpanKey, TextHits, TextPlaces};
