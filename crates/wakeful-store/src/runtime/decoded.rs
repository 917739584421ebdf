//! Batches that were decoded not long ago: a page asks about one second many times.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wakeful_model::runtime::RuntimeBatch;

/// What decoded batches may take together, by the bytes of their frames.
const FRAME_BYTES_MAX: u64 = 8 << 20;

/// A file's number and a frame's offset.
pub(super) type Place = (u64, u64);

/// The batches that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// The latest last.
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    place: Place,
    frame_bytes: u64,
    batch: Arc<RuntimeBatch>,
}

impl Decoded {
    pub(super) fn get(&self, place: Place) -> Option<Arc<RuntimeBatch>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|kept| kept.place == place)?;
        let found = kept.remove(at)?;
        let batch = Arc::clone(&found.batch);
        kept.push_back(found);
        Some(batch)
    }

    pub(super) fn put(&self, place: Place, frame_bytes: u32, batch: Arc<RuntimeBatch>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Kept {
            place,
            frame_bytes: frame_bytes.into(),
            batch,
        });
        let mut bytes: u64 = kept.iter().map(|kept| kept.frame_bytes).sum();
        while bytes > FRAME_BYTES_MAX {
            let Some(gone) = kept.pop_front() else { return };
            bytes -= gone.frame_bytes;
        }
    }
}
