//! What a program's spans were, in a form that does not depend on who recorded them.

use std::collections::BTreeMap;

/// Times are numbers of steps. Each step makes at most one span, so a span is known by the step that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) made_at: u64,
    pub(crate) closed_at: u64,
    pub(crate) name: String,
    pub(crate) parent: Option<u64>,
    /// The topmost of its ancestors.
    pub(crate) root: u64,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) events: Vec<Event>,
    pub(crate) links: Vec<u64>,
    /// When it was entered, on whatever thread.
    pub(crate) intervals: Vec<(u64, u64)>,
    pub(crate) failed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, String>,
}

/// In the order in which they were made.
pub(crate) type Outcome = Vec<Span>;
