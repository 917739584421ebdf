//! A trace without what hangs on its spans, adjusted.

use wakeful_model::TraceId;
use wakeful_store::{Skeleton, TimeWindow};

use crate::adjust::{Doubt, skeleton};
use crate::engine::sentences;
use crate::tree::Parents;
use crate::{Engine, QueryError};

/// A trace's skeleton as people see it: [`crate::adjust::mend`] has been done to it, or, if it was asked for raw,
/// [`crate::adjust::tidy`].
#[derive(Debug)]
pub struct SkeletonTrace {
    /// Its spans, by start, then id.
    pub skeleton: Skeleton,
    /// Spans were left out because there are too many.
    pub is_cut: bool,
    /// Which span hangs on which.
    pub parents: Parents,
    /// What is doubtful about spans, by index, ascending; nothing if it was asked for raw.
    pub doubts: Vec<(u32, Doubt)>,
    /// What could not be read, in sentences; the rest is there.
    pub problems: Vec<String>,
}

impl Engine {
    /// The skeleton of a trace; `None` if no span of it is stored. Of more than `spans_max` spans the earliest, the
    /// latest and the longest; with a window, first of all what that has (its times are those that were sent).
    ///
    /// # Errors
    /// If nothing of it could be read, though there may be something.
    pub fn skeleton(
        &self,
        id: TraceId,
        spans_max: usize,
        window: Option<TimeWindow>,
        raw: bool,
    ) -> Result<Option<SkeletonTrace>, QueryError> {
        let (found, problems) = self.store().skeleton(id, spans_max, window);
        let Some(mut skeleton) = found else {
            return match problems.first() {
                Some(problem) => Err(problem.clone().into()),
                None => Ok(None),
            };
        };
        let whole = |ids: &_| self.store().spans_of(id, ids).0;
        let is_cut = skeleton.stored > spans_max as u64;
        let (parents, doubts) = skeleton::mend(&mut skeleton, raw, is_cut, whole);
        Ok(Some(SkeletonTrace {
            skeleton,
            is_cut,
            parents,
            doubts,
            problems: sentences(&problems),
        }))
    }
}
