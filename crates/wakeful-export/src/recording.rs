//! A recording: a file of frames, one request each.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file that spans, log records and runtime data are appended to, whole frames behind each other.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    file: Mutex<File>,
}

impl Recording {
    /// Opens or makes it; what it has stays.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// Where it is, for messages.
    pub(crate) fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Appends frames, all of them or none.
    pub(crate) fn append(&self, frames: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let end_bytes = file.metadata()?.len();
        file.write_all(frames).inspect_err(|_| {
            // A disk that fills up takes half a frame, and nobody could read what comes behind that. What is no regular file cannot
            // be cut.
            let _ = file.set_len(end_bytes);
        })
    }
}
