//! What we answer otherwise than Jaeger, on purpose: `testdata/jaeger-differences.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::mend;
use crate::normal::{for_each_at, sort_lists};

/// An entry of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The scenario's name; `*` stands for any text.
    scenario: String,
    /// Method and path, likewise.
    request: String,
    /// Why.
    reason: String,
    /// Places that are not compared.
    #[serde(default)]
    ignore: Vec<String>,
    /// Lists whose order is not compared.
    #[serde(default)]
    unordered: Vec<String>,
    /// What is done to Jaeger's answer to make it ours, by name.
    mend: Option<mend::Name>,
    /// What we answer instead.
    ours: Option<Ours>,
}

/// An answer, or some places of one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ours {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// The whole answer.
    pub(crate) answer: Option<Value>,
    /// Values at JSON pointers.
    #[serde(default)]
    pub(crate) at: serde_json::Map<String, Value>,
}

impl Difference {
    /// Every entry.
    pub(crate) fn all() -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/jaeger-differences.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Whether it is about this request.
    pub(crate) fn concerns(&self, scenario: &str, request: &str) -> bool {
        matches(&self.scenario, scenario) && matches(&self.request, request)
    }

    /// What we answer instead, if that is what the entry says.
    pub(crate) fn ours(&self) -> Option<&Ours> {
        self.ours.as_ref()
    }

    /// Takes faults out of Jaeger's answer, and what is not compared out of both.
    pub(crate) fn remove(&self, ours: &mut Value, jaegers: &mut Value) {
        if let Some(name) = self.mend {
            mend::mend(name, jaegers);
        }
        for answer in [ours, jaegers] {
            for pointer in &self.ignore {
                let (parent, last) = pointer.rsplit_once('/').unwrap();
                for_each_at(answer, parent, &mut |value| {
                    if let Some(entries) = value.as_object_mut() {
                        entries.remove(last);
                    }
                });
            }
        }
    }

    /// Sorts what has no order; only when everything else is out of the way do both sides sort alike.
    pub(crate) fn reorder(&self, ours: &mut Value, jaegers: &mut Value) {
        for answer in [ours, jaegers] {
            for pointer in &self.unordered {
                for_each_at(answer, pointer, &mut |list| {
                    if let Some(items) = list.as_array_mut() {
                        items.sort_by_cached_key(|item| {
                            let mut item = item.clone();
                            sort_lists(&mut item);
                            item.to_string()
                        });
                    }
                });
            }
        }
    }

    /// The entry in one line.
    pub(crate) fn title(&self) -> String {
        format!("{} {}: {}", self.scenario, self.request, self.reason)
    }
}

/// Whether `text` is what `pattern` says, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut rest = rest;
    while let Some((part, after)) = rest.split_once('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
        rest = after;
    }
    text.ends_with(rest)
}
