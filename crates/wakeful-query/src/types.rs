//! Questions and answers.

use std::ops::RangeInclusive;

use wakeful_model::{Kind, Trace, TraceId};

/// What to look for. One span must meet all conditions; the whole trace is the answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceQuery {
    /// The span's service.
    pub service: Option<String>,
    /// The span's name.
    pub operation: Option<String>,
    /// Attributes of the span, its resource, scope, events or links, by canonical text; and Jaeger's made-up tags.
    pub tags: Vec<(String, String)>,
    /// When the span started, Unix nanoseconds; `None`: any time.
    pub started_within: Option<RangeInclusive<u64>>,
    /// The span's least duration, nanoseconds.
    pub min_duration_nanos: Option<u64>,
    /// The span's greatest duration, nanoseconds.
    pub max_duration_nanos: Option<u64>,
    /// How many traces at most.
    pub limit: usize,
}

/// Traces in order, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// Newest first (by the start of the trace, then by id).
    pub items: Vec<T>,
    /// What was read.
    pub read: ReadStats,
    /// Whether there may be more: `limit` cut the list, or the search was stopped.
    pub truncated: bool,
    /// What could not be read, in sentences; the rest is there.
    pub problems: Vec<String>,
}

/// How much was read for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadStats {
    /// Segments that were opened (the tail counts as one).
    pub segments: u64,
    /// Rows looked at.
    pub spans: u64,
}

/// A trace in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSummary {
    /// Its id.
    pub id: TraceId,
    /// Service of the root: the earliest span without a parent, else the earliest whose parent is missing.
    pub root_service: String,
    /// Name of the root.
    pub root_operation: String,
    /// Earliest start of a span, Unix nanoseconds.
    pub start_unix_nanos: u64,
    /// Latest end of a span, Unix nanoseconds.
    pub end_unix_nanos: u64,
    /// How many spans.
    pub spans: u32,
    /// How many of them failed.
    pub errors: u32,
    /// How many of them have a parent that is missing.
    pub orphans: u32,
    /// Levels of the tree; a lone root is 1.
    pub depth: u32,
    /// Sorted by name.
    pub services: Vec<ServiceSummary>,
}

/// One service's part in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSummary {
    /// Its name.
    pub name: String,
    /// How many spans it has.
    pub spans: u32,
    /// How many of them failed.
    pub errors: u32,
}

/// Traces that were asked for by their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct TracesById {
    /// Those that there are, in the order asked for.
    pub traces: Vec<Trace>,
    /// Ids of which no span is known.
    pub missing: Vec<TraceId>,
    /// What could not be read, or is not there because it would take too much memory, in sentences.
    pub problems: Vec<String>,
}

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// Span name.
    pub name: String,
    /// Span kind.
    pub kind: Kind,
}

/// Calls from one service to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The caller.
    pub parent: String,
    /// The one called.
    pub child: String,
    /// How many spans of `child` have a parent of `parent`.
    pub call_count: u64,
}
