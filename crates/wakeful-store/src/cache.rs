//! What was read of segments and is likely to be asked for again, bounded in bytes.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::calls::Calls;
use crate::segment::{Contents, Dictionary, Footer, Keys, Longest, Outlines, TraceFilters, TraceIndex};

/// A part of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Contents,
    Footer,
    Traces,
    TraceFilters,
    /// Of the column chunk that begins at an offset.
    Dictionary(u64),
    Calls,
    Outlines,
    Keys,
    /// Of a row group.
    Longest(usize),
}

/// A part, read.
#[derive(Debug, Clone)]
pub(crate) enum Cached {
    Contents(Arc<Contents>),
    Footer(Arc<Footer>),
    Traces(Arc<TraceIndex>),
    TraceFilters(Arc<TraceFilters>),
    Dictionary(Dictionary),
    Calls(Arc<Calls>),
    Outlines(Arc<Outlines>),
    Keys(Arc<Keys>),
    Longest(Arc<Longest>),
}

impl Cached {
    fn size_bytes(&self) -> usize {
        match self {
            Self::Contents(contents) => contents.size_bytes(),
            Self::Footer(footer) => footer.size_bytes(),
            Self::Traces(index) => index.size_bytes(),
            Self::TraceFilters(filters) => filters.size_bytes(),
            Self::Dictionary(dictionary) => dictionary.size_bytes(),
            Self::Calls(calls) => calls.size_bytes(),
            Self::Outlines(outlines) => outlines.size_bytes(),
            Self::Keys(keys) => keys.size_bytes(),
            Self::Longest(longest) => longest.size_bytes(),
        }
    }
}

/// So many files of segments are open at most: to open one costs more than what is read of it, but a process may not have many.
const FILES_MAX: usize = 256;

/// Parts by segment. When it is full, parts that were not asked for since the last time it was full go first.
#[derive(Debug)]
pub(crate) struct Cache {
    bytes_max: usize,
    parts: Mutex<Parts>,
    files: Mutex<FxHashMap<u64, Arc<File>>>,
}

#[derive(Debug, Default)]
struct Parts {
    entries: HashMap<(u64, Part), Entry, FxBuildHasher>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    value: Cached,
    bytes: usize,
    /// Asked for since the last sweep.
    used: bool,
}

impl Cache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            parts: Mutex::default(),
            files: Mutex::default(),
        }
    }

    /// The bound.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    pub(crate) fn get(&self, segment: u64, part: Part) -> Option<Cached> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = parts.entries.get_mut(&(segment, part))?;
        entry.used = true;
        Some(entry.value.clone())
    }

    pub(crate) fn put(&self, segment: u64, part: Part, value: Cached) {
        let bytes = value.size_bytes();
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.bytes += bytes;
        if let Some(old) = parts.entries.insert(
            (segment, part),
            Entry {
                value,
                bytes,
                used: true,
            },
        ) {
            parts.bytes -= old.bytes;
        }
        if parts.bytes > self.bytes_max {
            parts.sweep(self.bytes_max / 2, (segment, part));
        }
    }

    /// Whether so much can be kept without anything having to go.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.bytes + bytes <= self.bytes_max
    }

    /// The file of a segment, which `open` opens if it is not open.
    pub(crate) fn file(
        &self,
        segment: u64,
        open: impl FnOnce() -> std::io::Result<File>,
    ) -> std::io::Result<Arc<File>> {
        let files = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files().get(&segment) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(open()?);
        let mut files = files();
        if files.len() >= FILES_MAX {
            // Any: a search asks all of them in turn, and then the one that was asked last is as good as the first.
            let other = files.keys().next().copied();
            other.map(|other| files.remove(&other));
        }
        files.insert(segment, Arc::clone(&file));
        Ok(file)
    }

    /// Drops all parts of a segment, and closes its file.
    pub(crate) fn forget(&self, segment: u64) {
        let file = self
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&segment);
        drop(file);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let Parts { entries, bytes } = &mut *parts;
        entries.retain(|(of, _), entry| {
            let stays = *of != segment;
            *bytes -= if stays { 0 } else { entry.bytes };
            stays
        });
    }
}

impl Parts {
    /// Makes room down to `bytes_max`, keeping `newest`: first what was not used lately, then whatever comes.
    fn sweep(&mut self, bytes_max: usize, newest: (u64, Part)) {
        for spare_used in [true, false] {
            let bytes = &mut self.bytes;
            self.entries.retain(|key, entry| {
                let goes = *bytes > bytes_max && *key != newest && !(spare_used && entry.used);
                *bytes -= if goes { entry.bytes } else { 0 };
                !goes
            });
        }
        self.entries.values_mut().for_each(|entry| entry.used = false);
    }
}
