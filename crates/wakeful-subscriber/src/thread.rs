//! A thread that was recorded.

use crate::field::FieldValue;
use crate::loss::LossCounters;

/// A thread of the program, as spans and losses refer to it.
#[derive(Debug)]
pub struct Thread {
    /// The number of Rust's `ThreadId`.
    pub id: u64,
    /// Its name, if it has one.
    pub name: Option<String>,
    pub(crate) loss: LossCounters,
}

impl Thread {
    pub(crate) fn current() -> Self {
        let thread = std::thread::current();
        // `ThreadId` has no stable accessor; its `Debug` form is `ThreadId(7)`.
        let text = format!("{:?}", thread.id());
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        Self {
            id: digits.parse().unwrap_or_default(),
            name: thread.name().map(str::to_owned),
            loss: LossCounters::default(),
        }
    }

    /// `thread.id` and `thread.name`.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, FieldValue<'_>)> {
        let id = ("thread.id", FieldValue::I64(self.id as i64));
        let name = self
            .name
            .as_deref()
            .map(|name| ("thread.name", FieldValue::Str(name)));
        [id].into_iter().chain(name)
    }
}
