//! States of the past that were folded not long ago: a page asks about one moment many times.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wakeful_live::Live;

use super::ProgramId;

/// So many are kept; each has what one program can have, which is bounded.
const STATES_MAX: usize = 4;

/// What a state was folded from: the file of its first frame, and the file and the offset of its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) program: ProgramId,
    pub(super) first_file: u64,
    pub(super) last: (u64, u64),
}

/// The states that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The latest last.
    kept: Mutex<VecDeque<(Origin, Arc<Live>)>>,
}

impl Past {
    pub(super) fn get(&self, origin: Origin) -> Option<Arc<Live>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| *known == origin)?;
        let found = kept.remove(at)?;
        let live = Arc::clone(&found.1);
        kept.push_back(found);
        Some(live)
    }

    pub(super) fn put(&self, origin: Origin, live: Arc<Live>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= STATES_MAX {
            kept.pop_front();
        }
        kept.push_back((origin, live));
    }
}
