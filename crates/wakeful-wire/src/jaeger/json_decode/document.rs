//! The document as it stands in the file (`internal/uimodel` of Jaeger 2.20).

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value as Json;

/// A text of the file, copied only if it has escapes.
pub(super) type Text<'a> = Cow<'a, str>;

#[derive(Debug, Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) data: Option<Vec<TraceDocument<'a>>>,
    /// It may be a trace itself.
    #[serde(borrow)]
    pub(super) spans: Option<Vec<SpanDocument<'a>>>,
    #[serde(borrow)]
    pub(super) processes: Option<HashMap<Text<'a>, ProcessDocument<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TraceDocument<'a> {
    #[serde(borrow)]
    pub(super) spans: Option<Vec<SpanDocument<'a>>>,
    #[serde(borrow)]
    pub(super) processes: Option<HashMap<Text<'a>, ProcessDocument<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SpanDocument<'a> {
    #[serde(borrow, default, rename = "traceID")]
    pub(super) trace_id: Text<'a>,
    #[serde(borrow, default, rename = "spanID")]
    pub(super) span_id: Text<'a>,
    /// Files of Jaeger before 1.0 have it in place of a reference.
    #[serde(borrow, default, rename = "parentSpanID")]
    pub(super) parent_span_id: Text<'a>,
    pub(super) flags: Option<u32>,
    #[serde(borrow, default, rename = "operationName")]
    pub(super) operation_name: Text<'a>,
    #[serde(borrow)]
    pub(super) references: Option<Vec<ReferenceDocument<'a>>>,
    /// Unix microseconds.
    #[serde(default, rename = "startTime")]
    pub(super) start_time: f64,
    /// Microseconds.
    #[serde(default)]
    pub(super) duration: f64,
    #[serde(borrow)]
    pub(super) tags: Option<Vec<TagDocument<'a>>>,
    #[serde(borrow)]
    pub(super) logs: Option<Vec<LogDocument<'a>>>,
    #[serde(borrow, default, rename = "processID")]
    pub(super) process_id: Text<'a>,
    /// In place of `processID`.
    #[serde(borrow)]
    pub(super) process: Option<ProcessDocument<'a>>,
    #[serde(borrow)]
    pub(super) warnings: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReferenceDocument<'a> {
    #[serde(borrow, default, rename = "refType")]
    pub(super) ref_type: Text<'a>,
    #[serde(borrow, default, rename = "traceID")]
    pub(super) trace_id: Text<'a>,
    #[serde(borrow, default, rename = "spanID")]
    pub(super) span_id: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TagDocument<'a> {
    #[serde(borrow, default)]
    pub(super) key: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(default)]
    pub(super) value: Json,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogDocument<'a> {
    /// Unix microseconds.
    #[serde(default)]
    pub(super) timestamp: f64,
    #[serde(borrow)]
    pub(super) fields: Option<Vec<TagDocument<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProcessDocument<'a> {
    #[serde(borrow, default, rename = "serviceName")]
    pub(super) service_name: Text<'a>,
    #[serde(borrow)]
    pub(super) tags: Option<Vec<TagDocument<'a>>>,
}
