//! What can go wrong, and what to do about it.

use std::path::{Path, PathBuf};

/// Why a store could not be opened; each names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder.
    #[error(
        "the data folder {} is in use by another wakeful process; stop it or choose another with --data-dir",
        path.display()
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be read or written.
    #[error(
        "cannot {action} {}: {source}; check its permissions and space, or choose another with --data-dir",
        path.display()
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl OpenError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Why spans were not taken; the sender may try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The log cannot be written: the disk is full, read-only or broken.
    #[error(
        "cannot write to the log: {0}; free space or mend the disk, data that is stored can still be read"
    )]
    Log(String),
    /// More arrives than can be flushed.
    #[error(
        "the store is behind: {waiting_bytes} bytes wait to be flushed; send more slowly, or raise --tail-bytes"
    )]
    Busy {
        /// How many bytes wait.
        waiting_bytes: usize,
    },
    /// The store is shutting down.
    #[error("the store is shutting down")]
    Closed,
}

/// Why a question could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment} cannot be read: {why}")]
pub struct ReadError {
    /// The segment's file name.
    pub segment: String,
    /// What went wrong.
    pub why: String,
}
