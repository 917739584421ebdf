//! What surrounds every answer, and the small things that stand in it.

use serde::Serialize;

/// The object that every answer is: data, or errors, or both.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope<'a, T> {
    /// The answer; `None` is `null`.
    pub data: Option<T>,
    /// How many items `data` has; Jaeger says zero for traces and dependencies.
    pub total: usize,
    /// Always zero: no answer comes in pages.
    pub limit: usize,
    /// Always zero: no answer comes in pages.
    pub offset: usize,
    /// What went wrong; `None` is `null`.
    pub errors: Option<&'a [ErrorView]>,
}

impl<'a, T> Envelope<'a, T> {
    /// An answer without errors.
    pub fn of(data: T, total: usize) -> Self {
        Self {
            data: Some(data),
            total,
            limit: 0,
            offset: 0,
            errors: None,
        }
    }

    /// Errors without an answer.
    pub fn of_errors(errors: &'a [ErrorView]) -> Self {
        Self {
            data: None,
            total: 0,
            limit: 0,
            offset: 0,
            errors: Some(errors),
        }
    }
}

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorView {
    /// The HTTP status; absent if the answer succeeded but for this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// What it was.
    pub msg: String,
    /// The trace that it is about.
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// An operation of a service.
#[derive(Debug, Clone, Serialize)]
pub struct OperationView<'a> {
    /// Span name.
    pub name: &'a str,
    /// Span kind in lower case, empty if it was not said.
    #[serde(rename = "spanKind")]
    pub span_kind: &'a str,
}

/// Calls from one service to another.
#[derive(Debug, Clone, Serialize)]
pub struct DependencyView<'a> {
    /// The caller.
    pub parent: &'a str,
    /// The one called.
    pub child: &'a str,
    /// How often.
    #[serde(rename = "callCount")]
    pub call_count: u64,
}
