//! Calls between services.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use wakeful_store::Call;

use crate::Dependency;

/// Adds up calls, sorted by caller and called.
pub(crate) fn add_up(calls: impl Iterator<Item = Call>) -> Vec<Dependency> {
    let mut counts: FxHashMap<(String, String), u64> = FxHashMap::default();
    for call in calls {
        *counts.entry((call.parent, call.child)).or_default() += call.count;
    }
    let sorted: BTreeMap<_, _> = counts.into_iter().collect();
    sorted
        .into_iter()
        .map(|((parent, child), call_count)| Dependency {
            parent,
            child,
            call_count,
        })
        .collect()
}
