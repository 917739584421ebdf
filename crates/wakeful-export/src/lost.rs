//! What never reached a receiver: counted by cause, told with the next request and at the end.
//!
//! The form on the wire is docs/loss.md's.

use std::collections::BTreeMap;
use std::fmt;

use wakeful_subscriber::{Loss, LossCause};
use wakeful_wire::otlp::{AttributeWriter, LossLine, ValueRef};

/// Why something did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LostCause {
    /// It was not recorded: `ring_full` and the like, see [`wakeful_subscriber::LossCause`].
    Recorder(&'static str),
    /// The exporter's queue was full.
    QueueFull,
    /// No receiver took it in the time that it had.
    ExportFailed,
    /// The receiver refused it.
    Rejected,
    /// The program ended before it could be sent.
    Shutdown,
    /// It was still open when the program ended.
    OpenAtShutdown,
}

impl LostCause {
    /// A name for figures and attributes, in `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorder(name) => name,
            Self::QueueFull => "queue_full",
            Self::ExportFailed => "export_failed",
            Self::Rejected => "rejected",
            Self::Shutdown => "shutdown",
            Self::OpenAtShutdown => "open_at_shutdown",
        }
    }

    /// Whether a receiver is told: what it refused it knows, and what is lost in the end nobody can be told.
    fn is_told(self) -> bool {
        matches!(self, Self::Recorder(_) | Self::QueueFull | Self::ExportFailed)
    }
}

impl From<LossCause> for LostCause {
    fn from(cause: LossCause) -> Self {
        Self::Recorder(cause.name())
    }
}

/// How much was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LostCount {
    /// Whole spans.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
    /// Records of any kind that found no room in a ring, those of missing spans and log records included: events, fields, times in which a
    /// span was entered.
    pub records: u64,
}

impl LostCount {
    pub(crate) fn spans(spans: u64) -> Self {
        Self {
            spans,
            ..Self::default()
        }
    }

    pub(crate) fn logs(logs: u64) -> Self {
        Self {
            logs,
            ..Self::default()
        }
    }

    /// Records of what is not missing as a whole.
    fn other_records(self) -> u64 {
        self.records.saturating_sub(self.spans + self.logs)
    }

    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.logs += other.logs;
        self.records += other.records;
    }
}

/// Everything that was lost since the recorder began, by cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lost {
    causes: BTreeMap<LostCause, LostCount>,
}

impl Lost {
    /// How many spans were lost.
    pub fn spans(&self) -> u64 {
        self.causes.values().map(|count| count.spans).sum()
    }

    /// How many log records were lost.
    pub fn logs(&self) -> u64 {
        self.causes.values().map(|count| count.logs).sum()
    }

    /// Whether nothing was.
    pub fn is_nothing(&self) -> bool {
        self.causes.is_empty()
    }

    /// Every cause with what was lost for it.
    pub fn by_cause(&self) -> impl Iterator<Item = (LostCause, LostCount)> + '_ {
        self.causes.iter().map(|(cause, count)| (*cause, *count))
    }

    pub(crate) fn add(&mut self, cause: LostCause, count: LostCount) {
        if count != LostCount::default() {
            self.causes.entry(cause).or_default().add(count);
        }
    }
}

impl fmt::Display for Lost {
    /// `12 spans and 2 other records: ring_full 11, queue_full 3`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (spans, logs) = (self.spans(), self.logs());
        write!(f, "{spans} spans")?;
        if logs > 0 {
            write!(f, " and {logs} log records")?;
        }
        let others: u64 = self.causes.values().map(|count| count.other_records()).sum();
        if others > 0 {
            write!(f, " and {others} other records")?;
        }
        for (at, (cause, count)) in self.by_cause().enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            let all = count.spans + count.logs + count.other_records();
            write!(f, "{separator}{} {all}", cause.name())?;
        }
        Ok(())
    }
}

/// Counts everything, and keeps what no receiver has been told yet.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    total: Lost,
    untold: Notice,
}

/// Losses on their way to a receiver, by cause and thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notice(BTreeMap<(LostCause, String), Untold>);

/// Threads are told apart as long as there are no more of them than this, times causes: while no receiver takes a request, every
/// thread of a program may come by.
const NOTICE_LINES_MAX: usize = 1024;

/// How much was lost, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Untold {
    count: LostCount,
    within: Within,
}

/// A time in which something was recorded or lost, Unix nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Within {
    pub(crate) from_unix_nanos: u64,
    pub(crate) until_unix_nanos: u64,
}

impl Within {
    pub(crate) fn at(unix_nanos: u64) -> Self {
        Self {
            from_unix_nanos: unix_nanos,
            until_unix_nanos: unix_nanos,
        }
    }

    /// The time from the first of both to the last.
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            from_unix_nanos: self.from_unix_nanos.min(other.from_unix_nanos),
            until_unix_nanos: self.until_unix_nanos.max(other.until_unix_nanos),
        }
    }
}

