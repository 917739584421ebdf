//! The order in which a client gave a span's attributes.
//!
//! Attributes rest by key, in columns and maps, so their order would be lost. Spans of one place in a program have
//! the same keys in the same order: a JSON list of them, one of few in a segment, takes next to nothing.

use rustc_hash::FxHashMap;

/// Collects the keys of one span after the other.
#[derive(Default)]
pub(super) struct KeyOrder {
    /// The keys, each behind its length: what lists are told apart by.
    keys: Vec<u8>,
    ends: Vec<usize>,
    sorted: bool,
    known: FxHashMap<Vec<u8>, String>,
}

/// Beyond so many different lists they are written anew each time: a program that makes up keys must not fill
/// the memory.
const KNOWN_MAX: usize = 4096;

impl KeyOrder {
    pub(super) fn start(&mut self) {
        self.keys.clear();
        self.ends.clear();
        self.sorted = true;
    }

    pub(super) fn push(&mut self, key: &str) {
        self.sorted &= self.last().is_none_or(|last| last <= key.as_bytes());
        self.keys.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.keys.extend_from_slice(key.as_bytes());
        self.ends.push(self.keys.len());
    }

    fn last(&self) -> Option<&[u8]> {
        let end = *self.ends.last()?;
        let start = self
            .ends
            .len()
            .checked_sub(2)
            .map_or(0, |before| self.ends[before]);
        Some(&self.keys[start + 4..end])
    }

    /// The keys as a JSON list; `None` if they are in sorted order, in which they are found without it.
    pub(super) fn finish(&mut self) -> Option<&str> {
        if self.sorted {
            return None;
        }
        if !self.known.contains_key(self.keys.as_slice()) {
            if self.known.len() == KNOWN_MAX {
                self.known.clear();
            }
            let mut start = 0;
            let keys = self.ends.iter().map(|end| {
                let key = std::str::from_utf8(&self.keys[start + 4..*end]).unwrap_or_default();
                start = *end;
                key
            });
            let list = serde_json::Value::from_iter(keys).to_string();
            self.known.insert(self.keys.clone(), list);
        }
        self.known.get(self.keys.as_slice()).map(String::as_str)
    }
}

/// Reads a list that [`KeyOrder::finish`] gave.
pub(super) fn parse(list: &str) -> Vec<String> {
    serde_json::from_str(list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[&str]) -> Option<Vec<String>> {
        let mut order = KeyOrder::default();
        order.start();
        keys.iter().for_each(|key| order.push(key));
        order.finish().map(parse)
    }

    #[test]
    fn only_an_order_that_is_not_sorted_is_kept() {
        assert_eq!(order(&[]), None);
        assert_eq!(order(&["a", "b", "b", "c"]), None);
        assert_eq!(order(&["b", "a"]), Some(vec!["b".to_owned(), "a".to_owned()]));
        assert_eq!(order(&["z", "", "\"\0", "z"]).unwrap(), ["z", "", "\"\0", "z"]);
    }
}
