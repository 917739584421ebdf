//! The engine: questions to the store, answers to people.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rustc_hash::FxHashSet;
use wakeful_model::{Kind, Trace, TraceId};
use wakeful_store::{ReadBounds, ReadError, SpanFilter, SpanKey, Store, Traces};

use crate::{
    Answer, Dependency, Operation, Page, ReadStats, TraceQuery, TraceSummary, TracesById, dependencies, tags,
};

/// Whole traces are held in memory for an answer up to so many bytes, as OTLP; in memory they take some three times
/// as much. A trace that is asked for by itself may have more than several together.
pub(crate) const ANSWER_BOUNDS: ReadBounds = ReadBounds {
    alone_bytes: 128 << 20,
    together_bytes: 64 << 20,
};

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// What could be the answer cannot be read.
    #[error("cannot read the store: {0}")]
    Store(#[from] ReadError),
    /// A trace is too large to be put together in memory.
    #[error("{0}")]
    TooLarge(TooLarge),
}

/// A trace that is too large to be put together in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "trace {trace} takes about {} MiB, and at most {} MiB are put together for an answer; open it on the page, which \
     reads no more of it than it shows",
    bytes >> 20,
    ANSWER_BOUNDS.alone_bytes >> 20
)]
pub struct TooLarge {
    /// Which.
    pub trace: TraceId,
    /// Its size as OTLP, about.
    pub bytes: u64,
}

impl From<(TraceId, u64)> for TooLarge {
    fn from((trace, bytes): (TraceId, u64)) -> Self {
        Self { trace, bytes }
    }
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
        // What could not be read, the store has logged and counted.
        let (services, _) = self.store.services();
        services.into_iter().collect()
    }

    /// Operations of a service (of all, if `None`), sorted, without duplicates; of one kind if given.
    pub fn operations(&self, service: Option<&str>, kind: Option<Kind>) -> Vec<Operation> {
        let (operations, _) = self.store.operations(service);
        let of_name = |(name, kinds): (String, BTreeSet<Kind>)| {
            let kinds = kinds.into_iter();
            kinds.map(move |kind| Operation {
                name: name.clone(),
                kind,
            })
        };
        let operations = operations.into_iter().flat_map(of_name);
        operations
            .filter(|operation| kind.is_none_or(|kind| operation.kind == kind))
            .collect()
    }

    /// All spans of a trace, as stored (see [`crate::adjust`]); `None` if there are none.
    ///
    /// # Errors
    /// If nothing of it could be read, though there may be something; or if it takes too much memory.
    pub fn trace(&self, id: TraceId) -> Result<Option<Trace>, QueryError> {
        Ok(self.trace_and_problems(id)?.map(|(trace, _)| trace))
    }

    /// As [`Engine::trace`], with what could not be read of it, in sentences.
    ///
    /// # Errors
    /// As [`Engine::trace`].
    pub fn trace_and_problems(&self, id: TraceId) -> Result<Option<(Trace, Vec<String>)>, QueryError> {
        let mut read = self.store.traces_within(&[id], ANSWER_BOUNDS);
        if let Some(too_large) = read.too_large.pop() {
            return Err(QueryError::TooLarge(too_large.into()));
        }
        match (read.traces.pop(), read.problems.first()) {
            (Some(trace), _) => Ok(Some((trace, sentences(&read.problems)))),
            (None, Some(problem)) => Err(problem.clone().into()),
            (None, None) => Ok(None),
        }
    }

    /// The traces of some ids, without duplicates, in the order asked for; and what is not among them, and why.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn traces(&self, ids: &[TraceId]) -> Result<TracesById, QueryError> {
        let mut known = FxHashSet::default();
        let mut ids: Vec<_> = ids.iter().copied().filter(|id| known.insert(*id)).collect();
        let read = self.store.traces_within(&ids, ANSWER_BOUNDS);
        if let (Some(problem), true) = (read.problems.first(), read.traces.is_empty()) {
            return Err(problem.clone().into());
        }
        ids.truncate(ids.len() - read.left_out);
        let is_there = |id: &TraceId| {
            read.traces.iter().any(|trace| trace.id == *id)
                || read.too_large.iter().any(|(large, _)| large == id)
        };
        ids.retain(|id| !is_there(id));
        let mut problems = sentences(&read.problems);
        problems.extend(not_read(&read));
        Ok(TracesById {
            traces: read.traces,
            missing: ids,
            problems,
        })
    }

    /// The spans of a trace by which a search finds it: those that meet all conditions.
    ///
    /// # Errors
    /// If one of them may rest where it cannot be read.
    pub fn matching_spans(&self, id: TraceId, query: &TraceQuery) -> Result<FxHashSet<SpanKey>, QueryError> {
        let (spans, problems) = self.store.matching_spans(id, &filter(query));
        match problems.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(spans),
        }
    }

    /// The newest traces that match, whole; fewer, and a sentence that says so, if they would take too much memory. The search
    /// ends early when it is not wanted any more.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find(
        &self,
        query: &TraceQuery,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Answer<Trace>, QueryError> {
        let found = self.store.search(&filter(query), query.limit, |_| is_wanted());
        let ids: Vec<_> = found.traces.iter().map(|(id, _)| *id).collect();
        let read = self.store.traces_within(&ids, ANSWER_BOUNDS);
        let mut unreadable = found.problems.iter().chain(&read.problems).peekable();
        if let (Some(problem), true) = (unreadable.peek(), read.traces.is_empty()) {
            return Err(QueryError::Store((*problem).clone()));
        }
        let mut problems: Vec<_> = unreadable.map(ToString::to_string).collect();
        problems.extend(not_read(&read));
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

    /// The newest traces that match, a line each. The search ends early when it is not wanted any more.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn find_summaries(
        &self,
        query: &TraceQuery,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Answer<TraceSummary>, QueryError> {
        let list = self.list(query, &Page::default(), |_| is_wanted())?;
        Ok(Answer {
            items: list.items,
            read: list.read,
            truncated: list.truncated,
            problems: list.problems,
        })
    }

    /// Calls between services, of traces that began and ended within the range (Unix nanoseconds), sorted; and what
    /// could not be read, in sentences.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn dependencies(
        &self,
        within: RangeInclusive<u64>,
    ) -> Result<(Vec<Dependency>, Vec<String>), QueryError> {
        let (calls, problems) = self.store.calls(within);
        match problems.first() {
            Some(problem) if calls.is_empty() => Err(problem.clone().into()),
            _ => Ok((dependencies::add_up(calls.into_iter()), sentences(&problems))),
        }
    }
}

/// What was not read because the answer would take too much memory, for people.
fn not_read(read: &Traces) -> impl Iterator<Item = String> {
    let too_large = read.too_large.iter().copied().map(TooLarge::from);
    let left_out = (read.left_out > 0).then(|| {
        format!(
            "the last {} traces were left out, because the answer would take more than {} MiB; lower the limit or \
             narrow the search",
            read.left_out,
            ANSWER_BOUNDS.together_bytes >> 20
        )
    });
    too_large.map(|trace| trace.to_string()).chain(left_out)
}

/// What could not be read, for people.
pub(crate) fn sentences(problems: &[ReadError]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
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
