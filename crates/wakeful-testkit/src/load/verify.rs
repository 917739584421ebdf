//! Comparing a server's traces with the ledger.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Api, ApiError};
use crate::{Entry, Ledger, span_id};

/// How many traces are asked for at a time.
const AT_A_TIME: usize = 8;

/// What became of the spans in a ledger.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How many traces were asked for.
    pub traces: u64,
    /// How many spans were found.
    pub found: u64,
    /// How many spans were acknowledged and are gone.
    pub lost: u64,
    /// How many spans came more than once.
    pub twice: u64,
    /// How many spans were never sent.
    pub foreign: u64,
}

impl Verdict {
    /// Whether all that was acknowledged is there, once, and nothing else.
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.twice == 0 && self.foreign == 0
    }

    fn add(&mut self, other: Self) {
        self.traces += other.traces;
        self.found += other.found;
        self.lost += other.lost;
        self.twice += other.twice;
        self.foreign += other.foreign;
    }
}

/// Asks `api` for every `step`th trace of the ledger, unadjusted, and compares.
///
/// # Errors
/// If the server does not answer.
pub async fn verify(api: &Api, ledger: &Ledger, step: usize) -> Result<Verdict, ApiError> {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut asking: JoinSet<Result<Verdict, ApiError>> = JoinSet::new();
    for entry in ledger.entries().iter().step_by(step.max(1)) {
        let (api, entry, places) = (api.clone(), entry.clone(), Arc::clone(&places));
        asking.spawn(async move {
            let _place = places.acquire().await;
            one(&api, &entry).await
        });
    }
    let mut verdict = Verdict::default();
    while let Some(one) = asking.join_next().await {
        // A task that panicked has no verdict, so its trace counts as not asked for.
        if let Ok(one) = one {
            verdict.add(one?);
        }
    }
    Ok(verdict)
}

async fn one(api: &Api, entry: &Entry) -> Result<Verdict, ApiError> {
    let path = format!("/api/traces/{:032x}?raw=true", entry.trace_id);
    let ids = match api.get(&path).await? {
        Some(body) => span_ids(&body).ok_or(ApiError::Shape(path))?,
        None => Vec::new(),
    };
    Ok(judge(entry, &ids))
}

/// The ids of all spans in an answer of `/api/traces/{id}`.
fn span_ids(body: &[u8]) -> Option<Vec<u64>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let mut ids = Vec::new();
    for trace in answer["data"].as_array()? {
        for span in trace["spans"].as_array()? {
            ids.push(u64::from_str_radix(span["spanID"].as_str()?, 16).ok()?);
        }
    }
    Some(ids)
}

fn judge(entry: &Entry, ids: &[u64]) -> Verdict {
    let sent: HashSet<u64> = (0..entry.sent)
        .map(|index| span_id(entry.trace_id, index))
        .collect();
    let found: HashSet<u64> = ids.iter().copied().collect();
    let known = found.intersection(&sent).count() as u64;
    Verdict {
        traces: 1,
        found: known,
        lost: u64::from(entry.acknowledged).saturating_sub(known),
        twice: (ids.len() - found.len()) as u64,
        foreign: found.len() as u64 - known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ids: &[u64], expected: Verdict) {
        let entry = Entry {
            trace_id: 9,
            sent: 3,
            acknowledged: 2,
            start_unix_nanos: 0,
            service: "".into(),
        };
        assert_eq!(
            judge(&entry, ids),
            Verdict {
                traces: 1,
                ..expected
            }
        );
    }

    #[test]
    fn a_verdict_counts_what_is_missing_and_what_is_too_much() {
        let id = |index| span_id(9, index);
        let clean = Verdict::default();
        check(&[id(0), id(1)], Verdict { found: 2, ..clean });
        check(&[id(0), id(1), id(2)], Verdict { found: 3, ..clean });
        check(&[], Verdict { lost: 2, ..clean });
        check(
            &[id(1), id(0), id(1)],
            Verdict {
                found: 2,
                twice: 1,
                ..clean
            },
        );
        check(
            &[id(0), id(1), 77],
            Verdict {
                found: 2,
                foreign: 1,
                ..clean
            },
        );
    }

    #[test]
    fn ids_are_read_from_jaegers_answer() {
        let body = br#"{"data":[{"traceID":"9","spans":[{"spanID":"00000000000000ff"},{"spanID":"1"}]}]}"#;
        assert_eq!(span_ids(body), Some(vec![255, 1]));
        assert_eq!(span_ids(b"{}"), None);
    }
}
