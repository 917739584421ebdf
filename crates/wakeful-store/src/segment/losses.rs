//! What programs said that they lost, in the footer of the segment that has the spans with which they said it.

use serde::{Deserialize, Serialize};
use wakeful_model::Loss;

/// A segment has no more entries than this: past that, losses that differ by their times alone are one, and past that
/// those that differ by their thread.
const ENTRIES_MAX: usize = 1024;

/// As it stands in the footer.
#[derive(Serialize, Deserialize)]
struct Entry {
    service: String,
    cause: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    thread: String,
    spans: u64,
    logs: u64,
    records: u64,
    from: u64,
    until: u64,
}

pub(super) fn encode(losses: Vec<Loss>) -> serde_json::Result<String> {
    let entries = bounded(losses).into_iter().map(|loss| Entry {
        service: loss.service,
        cause: loss.cause,
        thread: loss.thread,
        spans: loss.spans,
        logs: loss.logs,
        records: loss.records,
        from: loss.from_unix_nanos,
        until: loss.until_unix_nanos,
    });
    serde_json::to_string(&entries.collect::<Vec<_>>())
}

pub(super) fn decode(text: &str) -> serde_json::Result<Vec<Loss>> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let losses = entries.into_iter().map(|entry| Loss {
        service: entry.service,
        cause: entry.cause,
        thread: entry.thread,
        spans: entry.spans,
        logs: entry.logs,
        records: entry.records,
        from_unix_nanos: entry.from,
        until_unix_nanos: entry.until,
    });
    Ok(losses.collect())
}

/// The same losses in no more entries than there may be; nothing is forgotten but who of many lost how much, and when.
fn bounded(mut losses: Vec<Loss>) -> Vec<Loss> {
    // Services and causes are the sender's own words, so they may be many too.
    let forget: [fn(&mut Loss); 4] = [
        |_| {},
        |loss| loss.thread.clear(),
        |loss| "other".clone_into(&mut loss.cause),
        |loss| loss.service.clear(),
    ];
    for forget in forget {
        if losses.len() > ENTRIES_MAX {
            losses = Loss::joined(losses, forget);
        }
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(service: u64, cause: u64, thread: u64, at: u64) -> Loss {
        Loss {
            service: service.to_string(),
            cause: cause.to_string(),
            thread: thread.to_string(),
            spans: 1,
            from_unix_nanos: at,
            until_unix_nanos: at + 1,
            ..Loss::default()
        }
    }

    #[test]
    fn entries_are_few_and_nothing_is_forgotten() {
        let check = |make: fn(u64) -> Loss| {
            let count = 5 * ENTRIES_MAX as u64;
            let losses: Vec<_> = (0..count).map(make).collect();
            let read = decode(&encode(losses).unwrap()).unwrap();
            assert!(read.len() <= ENTRIES_MAX, "{}", read.len());
            assert_eq!(read.iter().map(|loss| loss.spans).sum::<u64>(), count);
            assert_eq!(read.iter().map(|loss| loss.from_unix_nanos).min(), Some(0));
            assert_eq!(read.iter().map(|loss| loss.until_unix_nanos).max(), Some(count));
        };
        check(|at| loss(1, 1, 1, at));
        check(|at| loss(1, 1, at, at));
        check(|at| loss(1, at, 1, at));
        check(|at| loss(at, 1, 1, at));
        check(|at| loss(at, at, at, at));
    }
}
