//! Free text that is looked for in spans: words, of which one must stand in a key, a value or `key=value`.

use std::borrow::Cow;

use memchr::memmem;

/// What is looked for; no letter's case counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextQuery {
    /// One of these must be found; in lower case.
    pub words: Vec<String>,
    /// Attributes whose keys have one of these in them are left out; in lower case.
    pub without_keys: Vec<String>,
}

impl TextQuery {
    /// Whether a word stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let lower = lower_case(text);
        self.words.iter().any(|word| contains(&lower, word))
    }

    /// Whether a word stands in an attribute that is not left out.
    pub fn is_in_attribute(&self, key: &str, value: &str) -> bool {
        self.for_key(key).matches(value)
    }

    /// What is to be looked for in the values of a key.
    pub(crate) fn for_key(&self, key: &str) -> KeyQuery<'_> {
        let key = lower_case(key);
        if self.without_keys.iter().any(|without| contains(&key, without)) {
            return KeyQuery::default();
        }
        // A word may begin in the key and end in the value.
        let across = self.words.iter().flat_map(|word| {
            let key = &key;
            word.match_indices('=')
                .filter(move |(at, _)| key.ends_with(&word[..*at]))
                .map(move |(at, _)| &word[at + 1..])
        });
        KeyQuery {
            all: self.words.iter().any(|word| contains(&key, word)),
            beginnings: across.collect(),
            words: &self.words,
        }
    }
}

/// What is looked for in the values of one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyQuery<'a> {
    /// The key has a word in it already.
    pub(crate) all: bool,
    /// Values that begin so.
    pub(crate) beginnings: Vec<&'a str>,
    /// Values that have this in them.
    pub(crate) words: &'a [String],
}

impl KeyQuery<'_> {
    /// Whether no value can match.
    pub(crate) fn is_hopeless(&self) -> bool {
        !self.all && self.beginnings.is_empty() && self.words.is_empty()
    }

    /// Whether a number could match.
    pub(crate) fn may_match_number(&self) -> bool {
        let is_numeric = |text: &str| text.bytes().all(|byte| b"0123456789+-.einfaty".contains(&byte));
        self.all
            || self.beginnings.iter().any(|text| is_numeric(text))
            || self.words.iter().any(|word| is_numeric(word))
    }

    /// Whether a value does.
    pub(crate) fn matches(&self, value: &str) -> bool {
        if self.all || self.is_hopeless() {
            return self.all;
        }
        let lower = lower_case(value);
        self.beginnings
            .iter()
            .any(|beginning| lower.starts_with(beginning))
            || self.words.iter().any(|word| contains(&lower, word))
    }

    /// Calls `hit` with each of many values that matches: the values stand behind each other in `text`, each from its
    /// offset to the next one.
    pub(crate) fn matches_of(&self, text: &str, offsets: &[i32], mut hit: impl FnMut(usize)) {
        let values = offsets.len().saturating_sub(1);
        if self.all {
            (0..values).for_each(hit);
            return;
        }
        let bounds = |value: usize| (offsets[value] as usize, offsets[value + 1] as usize);
        if !text.is_ascii() || !self.beginnings.is_empty() {
            for value in 0..values {
                let (start, end) = bounds(value);
                if self.matches(&text[start..end]) {
                    hit(value);
                }
            }
            return;
        }
        // One search through all of them is many times as fast as one for each.
        let lower = text.to_ascii_lowercase();
        for word in self.words.iter().filter(|word| !word.is_empty()) {
            let finder = memmem::Finder::new(word.as_bytes());
            let mut at = 0;
            while let Some(found) = finder.find(&lower.as_bytes()[at..]) {
                let found = at + found;
                let value = offsets.partition_point(|offset| *offset as usize <= found) - 1;
                let (_, end) = bounds(value);
                if found + word.len() <= end {
                    hit(value);
                    at = end;
                } else {
                    at = found + 1;
                }
            }
        }
    }
}

fn contains(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

fn lower_case(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(words: &[&str], without: &[&str]) -> TextQuery {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        TextQuery {
            words: owned(words),
            without_keys: owned(without),
        }
    }

    #[test]
    fn words_stand_in_keys_values_or_across() {
        let check = |words: &[&str], key, value, expected| {
            assert_eq!(
                query(words, &["secret"]).is_in_attribute(key, value),
                expected,
                "{words:?}"
            );
        };
        check(&["status"], "http.status_code", "200", true);
        check(&["20"], "http.status_code", "200", true);
        check(&["code=2"], "http.status_Code", "200", true);
        check(&["code=0"], "http.status_code", "200", false);
        check(&["a=b=c"], "x.a", "B=C d", true);
        check(&["nothing", "get"], "method", "GET", true);
        check(&["größe"], "GRÖSSE", "Größe", true);
        check(&["get"], "my.Secret.method", "get", false);
        check(&[], "key", "value", false);
    }

    #[test]
    fn many_values_at_once_match_as_each_alone() {
        let values = ["Get", "", "getter", "ge", "t", "forget", "PUT", "geget"];
        for (key, words) in [
            ("m", &["get"][..]),
            ("m", &["et", "pu"]),
            ("m", &["m=get"]),
            ("get", &["get"]),
            ("m", &["ä"]),
        ] {
            let query = query(words, &[]);
            let text = values.concat();
            let mut offsets = vec![0_i32];
            offsets.extend(values.iter().scan(0, |at, value| {
                *at += value.len() as i32;
                Some(*at)
            }));
            let mut hits = std::collections::BTreeSet::new();
            query.for_key(key).matches_of(&text, &offsets, |value| {
                hits.insert(value);
            });
            let alone = (0..values.len()).filter(|value| query.is_in_attribute(key, values[*value]));
            assert_eq!(hits, alone.collect(), "{key} {words:?}");
        }
    }
}
