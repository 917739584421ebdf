//! Everything wakeful records, as plain data.
//!
//! A [`SpanBatch`] is a list of [`Span`]s with the [`Resource`]s and [`Scope`]s that they refer to; a [`Trace`]
//! is all of them that share an id.
//! Nothing here knows a wire format, a clock or a disk: `wakeful-wire` turns bytes into these types and back,
//! `wakeful-store` keeps them, `wakeful-query` finds and mends them.
//!
//! The names are OpenTelemetry's (data model of traces, specification 1.57).

pub mod intervals;
mod loss;
pub mod runtime;
mod span;
mod trace;
mod utc;
mod value;
mod warnings;

pub use loss::Loss;
pub use span::{Event, Kind, Link, Span, Status, StatusCode};
pub use trace::{Resource, Scope, SpanBatch, Trace};
pub use utc::Utc;
pub use value::{Attribute, Value, base64_text, canonical_text, float_text, write_json_string};
pub use wakeful_trace::{ParseIdError, SpanId, TraceId};
pub use warnings::Warnings;

/// The attribute in which repairs and adjustments of a span are noted, as a list of sentences.
///
/// The name is Jaeger's, so that its own tools show them (`internal/jptrace/warning.go`).
pub const WARNINGS_KEY: &str = "@jaeger@warnings";
