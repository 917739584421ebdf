//! The engine: questions to the store, answers to people.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use wakeful_model::{Kind, Trace, TraceId};
use wakeful_store::{SpanFilter, Store};

use crate::{Answer, Dependency, Operation, Page, ReadStats, TraceQuery, TraceSummary, dependencies, tags};

/// Whole traces are held in memory for an answer up to so many bytes, as OTLP; in memory they take some three times
/// as much.
pub(crate) const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The store could not be read.
    #[error("cannot read the store: {0}")]
    Store(String),
}

/// Answers questions about the traces of a store.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Store,
}

impl Engine {
    /// An engine over `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The store it reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Names of all services, sorted.
    pub fn services(&self) -> Vec<String> {
        self.store.operations().into_keys().collect()
    }

    /// Operations of a service (of all, if `None`), sorted, without duplicates; of one kind if given.
    pub fn operations(&self, service: Option<&str>, kind: Option<Kind>) -> Vec<Operation> {
        let mut services = self.store.operations();
        if let Some(service) = service {
            services.retain(|name, _| name == service);
        }
        let operations = services
            .into_values()
            .flatten()
            .filter(|(_, of)| kind.is_none_or(|kind| *of == kind));
        let sorted: BTreeSet<_> = operations.map(|(name, kind)| Operation { name, kind }).collect();
        sorted.into_iter().collect()
    }

    /// All spans of a trace, as stored (see [`crate::adjust`]); `None` if there are none.
    ///
    /// # Errors
    /// If nothing of it could be read, though there may be something.
    pub fn trace(&self, id: TraceId) -> Result<Option<Trace>, QueryError> {
        Ok(self.trace_and_problems(id)?.map(|(trace, _)| trace))
    }

    /// As [`Engine::trace`], with what could not be read of it, in sentences.
    ///
    /// # Errors
    /// As [`Engine::trace`].
    pub fn trace_and_problems(&self, id: TraceId) -> Result<Option<(Trace, Vec<String>)>, QueryError> {
        let (mut traces, problems) = self.store.traces(&[id]);
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        match (traces.pop(), problems.first()) {
            (Some(trace), _) => Ok(Some((trace, problems))),
            (None, Some(problem)) => Err(QueryError::Store(problem.clone())),
            (None, None) => Ok(None),
        }
    }

    /// The newest traces that match, whole; fewer, and a sentence that says so, if they would take too much memory.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find(&self, query: &TraceQuery) -> Result<Answer<Trace>, QueryError> {
        let found = self.store.search(&filter(query), query.limit, |_| true);
        let ids: Vec<_> = found.traces.iter().map(|(id, _)| *id).collect();
        let read = self.store.traces_within(&ids, ANSWER_BYTES_MAX);
        let problems = found.problems.iter().chain(&read.problems);
        let mut problems: Vec<_> = problems.map(ToString::to_string).collect();
        if let (Some(problem), true) = (problems.first(), read.traces.is_empty()) {
            return Err(QueryError::Store(problem.clone()));
        }
        if read.left_out > 0 {
            problems.push(format!(
                "the last {} traces were left out, because the answer would take more than {} MiB; lower the limit or \
                 narrow the search",
                read.left_out,
                ANSWER_BYTES_MAX >> 20
            ));
        }
        Ok(Answer {
            items: read.traces,
            read: ReadStats {
                segments: found.progress.segments,
                spans: found.progress.spans,
            },
            truncated: found.truncated || read.left_out > 0,
            problems,
        })
    }

    /// The newest traces that match, a line each.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find_summaries(&self, query: &TraceQuery) -> Result<Answer<TraceSummary>, QueryError> {
        let list = self.list(query, &Page::default(), |_| true)?;
        Ok(Answer {
            items: list.items,
            read: list.read,
            truncated: list.truncated,
            problems: list.problems,
        })
    }

    /// Calls between services, of traces that began and ended within the range (Unix nanoseconds), sorted.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn dependencies(&self, within: RangeInclusive<u64>) -> Result<Vec<Dependency>, QueryError> {
        let (calls, problems) = self.store.calls(within);
        match problems.first() {
            Some(problem) if calls.is_empty() => Err(QueryError::Store(problem.to_string())),
            _ => Ok(dependencies::add_up(calls.into_iter())),
        }
    }
}

pub(crate) fn filter(query: &TraceQuery) -> SpanFilter {
    let least = query.min_duration_nanos.unwrap_or(0);
    let most = query.max_duration_nanos.unwrap_or(u64::MAX);
    SpanFilter {
        service: query.service.clone(),
        name: query.operation.clone(),
        started_within: query.started_within.clone().unwrap_or(0..=u64::MAX),
        duration: least..=most,
        clauses: query
            .tags
            .iter()
            .map(|(key, text)| tags::clause(key, text))
            .collect(),
    }
}
