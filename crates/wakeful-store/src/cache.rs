//! What was read of segments and is likely to be asked for again, bounded in bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxBuildHasher;

use crate::calls::Calls;
use crate::segment::{Dictionary, Footer, Keys, Outlines, TraceFilters, TraceIndex};

/// A part of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Footer,
    Traces,
    TraceFilters,
    /// Of the column chunk that begins at an offset.
    Dictionary(u64),
    Calls,
    Outlines,
    Keys,
}

/// A part, read.
#[derive(Debug, Clone)]
pub(crate) enum Cached {
    Footer(Arc<Footer>),
    Traces(Arc<TraceIndex>),
    TraceFilters(Arc<TraceFilters>),
    Dictionary(Dictionary),
    Calls(Arc<Calls>),
    Outlines(Arc<Outlines>),
    Keys(Arc<Keys>),
}

impl Cached {
    fn size_bytes(&self) -> usize {
        match self {
            Self::Footer(footer) => footer.size_bytes(),
            Self::Traces(index) => index.size_bytes(),
            Self::TraceFilters(filters) => filters.size_bytes(),
            Self::Dictionary(dictionary) => dictionary.size_bytes(),
            Self::Calls(calls) => calls.size_bytes(),
            Self::Outlines(outlines) => outlines.size_bytes(),
            Self::Keys(keys) => keys.size_bytes(),
        }
    }
}

/// Parts by segment. When it is full, parts that were not asked for since the last time it was full go first.
#[derive(Debug)]
pub(crate) struct Cache {
    bytes_max: usize,
    parts: Mutex<Parts>,
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

    /// Drops all parts of a segment.
    pub(crate) fn forget(&self, segment: u64) {
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
