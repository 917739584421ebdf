//! What is over is kept for a while, and not for ever.

use std::collections::BTreeMap;

use crate::Live;

/// However long things are to be kept, no more than so many of each kind that are over.
const OVER_MAX: usize = 100_000;

impl Live {
    /// Forgets tasks, resources and operations that ended longer ago than `retain_nanos`; `None` keeps them, up to 100,000 of each.
    pub fn forget(&mut self, retain_nanos: Option<u64>) {
        let oldest = retain_nanos.map_or(0, |nanos| self.now_unix_nanos().saturating_sub(nanos));
        retain(&mut self.tasks, oldest, |task| {
            task.end.as_ref().map(|end| end.end_unix_nanos)
        });
        retain(&mut self.resources, oldest, |resource| resource.end_unix_nanos);
        retain(&mut self.async_ops, oldest, |op| op.op.end_unix_nanos);
    }
}

/// Keeps what has not ended, and what ended last.
fn retain<K: Ord + Copy, V>(all: &mut BTreeMap<K, V>, oldest: u64, end: impl Fn(&V) -> Option<u64>) {
    all.retain(|_, it| end(it).is_none_or(|end| end > oldest));
    if all.len() <= OVER_MAX {
        return;
    }
    let mut over: Vec<(u64, K)> = all
        .iter()
        .filter_map(|(key, it)| Some((end(it)?, *key)))
        .collect();
    let excess = over.len().saturating_sub(OVER_MAX);
    over.sort_unstable();
    for (_, key) in &over[..excess] {
        all.remove(key);
    }
}
