//! The engine: questions to the store, answers to people.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use wakeful_model::{Kind, Trace, TraceId};
use wakeful_store::{Found, Progress, SpanFilter, Store};

use crate::{
    Answer, Dependency, Operation, ReadStats, TraceQuery, TraceSummary, adjust, dependencies, summary, tags,
};

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

    /// All spans of a trace, as stored (see [`adjust`]); `None` if there are none.
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

    /// The newest traces that match, whole.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find(&self, query: &TraceQuery) -> Result<Answer<Trace>, QueryError> {
        self.find_watched(query, |_| true)
    }

    /// The newest traces that match, whole. `watch` is told of the progress, and stops the search by returning
    /// `false`; what was found until then is the answer.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find_watched(
        &self,
        query: &TraceQuery,
        watch: impl FnMut(&Progress) -> bool,
    ) -> Result<Answer<Trace>, QueryError> {
        let found = self.store.search(&filter(query), query.limit, watch);
        let ids: Vec<_> = found.traces.iter().map(|(id, _)| *id).collect();
        let (items, problems) = self.store.traces(&ids);
        let Found {
            truncated,
            progress,
            problems: earlier,
            ..
        } = found;
        let problems: Vec<_> = earlier.iter().chain(&problems).map(ToString::to_string).collect();
        match problems.first() {
            Some(problem) if items.is_empty() => Err(QueryError::Store(problem.clone())),
            _ => Ok(Answer {
                items,
                read: ReadStats {
                    segments: progress.segments,
                    spans: progress.spans,
                },
                truncated,
                problems,
            }),
        }
    }

    /// The newest traces that match, a line each.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find_summaries(&self, query: &TraceQuery) -> Result<Answer<TraceSummary>, QueryError> {
        self.find_summaries_watched(query, |_| true)
    }

    /// The newest traces that match, a line each; `watch` as in [`Engine::find_watched`].
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find_summaries_watched(
        &self,
        query: &TraceQuery,
        watch: impl FnMut(&Progress) -> bool,
    ) -> Result<Answer<TraceSummary>, QueryError> {
        let Answer {
            items,
            read,
            truncated,
            problems,
        } = self.find_watched(query, watch)?;
        let summarize = |mut trace: Trace| {
            adjust::tidy(&mut trace);
            summary::summarize(&trace)
        };
        Ok(Answer {
            items: items.into_iter().map(summarize).collect(),
            read,
            truncated,
            problems,
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
