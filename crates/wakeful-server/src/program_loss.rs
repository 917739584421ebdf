//! What programs say that they lost themselves: the causes that our own recorder has, and how much came in since the start.

use std::sync::atomic::{AtomicU64, Ordering};

use wakeful_model::Loss;

/// A cause that is known here; senders may name others.
#[derive(Debug)]
pub(crate) struct Cause {
    /// As it stands on the wire (`docs/loss.md`).
    pub(crate) name: &'static str,
    /// What happened.
    pub(crate) why: &'static str,
    /// What helps.
    pub(crate) remedy: &'static str,
}

const CAUSES: [Cause; 8] = [
    Cause {
        name: "ring_full",
        why: "a thread's ring was full",
        remedy: "give rings more room in the program (ring_bytes_max), or record fewer spans there (--tracing-level)",
    },
    Cause {
        name: "no_ring",
        why: "there was no room for another thread's ring",
        remedy: "raise the budget of all rings in the program (rings_bytes_max), or use fewer threads",
    },
    Cause {
        name: "too_many_spans",
        why: "too many spans were open at once",
        remedy: "raise how many may be open in the program (open_spans_max), or look for spans that never close",
    },
    Cause {
        name: "thread_exit",
        why: "a thread that was ending still traced",
        remedy: "end spans before the thread's locals go, not in their destructors",
    },
    Cause {
        name: "misplaced",
        why: "a record was of a span that was closed",
        remedy: "this is a fault of wakeful's or of a library that traces by itself: please report it",
    },
    Cause {
        name: "span_queue_full",
        why: "the queue of spans made by hand was full",
        remedy: "raise explicit_spans_bytes_max in the program, or make fewer spans by hand at once",
    },
    Cause {
        name: "queue_full",
        why: "the exporter's queue was full",
        remedy: "raise OTEL_BSP_MAX_QUEUE_SIZE in the program, or see why this server answered late",
    },
    Cause {
        name: "export_failed",
        why: "no receiver took a request in time",
        remedy: "look for when this server was away, or raise OTEL_BSP_EXPORT_TIMEOUT in the program",
    },
];

/// Stands for causes that only the sender knows.
pub(crate) const OTHER: Cause = Cause {
    name: "other",
    why: "for a reason of the program's own",
    remedy: "look into the program's documentation",
};

/// What is known of a cause.
pub(crate) fn cause(name: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.name == name)
}

/// How much programs said that they lost, since the start. A cause is a label only if it is known here, so their number is fixed.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Of each cause, and behind them of all others.
    counts: [Counts; CAUSES.len() + 1],
}

#[derive(Debug, Default)]
struct Counts {
    spans: AtomicU64,
    logs: AtomicU64,
    records: AtomicU64,
}

impl Told {
    pub(crate) fn count(&self, loss: &Loss) {
        let known = CAUSES.iter().position(|cause| cause.name == loss.cause);
        let counts = &self.counts[known.unwrap_or(CAUSES.len())];
        for (counter, count) in [
            (&counts.spans, loss.spans),
            (&counts.logs, loss.logs),
            (&counts.records, loss.records),
        ] {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Name of each cause, and how many spans, log records and records of any kind were lost for it.
    pub(crate) fn by_cause(&self) -> impl Iterator<Item = (&'static str, [u64; 3])> + '_ {
        let names = CAUSES.iter().map(|cause| cause.name).chain([OTHER.name]);
        names.zip(&self.counts).map(|(name, counts)| {
            let counts = [&counts.spans, &counts.logs, &counts.records];
            (name, counts.map(|counter| counter.load(Ordering::Relaxed)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no request can tell: the receiver knows, or there is none to come.
    const UNTOLD: [&str; 3] = ["rejected", "shutdown", "open_at_shutdown"];

    #[test]
    fn every_cause_that_is_documented_as_told_is_known() {
        let docs = include_str!("../../../docs/loss.md");
        let rows = docs
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let causes = rows
            .take_while(|(name, _)| !name.contains('.'))
            .map(|(name, _)| name);
        let told: Vec<_> = causes.filter(|name| !UNTOLD.contains(name)).collect();
        let known: Vec<_> = CAUSES.iter().map(|cause| cause.name).collect();
        assert_eq!(told, known);
    }
}
