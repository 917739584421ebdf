//! The book of what was sent and what was acknowledged.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use rustc_hash::FxHashMap;

use crate::TraceShare;

/// One trace in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The trace.
    pub trace_id: u128,
    /// How many of its spans were sent.
    pub sent: u32,
    /// How many of those were acknowledged: these must not be lost. The others may be there or not.
    pub acknowledged: u32,
    /// When it starts, Unix time.
    pub start_unix_nanos: u64,
    /// The service of its root span.
    pub service: Cow<'static, str>,
}

/// What was sent, trace by trace, in the order of the first sending.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    by_id: FxHashMap<u128, usize>,
}

/// Why a book cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read.
    #[error("cannot read the ledger: {0}")]
    Io(#[from] io::Error),
    /// A line is not what [`Ledger::write`] writes.
    #[error("line {0} is no entry of a ledger; make the file anew with wakeful-load send --ledger")]
    Line(usize),
}

impl Ledger {
    /// Notes a request that is about to be sent.
    pub fn sending(&mut self, shares: &[TraceShare]) {
        for share in shares {
            let at = *self.by_id.entry(share.trace_id).or_insert_with(|| {
                self.entries.push(Entry {
                    trace_id: share.trace_id,
                    sent: 0,
                    acknowledged: 0,
                    start_unix_nanos: share.start_unix_nanos,
                    service: share.service.into(),
                });
                self.entries.len() - 1
            });
            self.entries[at].sent += share.spans;
        }
    }

    /// Notes that a request which was [sent](Self::sending) was acknowledged.
    pub fn acknowledged(&mut self, shares: &[TraceShare]) {
        for share in shares {
            if let Some(at) = self.by_id.get(&share.trace_id) {
                self.entries[*at].acknowledged += share.spans;
            }
        }
    }

    /// Every trace, in the order of the first sending.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes a line a trace.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        for entry in &self.entries {
            let Entry {
                trace_id,
                sent,
                acknowledged,
                start_unix_nanos,
                service,
            } = entry;
            writeln!(
                out,
                "{trace_id:032x} {sent} {acknowledged} {start_unix_nanos} {service}"
            )?;
        }
        out.flush()
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// If `source` cannot be read, or is no ledger.
    pub fn read(source: impl BufRead) -> Result<Self, LedgerError> {
        let mut ledger = Self::default();
        for (number, line) in source.lines().enumerate() {
            let entry = parse(&line?).ok_or(LedgerError::Line(number + 1))?;
            ledger.by_id.insert(entry.trace_id, ledger.entries.len());
            ledger.entries.push(entry);
        }
        Ok(ledger)
    }
}

fn parse(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let entry = Entry {
        trace_id: u128::from_str_radix(words.next()?, 16).ok()?,
        sent: words.next()?.parse().ok()?,
        acknowledged: words.next()?.parse().ok()?,
        start_unix_nanos: words.next()?.parse().ok()?,
        service: words.next()?.to_owned().into(),
    };
    words.next().is_none().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_read_as_it_was_written() {
        let share = |trace_id, spans| TraceShare {
            trace_id,
            spans,
            start_unix_nanos: 7,
            service: "carts",
        };
        let mut ledger = Ledger::default();
        ledger.sending(&[share(1, 3), share(u128::MAX, 2)]);
        ledger.acknowledged(&[share(1, 3)]);
        ledger.sending(&[share(1, 4)]);
        let mut file = Vec::new();
        ledger.write(&mut file).unwrap();
        let read = Ledger::read(file.as_slice()).unwrap();
        assert_eq!(read.entries(), ledger.entries());
        assert_eq!((read.entries()[0].sent, read.entries()[0].acknowledged), (7, 3));
    }

    #[test]
    fn a_torn_ledger_is_named_by_its_line() {
        let torn = "00000000000000000000000000000001 3 3 7 carts\n00000000000000000000000000000002 3";
        assert!(matches!(Ledger::read(torn.as_bytes()), Err(LedgerError::Line(2))));
    }
}
