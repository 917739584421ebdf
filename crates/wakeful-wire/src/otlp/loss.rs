//! What a program lost, as attributes of the instrumentation scope of the next request (`docs/loss.md`).

use std::fmt;

#[cfg(feature = "decode")]
use wakeful_model::Loss;

#[cfg(feature = "decode")]
use super::fields;
#[cfg(feature = "decode")]
use super::view::{ListView, ValueView, attributes_of};

/// What was lost in one thread for one cause: a text of the list `wakeful.lost.by_thread`.
///
/// ```
/// use wakeful_wire::otlp::LossLine;
///
/// let line = LossLine {
///     cause: "ring_full",
///     thread: "worker-1 (7)",
///     spans: 9,
///     logs: 0,
///     records: 27,
///     from_unix_nanos: 1_700_000_000_000_000_000,
///     until_unix_nanos: 1_700_000_000_100_000_000,
/// };
/// let text = "cause=ring_full spans=9 logs=0 records=27 from=1700000000000000000 until=1700000000100000000 \
///             thread=worker-1 (7)";
/// assert_eq!(line.to_string(), text);
/// assert_eq!(LossLine::parse(text), Some(line));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LossLine<'a> {
    /// Why, in `snake_case`.
    pub cause: &'a str,
    /// The thread's name and number; empty where no thread is to blame.
    pub thread: &'a str,
    /// Spans that are missing as a whole.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
    /// Records of any kind that found no room in a ring, those of `spans` included.
    pub records: u64,
    /// Nothing was lost before, Unix nanoseconds.
    pub from_unix_nanos: u64,
    /// Nothing was lost after, Unix nanoseconds.
    pub until_unix_nanos: u64,
}

/// What stands between the figures and the thread, whose name may be anything.
const THREAD: &str = " thread=";

impl fmt::Display for LossLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cause,
            thread,
            spans,
            logs,
            records,
            from_unix_nanos,
            until_unix_nanos,
        } = self;
        write!(
            f,
            "cause={cause} spans={spans} logs={logs} records={records} from={from_unix_nanos} until={until_unix_nanos}\
             {THREAD}{thread}"
        )
    }
}

impl<'a> LossLine<'a> {
    /// The key under which a scope has the lines.
    pub const KEY: &'static str = "wakeful.lost.by_thread";

    /// Reads a line; `None` if it is none. Words that are not known are passed over.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (figures, thread) = text.split_once(THREAD)?;
        let mut line = Self {
            thread,
            ..Self::default()
        };
        for word in figures.split(' ') {
            let (name, value) = word.split_once('=')?;
            let number = match name {
                "cause" => {
                    line.cause = value;
                    continue;
                }
                "spans" => &mut line.spans,
                "logs" => &mut line.logs,
                "records" => &mut line.records,
                "from" => &mut line.from_unix_nanos,
                "until" => &mut line.until_unix_nanos,
                _ => continue,
            };
            *number = value.parse().ok()?;
        }
        let is_right = !line.cause.is_empty() && line.from_unix_nanos <= line.until_unix_nanos;
        is_right.then_some(line)
    }

    /// The same as plain data, of a program.
    #[cfg(feature = "decode")]
    pub(super) fn of(self, service: &str) -> Loss {
        Loss {
            service: service.to_owned(),
            cause: self.cause.to_owned(),
            thread: self.thread.to_owned(),
            spans: self.spans,
            logs: self.logs,
            records: self.records,
            from_unix_nanos: self.from_unix_nanos,
            until_unix_nanos: self.until_unix_nanos,
        }
    }
}

/// The lines of an encoded scope.
#[cfg(feature = "decode")]
pub(super) fn read(scope: &[u8]) -> impl Iterator<Item = LossLine<'_>> {
    // Hardly any scope has some, and every request has a scope.
    let has_some = memchr::memmem::find(scope, LossLine::KEY.as_bytes()).is_some();
    let scope = if has_some { scope } else { &[] };
    let lists = attributes_of(scope, fields::SCOPE_ATTRIBUTE).filter_map(|attribute| match attribute {
        (LossLine::KEY, ValueView::Array(list)) => Some(list),
        _ => None,
    });
    let texts = lists.flat_map(ListView::values).filter_map(|value| match value {
        ValueView::String(text) => Some(text),
        _ => None,
    });
    texts.filter_map(LossLine::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_far_as_it_can_be_relied_on() {
        let check = |text: &str, expected: Option<(&str, &str, u64)>| {
            let read = LossLine::parse(text).map(|line| (line.cause, line.thread, line.spans));
            assert_eq!(read, expected, "{text}");
        };
        check("cause=a spans=3 thread=", Some(("a", "", 3)));
        check("cause=a new=x spans=3 thread=b", Some(("a", "b", 3)));
        // A thread may be called whatever it likes.
        check(
            "cause=a thread=b thread=c spans=9",
            Some(("a", "b thread=c spans=9", 0)),
        );
        check("cause=a spans=-3 thread=", None);
        check("cause=a spans=99999999999999999999 thread=", None);
        check("spans=3 thread=", None);
        check("cause=a spans=3", None);
        check("cause=a from=2 until=1 thread=", None);
        check("", None);
    }
}
