//! Why a header could not be read.

use std::fmt;

use crate::ParseIdError;

/// A header that is there, or is missing beside its sisters, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError {
    /// The name of the header.
    pub header: Box<str>,
    /// What is wrong with it.
    pub problem: HeaderProblem,
}

/// What is wrong with a header's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderProblem {
    /// A header that must stand beside the others is not there.
    Missing,
    /// The value is not text.
    NotText,
    /// The header may stand once, and stands more often.
    Repeated,
    /// The value has not the parts that its format asks for.
    Form {
        /// The form that it should have.
        expected: &'static str,
    },
    /// An id in it is none.
    Id(ParseIdError),
    /// A part that must be hex digits is not.
    NotHex,
    /// It is longer, or has more entries, than its format allows.
    TooLong {
        /// The limit, in words.
        limit: &'static str,
    },
}

impl HeaderError {
    pub(super) fn new(header: &str, problem: HeaderProblem) -> Self {
        Self {
            header: header.into(),
            problem,
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.header;
        match self.problem {
            HeaderProblem::Missing => write!(f, "header {name} is missing beside the others of its format"),
            HeaderProblem::NotText => write!(f, "header {name} is not text"),
            HeaderProblem::Repeated => write!(f, "header {name} stands more than once"),
            HeaderProblem::Form { expected } => write!(f, "header {name} has not the form {expected}"),
            HeaderProblem::Id(error) => write!(f, "header {name}: {error}"),
            HeaderProblem::NotHex => write!(f, "header {name} has a part that is not hex digits"),
            HeaderProblem::TooLong { limit } => write!(f, "header {name} is over {limit}"),
        }
    }
}

impl std::error::Error for HeaderError {}