impl Ledger {
    /// Counts what the recorder lost.
    pub(crate) fn recorder(&mut self, loss: &Loss<'_>) {
        let thread = match loss.thread {
            Some(thread) => match &thread.name {
                Some(name) => format!("{name} ({})", thread.id),
                None => format!("({})", thread.id),
            },
            None => String::new(),
        };
        let count = LostCount {
            spans: loss.spans,
            logs: loss.logs,
            records: loss.records,
        };
        let within = Within {
            from_unix_nanos: loss.since_unix_nanos,
            until_unix_nanos: loss.until_unix_nanos,
        };
        self.count(loss.cause.into(), thread, Untold { count, within });
    }

    /// Counts what was lost behind the rings; it was recorded `within` that time.
    pub(crate) fn exporter(&mut self, cause: LostCause, count: LostCount, within: Within) {
        self.count(cause, String::new(), Untold { count, within });
    }

    /// Counts what nobody is told of, even if there were somebody to be told.
    pub(crate) fn untold(&mut self, cause: LostCause, count: LostCount) {
        self.total.add(cause, count);
    }

    fn count(&mut self, cause: LostCause, thread: String, lost: Untold) {
        if lost.count == LostCount::default() {
            return;
        }
        self.total.add(cause, lost.count);
        if cause.is_told() {
            self.untold.add((cause, thread), lost);
        }
    }

    /// Takes what is to be told with the next request.
    pub(crate) fn take_notice(&mut self) -> Notice {
        std::mem::take(&mut self.untold)
    }

    /// Puts back what a request that failed would have told.
    pub(crate) fn put_back(&mut self, notice: Notice) {
        for (key, lost) in notice.0 {
            self.untold.add(key, lost);
        }
    }

    pub(crate) fn total(&self) -> &Lost {
        &self.total
    }
}

impl Notice {
    fn add(&mut self, (cause, thread): (LostCause, String), lost: Untold) {
        let mut key = (cause, thread);
        if self.0.len() >= NOTICE_LINES_MAX && !self.0.contains_key(&key) {
            key.1.clear();
        }
        let known = self.0.entry(key);
        known
            .and_modify(|known| {
                known.count.add(lost.count);
                known.within = known.within.join(lost.within);
            })
            .or_insert(lost);
    }

    /// Appends it to a scope.
    pub(crate) fn write(&self, scope: &mut AttributeWriter<'_>) {
        if self.0.is_empty() {
            return;
        }
        let number = |count: u64| ValueRef::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let sum = |of: fn(&LostCount) -> u64| number(self.0.values().map(|lost| of(&lost.count)).sum());
        scope.attribute("wakeful.lost.spans", sum(|count| count.spans));
        scope.attribute("wakeful.lost.logs", sum(|count| count.logs));
        scope.attribute("wakeful.lost.records", sum(|count| count.records));
        let lines = self.0.iter().map(|((cause, thread), lost)| LossLine {
            cause: cause.name(),
            thread,
            spans: lost.count.spans,
            logs: lost.count.logs,
            records: lost.count.records,
            from_unix_nanos: lost.within.from_unix_nanos,
            until_unix_nanos: lost.within.until_unix_nanos,
        });
        let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
        scope.texts(LossLine::KEY, lines.iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_request_would_have_told_is_told_by_the_next() {
        let mut ledger = Ledger::default();
        ledger.exporter(LostCause::QueueFull, LostCount::spans(3), Within::at(10));
        let notice = ledger.take_notice();
        assert_eq!(ledger.take_notice(), Notice::default());
        ledger.exporter(LostCause::QueueFull, LostCount::spans(4), Within::at(30));
        ledger.untold(LostCause::Rejected, LostCount::logs(1));
        ledger.put_back(notice);
        let again = ledger.take_notice();
        let within = Within {
            from_unix_nanos: 10,
            until_unix_nanos: 30,
        };
        let count = LostCount::spans(7);
        assert_eq!(
            again.0.into_iter().collect::<Vec<_>>(),
            [((LostCause::QueueFull, String::new()), Untold { count, within })]
        );
        assert_eq!(
            ledger.total().to_string(),
            "7 spans and 1 log records: queue_full 7, rejected 1"
        );
    }

    #[test]
    fn records_that_are_lost_alone_are_said_too() {
        let mut ledger = Ledger::default();
        ledger.recorder(&Loss {
            thread: None,
            cause: LossCause::RingFull,
            records: 15,
            spans: 9,
            logs: 4,
            since_unix_nanos: 1,
            until_unix_nanos: 2,
        });
        ledger.exporter(LostCause::QueueFull, LostCount::spans(3), Within::at(1));
        assert_eq!(
            ledger.total().to_string(),
            "12 spans and 4 log records and 2 other records: ring_full 15, queue_full 3"
        );
    }

    #[test]
    fn a_notice_does_not_grow_with_every_thread_that_comes_by() {
        let mut notice = Notice::default();
        for thread in 0..3 * NOTICE_LINES_MAX {
            let count = LostCount::spans(1);
            let within = Within::at(1);
            notice.add(
                (LostCause::QueueFull, thread.to_string()),
                Untold { count, within },
            );
        }
        assert_eq!(notice.0.len(), NOTICE_LINES_MAX + 1);
        let spans: u64 = notice.0.values().map(|lost| lost.count.spans).sum();
        assert_eq!(spans, 3 * NOTICE_LINES_MAX as u64);
    }
}
