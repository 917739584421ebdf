//! Trace and span ids and the context of a span: the smallest piece of wakeful, which everything else stands on.
//!
//! [`TraceId`] and [`SpanId`] make the zero id, which every protocol calls invalid, unrepresentable.
//! They are printed as lower-case hex of full width; [`TraceId::parse`] accepts what people paste.
//!
//! ```
//! use wakeful_trace::TraceId;
//!
//! let id = TraceId::parse("4BF92F3577B34DA6").unwrap();
//! assert_eq!(id.to_string(), "00000000000000004bf92f3577b34da6");
//! assert!(TraceId::parse("0").is_err());
//! ```
//!
//! A [`SpanContext`] is what children and other services learn of a span: its ids, whether it is recorded
//! ([`TraceFlags`]), and what vendors carry along ([`TraceState`]).
//!
//! [`propagation`] reads and writes that context in the headers of W3C, Jaeger, B3 and X-Ray.
//!
//! Applications that only emit spans through `tracing` do not need this crate.

mod context;
mod id;
pub mod propagation;

pub use context::{SpanContext, TraceFlags, TraceState};
pub use id::{ParseIdError, SpanId, TraceId};
