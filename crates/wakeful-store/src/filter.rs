//! What spans are looked for: conditions that one span must meet.

use std::ops::RangeInclusive;

use wakeful_model::{Kind, StatusCode, canonical_text};
use wakeful_wire::otlp::ValueView;

/// Conditions that one span must meet, all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanFilter {
    /// Its service.
    pub service: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When it started, Unix nanoseconds.
    pub started_within: RangeInclusive<u64>,
    /// How long it took, nanoseconds.
    pub duration: RangeInclusive<u64>,
    /// Of each list, one must hold.
    pub clauses: Vec<Vec<Predicate>>,
}

impl Default for SpanFilter {
    fn default() -> Self {
        Self {
            service: None,
            name: None,
            started_within: 0..=u64::MAX,
            duration: 0..=u64::MAX,
            clauses: Vec::new(),
        }
    }
}

/// Something that is true or false of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// It, its resource, its scope, one of its events or links has such an attribute.
    Attribute {
        /// The attribute's name.
        key: String,
        /// Its canonical text.
        text: String,
    },
    /// It is of this kind.
    Kind(Kind),
    /// It ended so.
    Status(StatusCode),
    /// It did not end so.
    StatusNot(StatusCode),
    /// Why it failed.
    StatusMessage(String),
    /// Its W3C `tracestate`.
    TraceState(String),
    /// The library that made it.
    ScopeName(String),
    /// The version of that library.
    ScopeVersion(String),
}

/// Whether an encoded value has the canonical text.
pub(crate) fn value_is(value: ValueView<'_>, text: &str) -> bool {
    match value {
        ValueView::String(value) => value == text,
        value => canonical_text(&value.to_model()) == text,
    }
}

/// Whether one of encoded attributes has the key and the canonical text.
pub(crate) fn any_is<'a>(
    mut attributes: impl Iterator<Item = (&'a str, ValueView<'a>)>,
    key: &str,
    text: &str,
) -> bool {
    attributes.any(|(found, value)| found == key && value_is(value, text))
}
