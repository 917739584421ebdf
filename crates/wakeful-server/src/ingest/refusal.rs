//! Why a message is refused, before a protocol puts it into its own words.

use wakeful_store::AppendError;

use crate::{Reason, blocking};

/// Why a message is refused; the text goes to the sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "the message is larger than {bytes_max} bytes after inflating; send fewer spans at once or raise the server's --max-message-bytes"
    )]
    TooLarge { bytes_max: usize },
    #[error("{0}")]
    Malformed(String),
    #[error("the body could not be read: {0}")]
    Incomplete(String),
    #[error("the server has too much in flight; try again later")]
    Busy,
    #[error("{0}")]
    Store(AppendError),
    #[error("the server is stopping; try again later")]
    Stopping,
    #[error("{0}")]
    Failed(#[from] blocking::Failed),
}

impl Refusal {
    /// The reason to count it under.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Malformed(_) => Reason::Malformed,
            Self::Incomplete(_) => Reason::Incomplete,
            Self::Busy => Reason::Busy,
            Self::Store(_) => Reason::Store,
            Self::Stopping => Reason::Stopping,
            Self::Failed(_) => Reason::Failed,
        }
    }
}
