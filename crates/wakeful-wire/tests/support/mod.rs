//! Captured payloads, and what Jaeger answered about them.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// `testdata/captured`.
pub(crate) fn captured() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/captured")
}

/// Every captured payload whose path contains one of `parts`, sorted by path.
pub(crate) fn payloads(parts: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![captured()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".bin") && parts.iter().any(|part| name.contains(part)) {
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no payload of {parts:?}");
    found.sort();
    found
}

/// What was done to Jaeger in a scenario: what was sent, and what it answered.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// Payload and where it was sent to.
    pub(crate) sent: Vec<(Vec<u8>, String)>,
    /// Request and answer, of requests with an answer in JSON.
    pub(crate) answered: Vec<(String, Json)>,
}

/// Every scenario in which something was sent that `wanted` takes by its path.
pub(crate) fn scenarios(wanted: impl Fn(&str) -> bool) -> Vec<Scenario> {
    let root = captured().join("jaeger-answers");
    let mut scenarios = Vec::new();
    for entry in fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let scenario: Json =
            serde_json::from_slice(&fs::read(folder.join("scenario.json")).unwrap()).unwrap();
        let steps = scenario["steps"].as_array().unwrap();
        let sent: Vec<_> = steps
            .iter()
            .filter_map(|step| Some((step["send"].as_str().filter(|path| wanted(path))?, &step["to"])))
            .map(|(path, to)| {
                (
                    fs::read(captured().join(path)).unwrap(),
                    to.as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let answered = steps.iter().filter_map(|step| {
            let request = step["request"].as_str()?;
            let answer = match (&step["answer"], &step["answer_file"]) {
                (Json::String(answer), _) => answer.as_bytes().to_vec(),
                (_, Json::String(file)) => fs::read(folder.join(file)).unwrap(),
                _ => return None,
            };
            Some((request.to_owned(), serde_json::from_slice(&answer).ok()?))
        });
        let name = scenario["name"].as_str().unwrap().to_owned();
        if !sent.is_empty() {
            scenarios.push(Scenario {
                name,
                answered: answered.collect(),
                sent,
            });
        }
    }
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}

/// A small generator of repeatable noise (xorshift64*).
#[derive(Debug)]
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// `bytes` with up to eight faults: a changed, cut, doubled or removed piece.
    pub(crate) fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut mutated = bytes.to_vec();
        for _ in 0..=self.below(8) {
            if mutated.is_empty() {
                break;
            }
            let at = self.below(mutated.len());
            let end = (at + 1 + self.below(16)).min(mutated.len());
            match self.below(6) {
                0 => mutated.truncate(at),
                1 => mutated[at] ^= 1 << self.below(8),
                2 => mutated[at..end].fill([0x00, 0x7f, 0x80, 0xff][self.below(4)]),
                3 => drop(mutated.drain(at..end)),
                4 => {
                    let piece = mutated[at..end].to_vec();
                    mutated.splice(at..at, piece);
                }
                _ => mutated[at] = self.next() as u8,
            }
        }
        mutated
    }
}
