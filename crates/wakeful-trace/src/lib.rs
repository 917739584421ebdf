//! Explicit tracing: ids, the context of a span, and spans that are passed on by value. The smallest piece of wakeful,
//! which everything else stands on, without a dependency.
//!
//! For databases, query engines and proxies that hand their context from call to call rather than through a
//! thread-local: a [`SpanContext`] comes in with the request, a [`SpanRecorder`] times a piece of work under it, and a
//! [`TraceCollector`] gets the finished [`Span`]. Without a context nothing is recorded, and nothing is paid.
//!
//! ```
//! use std::sync::Arc;
//! use wakeful_trace::{RingBufferTraceCollector, SpanContext, SpanExt, SpanRecorder};
//!
//! let collector = Arc::new(RingBufferTraceCollector::new(100));
//! let context = Some(SpanContext::root(collector.clone()));
//!
//! let mut query = SpanRecorder::new(context.child_span("query"));
//! query.set_metadata("rows", 3);
//! drop(query.child("parse"));
//! query.ok("done");
//! drop(query);
//!
//! let names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
//! assert_eq!(names, ["parse", "query"]);
//! ```
//!
//! [`TraceId`] and [`SpanId`] make the zero id, which every protocol calls invalid, unrepresentable.
//! They are printed as lower-case hex of full width; [`TraceId::parse`] accepts what people paste:
//!
//! ```
//! use wakeful_trace::TraceId;
//!
//! let id = TraceId::parse("4BF92F3577B34DA6").unwrap();
//! assert_eq!(id.to_string(), "00000000000000004bf92f3577b34da6");
//! assert!(TraceId::parse("0").is_err());
//! ```
//!
//! [`propagation`] reads and writes a context in the headers of W3C, Jaeger, B3 and X-Ray. Where a context cannot be handed
//! over, [`SpanContext::enter`] makes it current, which is also how spans of `tracing` come under it.
//!
//! Applications that only emit spans through `tracing` do not need this crate.

mod collector;
mod context;
pub mod current;
mod id;
mod metadata;
pub mod propagation;
mod random;
mod recorder;
mod span;

pub use collector::{RingBufferTraceCollector, TraceCollector};
pub use context::{SpanContext, TraceFlags, TraceState};
pub use current::EnteredContext;
pub use id::{ParseIdError, SpanId, TraceId};
pub use metadata::{MetaValue, Metadata};
pub use recorder::{SpanExt, SpanRecorder};
pub use span::{Span, SpanEvent, SpanKind, SpanLink, SpanStatus};
