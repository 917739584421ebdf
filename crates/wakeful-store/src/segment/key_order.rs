//! The order in which a client gave a span's attributes.
//!
//! Attributes rest by key, in columns and maps, so their order would be lost. Spans of one place in a program have
//! the same keys in the same order: a JSON list of them, one of few in a segment, takes next to nothing. Several values
//! of one key rest by their type; where that is not their order, the list has the key with its value's number among
//! them.

use rustc_hash::FxHashMap;
use serde::Deserialize;

/// Collects the keys of one span after the other.
#[derive(Default)]
pub(super) struct KeyOrder {
    /// The keys, each behind its length and its value's shelf: what lists are told apart by.
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

    /// Adds the key of the next value; of two values of a key, the one with the smaller shelf is read first.
    pub(super) fn push(&mut self, key: &str, shelf: u8) {
        let last = self.ends.len().checked_sub(1).map(|last| self.entry(last));
        self.sorted &= last.is_none_or(|last| last <= (key.as_bytes(), shelf));
        self.keys.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.keys.push(shelf);
        self.keys.extend_from_slice(key.as_bytes());
        self.ends.push(self.keys.len());
    }

    fn entry(&self, index: usize) -> (&[u8], u8) {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        (&self.keys[start + 5..self.ends[index]], self.keys[start + 4])
    }

    /// The list, in JSON.
    fn list(&self) -> String {
        let entries: Vec<_> = (0..self.ends.len()).map(|index| self.entry(index)).collect();
        let mut shelves: FxHashMap<&[u8], Vec<(u8, usize)>> = FxHashMap::default();
        for ((key, shelf), index) in entries.iter().zip(0..) {
            shelves.entry(key).or_default().push((*shelf, index));
        }
        // Where each value of a key is read among them, if they do not stand in that order.
        let mut numbers: FxHashMap<usize, usize> = FxHashMap::default();
        for of_key in shelves.values_mut().filter(|of_key| !of_key.is_sorted()) {
            of_key.sort_unstable();
            numbers.extend(
                of_key
                    .iter()
                    .zip(0..)
                    .map(|((_, index), number)| (*index, number)),
            );
        }
        let list = entries.iter().zip(0..).map(|((key, _), index)| {
            let key = std::str::from_utf8(key).unwrap_or_default();
            match numbers.get(&index) {
                Some(number) => serde_json::json!([key, number]),
                None => key.into(),
            }
        });
        serde_json::Value::from_iter(list).to_string()
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
            let list = self.list();
            self.known.insert(self.keys.clone(), list);
        }
        self.known.get(self.keys.as_slice()).map(String::as_str)
    }
}

/// Where the next value stands among those that were read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Next {
    /// It is the first one of the key that is not placed yet.
    OfKey(String),
    /// It is the one of the key with this number.
    Numbered(String, usize),
}

/// Reads a list that [`KeyOrder::finish`] gave.
pub(super) fn parse(list: &str) -> Vec<Next> {
    serde_json::from_str(list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[&str]) -> Option<Vec<Next>> {
        order_of(&keys.iter().map(|key| (*key, 0)).collect::<Vec<_>>())
    }

    fn order_of(keys: &[(&str, u8)]) -> Option<Vec<Next>> {
        let mut order = KeyOrder::default();
        order.start();
        keys.iter().for_each(|(key, shelf)| order.push(key, *shelf));
        order.finish().map(parse)
    }

    fn plain(keys: &[&str]) -> Option<Vec<Next>> {
        Some(keys.iter().map(|key| Next::OfKey((*key).to_owned())).collect())
    }

    #[test]
    fn only_an_order_that_is_not_sorted_is_kept() {
        assert_eq!(order(&[]), None);
        assert_eq!(order(&["a", "b", "b", "c"]), None);
        assert_eq!(order(&["b", "a"]), plain(&["b", "a"]));
        assert_eq!(order(&["z", "", "\"\0", "z"]), plain(&["z", "", "\"\0", "z"]));
    }

    #[test]
    fn values_of_several_types_have_numbers_only_if_they_need_them() {
        assert_eq!(order_of(&[("a", 0), ("a", 1), ("b", 0)]), None);
        assert_eq!(order_of(&[("b", 0), ("a", 1), ("a", 2)]), plain(&["b", "a", "a"]));
        let numbered = |number| Next::Numbered("a".to_owned(), number);
        let b = Next::OfKey("b".to_owned());
        assert_eq!(
            order_of(&[("a", 2), ("b", 0), ("a", 1), ("a", 2)]),
            Some(vec![numbered(1), b, numbered(0), numbered(2)])
        );
    }
}
