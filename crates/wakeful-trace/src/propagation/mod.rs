//! Context in headers: how a trace crosses from one service to the next.
//!
//! Each [`Format`] is one way of writing a [`SpanContext`] or [`Baggage`] into headers. A [`Propagator`] is the list of
//! those that a program speaks; it reads whatever is there and writes all of them.
//!
//! ```
//! use wakeful_trace::propagation::{Format, Propagator};
//!
//! let incoming = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
//! let propagator = Propagator::default();
//! let read = propagator.extract(&incoming[..]);
//! let context = read.context.unwrap();
//! assert!(context.is_sampled() && context.is_remote);
//!
//! let mut outgoing = Vec::new();
//! Propagator::new([Format::B3]).inject(&context, &read.baggage, |name, value| {
//!     outgoing.push(format!("{name}: {value}"));
//! });
//! assert_eq!(outgoing, ["b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"]);
//! ```
//!
//! Bad input never fails a request: a header that cannot be read is named in [`Extracted::problems`], and the others
//! are read all the same.

mod b3;
mod baggage;
mod error;
mod headers;
mod jaeger;
mod short_text;
mod trace_context;
mod xray;

use std::fmt;
use std::str::FromStr;

pub use baggage::{Baggage, BaggageEntry};
pub use error::{HeaderError, HeaderProblem};
pub use headers::Headers;
pub use jaeger::DEFAULT_CONTEXT_HEADER as JAEGER_CONTEXT_HEADER;

use crate::SpanContext;

/// One way of carrying context in headers. The names are those of `OTEL_PROPAGATORS`
/// (OpenTelemetry specification 1.57, "Environment Variables").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `traceparent` and `tracestate` (W3C Trace Context, level 2).
    TraceContext,
    /// `baggage` (W3C Baggage).
    Baggage,
    /// The single header `b3`.
    B3,
    /// `X-B3-TraceId` and its sisters.
    B3Multi,
    /// `uber-trace-id`, with baggage as `uberctx-KEY`.
    Jaeger,
    /// `X-Amzn-Trace-Id` of AWS X-Ray.
    XRay,
}

impl Format {
    /// Every format, in the order of the specification.
    pub const ALL: [Self; 6] = [
        Self::TraceContext,
        Self::Baggage,
        Self::B3,
        Self::B3Multi,
        Self::Jaeger,
        Self::XRay,
    ];

    /// The name in `OTEL_PROPAGATORS`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Jaeger => "jaeger",
            Self::XRay => "xray",
        }
    }
}

/// A name that is not one of [`Format::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no propagator: use one of", self.0)?;
        Format::ALL
            .into_iter()
            .enumerate()
            .try_for_each(|(at, format)| write!(f, "{} {}", if at == 0 { "" } else { "," }, format.name()))
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// The formats that a program reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagator {
    formats: Vec<Format>,
    jaeger_header: Box<str>,
}

impl Default for Propagator {
    /// W3C Trace Context and Baggage, as the specification has it.
    fn default() -> Self {
        Self::new([Format::TraceContext, Format::Baggage])
    }
}

/// What was found in the headers of a request.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The caller's span, marked as remote.
    pub context: Option<SpanContext>,
    /// A sampling decision that came without ids (`b3: 0`); `None` where there are ids or nothing was said.
    pub decision: Option<bool>,
    /// What the caller passes along for everyone after it.
    pub baggage: Baggage,
    /// Headers that are there and cannot be read.
    pub problems: Vec<HeaderError>,
}

impl Propagator {
    /// Reads and writes these formats. If several of them bring a context, the last one in the list wins, as in
    /// OpenTelemetry's composite propagator.
    pub fn new(formats: impl IntoIterator<Item = Format>) -> Self {
        let mut unique = Vec::new();
        for format in formats {
            if !unique.contains(&format) {
                unique.push(format);
            }
        }
        Self {
            formats: unique,
            jaeger_header: jaeger::DEFAULT_CONTEXT_HEADER.into(),
        }
    }

    /// Uses another header in place of `uber-trace-id`.
    #[must_use]
    pub fn with_jaeger_header(mut self, name: &str) -> Self {
        self.jaeger_header = name.into();
        self
    }

    /// The header that is read and written in place of `uber-trace-id`.
    pub fn jaeger_header(&self) -> &str {
        &self.jaeger_header
    }

    /// The formats, in their order.
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// Reads the context and the baggage of a request.
    pub fn extract<H: Headers + ?Sized>(&self, headers: &H) -> Extracted {
        let mut found = Extracted::default();
        for format in &self.formats {
            let context = match format {
                Format::TraceContext => trace_context::extract(headers),
                Format::B3 => b3::extract_single(headers, &mut found.decision),
                Format::B3Multi => b3::extract_multi(headers, &mut found.decision),
                Format::Jaeger => {
                    jaeger::extract_baggage(headers, &mut found.baggage);
                    jaeger::extract(headers, &self.jaeger_header)
                }
                Format::XRay => xray::extract(headers),
                Format::Baggage => {
                    baggage::extract(headers, &mut found.baggage, &mut found.problems);
                    continue;
                }
            };
            match context {
                Ok(Some(context)) => found.context = Some(context.remote()),
                Ok(None) => {}
                Err(problem) => found.problems.push(problem),
            }
        }
        found
    }

    /// Writes the context and the baggage of an outgoing request, one call of `set` a header. Names are lower case.
    pub fn inject(&self, context: &SpanContext, baggage: &Baggage, mut set: impl FnMut(&str, &str)) {
        for format in &self.formats {
            match format {
                Format::TraceContext => trace_context::inject(context, &mut set),
                Format::B3 => b3::inject_single(context, &mut set),
                Format::B3Multi => b3::inject_multi(context, &mut set),
                Format::Jaeger => {
                    jaeger::inject(context, &self.jaeger_header, &mut set);
                    jaeger::inject_baggage(baggage, &mut set);
                }
                Format::XRay => xray::inject(context, &mut set),
                Format::Baggage => baggage::inject(baggage, &mut set),
            }
        }
    }
}

#[cfg(test)]
mod tests;
