//! What is over is kept for a while, and not for ever.

use std::collections::BTreeMap;

use crate::Live;

/// However long things are to be kept, no more than so many of each kind that are over.
const OVER_MAX: usize = 100_000;

impl Live {
    /// Forgets tasks, resources and operations that ended longer ago than `retain_nanos`; `None` keeps them, up to 100,000 of each.
    pub fn forget(&mut self, retain_nanos: Option<u64>) {
        let oldest = retain_nanos.map_or(0, |nanos| self.now_unix_nanos().saturating_sub(nanos));
        self.retain(oldest, |_| OVER_MAX);
    }

    /// Forgets the half of what is over that ended first.
    pub(crate) fn forget_half(&mut self) {
        self.retain(0, |over| over / 2);
    }

    fn retain(&mut self, oldest: u64, most: fn(usize) -> usize) {
        retain(&mut self.tasks, oldest, most, |task| {
            task.end.as_ref().map(|end| end.end_unix_nanos)
        });
        retain(&mut self.resources, oldest, most, |resource| {
            resource.end_unix_nanos
        });
        retain(&mut self.async_ops, oldest, most, |op| op.op.end_unix_nanos);
    }
}

/// Keeps what has not ended, and what ended last: of so many that are over as many as `most` says.
fn retain<K: Ord + Copy, V>(
    all: &mut BTreeMap<K, V>,
    oldest: u64,
    most: fn(usize) -> usize,
    end: impl Fn(&V) -> Option<u64>,
) {
    if oldest > 0 {
        all.retain(|_, it| end(it).is_none_or(|end| end > oldest));
    }
    if all.len() <= most(all.len()) {
        return;
    }
    let mut over: Vec<(u64, K)> = all
        .iter()
        .filter_map(|(key, it)| Some((end(it)?, *key)))
        .collect();
    let excess = over.len().saturating_sub(most(over.len()));
    over.sort_unstable();
    for (_, key) in &over[..excess] {
        all.remove(key);
    }
}
