//! Finding and assembling traces.
//!
//! [`Engine`] answers over a store: it says what a tag means, puts traces together, sums them up, and counts the calls
//! between services. [`adjust`] brings a trace into the form in which it is shown. Everything here blocks, so async
//! callers use a blocking thread.

pub mod adjust;
mod critical_path;
mod dependencies;
mod engine;
mod explain;
mod find_syntax;
mod heat;
mod list;
pub mod runtime;
mod skeleton_trace;
mod sort;
mod summary;
mod tags;
mod tree;
mod types;

pub use critical_path::{Section, Timed, critical_path};
pub use engine::{Engine, QueryError, TooLarge};
pub use explain::Condition;
pub use find_syntax::parse_find;
pub use heat::{Heat, HeatCell, HeatGrid};
pub use list::{List, Page, TraceBox};
pub use skeleton_trace::SkeletonTrace;
pub use sort::{NotAPlace, Place, Sort};
pub use summary::summarize;
pub use tree::{Children, Parent, Parents, TreeSpan};
pub use types::{
    Answer, Dependency, Operation, ReadStats, ServiceSummary, TraceQuery, TraceSummary, TracesById,
};
