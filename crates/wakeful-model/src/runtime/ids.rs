//! Numbers that stand for things of one program.

use std::fmt;
use std::str::FromStr;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($number:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $number);
    )*};
}

macro_rules! shown_as_numbers {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A task. Where Tokio has given it an id, this is that number (`tokio::task::Id`); tasks that Tokio gives none (the future of
    /// `block_on`, futures that are watched within a task) have numbers from [`TaskId::OWN_FIRST`] on, and are shown as `w1`, `w2`, ….
    TaskId(u64);
    /// A thread: the number of Rust's `ThreadId`, the same as in the span attribute `thread.id`.
    ThreadId(u64);
    /// A runtime: the number of `tokio::runtime::Id`, or one of ours from 2⁶³ on where that is not known.
    RuntimeId(u64);
    /// A resource: a lock, a semaphore, a channel, a timer.
    ResourceId(u64);
    /// One wait for a resource.
    AsyncOpId(u64);
    /// A place in [`crate::runtime::RuntimeBatch::locations`] of the same batch.
    LocationIndex(u32);
}

shown_as_numbers! { ThreadId RuntimeId ResourceId AsyncOpId LocationIndex }

impl TaskId {
    /// The first of the numbers that wakeful gives: Tokio counts from 1.
    pub const OWN_FIRST: u64 = 1 << 63;

    /// Whether wakeful has given it, and not Tokio.
    pub fn is_own(self) -> bool {
        self.0 >= Self::OWN_FIRST
    }
}

/// What stands before the count of tasks that wakeful has numbered.
const OWN_SIGN: char = 'w';

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(Self::OWN_FIRST) {
            Some(count) => f.pad(&format!("{OWN_SIGN}{}", count + 1)),
            None => self.0.fmt(f),
        }
    }
}

/// A text that is no task's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTaskIdError(String);

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no task's number; write one as it is shown, as in 12 or w3",
            self.0
        )
    }
}

impl std::error::Error for ParseTaskIdError {}

/// Reads what is shown, and any number as it is.
impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let number = match text.strip_prefix(OWN_SIGN) {
            Some(count) => {
                let count = count.parse::<u64>().ok().and_then(|count| count.checked_sub(1));
                count.and_then(|count| count.checked_add(Self::OWN_FIRST))
            }
            None => text.parse().ok(),
        };
        number.map(Self).ok_or_else(|| ParseTaskIdError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_have_numbers_that_can_be_read_and_typed() {
        let check = |number: u64, shown: &str| {
            assert_eq!(TaskId(number).to_string(), shown);
            assert_eq!(shown.parse(), Ok(TaskId(number)));
            assert_eq!(number.to_string().parse(), Ok(TaskId(number)));
        };
        check(12, "12");
        check(TaskId::OWN_FIRST - 1, "9223372036854775807");
        check(TaskId::OWN_FIRST, "w1");
        check(TaskId::OWN_FIRST + 41, "w42");
        for text in [
            "",
            "w",
            "w0",
            "x1",
            "-1",
            "w99999999999999999999",
            "w9223372036854775810",
        ] {
            let error = text.parse::<TaskId>().unwrap_err();
            assert!(error.to_string().contains("12 or w3"), "{error}");
        }
        assert_eq!(
            format!("{:>4}|{:<4}|", TaskId(7), TaskId(TaskId::OWN_FIRST)),
            "   7|w1  |"
        );
    }
}
