//! What a program says that it lost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;

/// What a program lost in one of its threads for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loss {
    /// The program, by its `service.name`.
    pub service: String,
    /// Why, in `snake_case`; `docs/loss.md` lists the causes that our own recorder has.
    pub cause: String,
    /// The thread's name and number; empty where no thread is to blame.
    pub thread: String,
    /// Spans that are missing as a whole.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
    /// Records of any kind that found no room in a ring, those of `spans` included.
    pub records: u64,
    /// Nothing was lost before, Unix nanoseconds.
    pub from_unix_nanos: u64,
    /// Nothing was lost after, Unix nanoseconds.
    pub until_unix_nanos: u64,
}

impl Loss {
    /// What is missing: spans and log records or, where none is missing as a whole, records that would have been a part of one.
    pub fn missing(&self) -> u64 {
        match self.spans.saturating_add(self.logs) {
            0 => self.records,
            whole => whole,
        }
    }

    /// Whether something may have been lost within the range, Unix nanoseconds.
    pub fn touches(&self, within: &RangeInclusive<u64>) -> bool {
        self.from_unix_nanos <= *within.end() && self.until_unix_nanos >= *within.start()
    }

    /// Adds the figures of another, whose times become its own too.
    pub fn add(&mut self, other: &Self) {
        self.spans = self.spans.saturating_add(other.spans);
        self.logs = self.logs.saturating_add(other.logs);
        self.records = self.records.saturating_add(other.records);
        self.from_unix_nanos = self.from_unix_nanos.min(other.from_unix_nanos);
        self.until_unix_nanos = self.until_unix_nanos.max(other.until_unix_nanos);
    }

    /// Adds up those of one program, cause and thread, once `forget` has taken away what they need not be told apart by; sorted
    /// by these three.
    pub fn joined(losses: Vec<Self>, forget: impl Fn(&mut Self)) -> Vec<Self> {
        let mut joined = BTreeMap::new();
        for mut loss in losses {
            forget(&mut loss);
            let key = (loss.service.clone(), loss.cause.clone(), loss.thread.clone());
            match joined.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(loss);
                }
                Entry::Occupied(mut entry) => entry.get_mut().add(&loss),
            }
        }
        joined.into_values().collect()
    }
}
