//! Why a search finds nothing: which single condition, if it were dropped, would let something through.

use wakeful_store::Progress;

use crate::engine::filter;
use crate::{Engine, Page, QueryError, TraceQuery};

/// Traces that are counted at most.
const COUNTED_MAX: usize = 100;

/// A condition of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// [`TraceQuery::service`].
    Service,
    /// [`TraceQuery::operation`].
    Operation,
    /// The tags of this key.
    Tag(String),
    /// [`TraceQuery::min_duration_nanos`].
    MinDuration,
    /// [`TraceQuery::max_duration_nanos`].
    MaxDuration,
    /// [`TraceQuery::started_within`].
    Started,
    /// [`Page::within`].
    Within,
}

impl Engine {
    /// The conditions without each of which something would match, and how many traces (at most 100 are counted).
    /// `watch` as in [`Engine::list`].
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn explain(
        &self,
        query: &TraceQuery,
        page: &Page,
        mut watch: impl FnMut(&Progress) -> bool,
    ) -> Result<Vec<(Condition, usize)>, QueryError> {
        let mut found = Vec::new();
        for condition in conditions(query, page) {
            let (query, page) = without(query, page, &condition);
            let traces = self.count_some(&query, &page, &mut watch);
            if traces > 0 {
                found.push((condition, traces));
            }
        }
        Ok(found)
    }

    fn count_some(
        &self,
        query: &TraceQuery,
        page: &Page,
        watch: &mut impl FnMut(&Progress) -> bool,
    ) -> usize {
        let mut filter = filter(query);
        let Some(within) = &page.within else {
            return self.store().search(&filter, COUNTED_MAX, watch).traces.len();
        };
        within.narrow(&mut filter);
        let mut traces = 0;
        self.store()
            .survey(&filter, wakeful_store::Detail::Numbers, watch, |outline| {
                traces += usize::from(within.has(&outline));
            });
        traces.min(COUNTED_MAX)
    }
}

fn conditions(query: &TraceQuery, page: &Page) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut add = |is_there: bool, condition| conditions.extend(is_there.then_some(condition));
    add(query.service.is_some(), Condition::Service);
    add(query.operation.is_some(), Condition::Operation);
    let mut keys: Vec<_> = query.tags.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .for_each(|key| add(true, Condition::Tag(key.clone())));
    add(query.min_duration_nanos.is_some(), Condition::MinDuration);
    add(query.max_duration_nanos.is_some(), Condition::MaxDuration);
    add(query.started_within.is_some(), Condition::Started);
    add(page.within.is_some(), Condition::Within);
    conditions
}

fn without(query: &TraceQuery, page: &Page, condition: &Condition) -> (TraceQuery, Page) {
    let (mut query, mut page) = (query.clone(), page.clone());
    match condition {
        Condition::Service => query.service = None,
        Condition::Operation => query.operation = None,
        Condition::Tag(key) => query.tags.retain(|(of, _)| of != key),
        Condition::MinDuration => query.min_duration_nanos = None,
        Condition::MaxDuration => query.max_duration_nanos = None,
        Condition::Started => query.started_within = None,
        Condition::Within => page.within = None,
    }
    (query, page)
}
