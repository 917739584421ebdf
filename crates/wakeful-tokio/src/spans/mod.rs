//! What Tokio tells of itself by `tracing` spans and events: tasks with their wakers, resources, and the operations that wait for them.
//!
//! Tokio has them with its feature `tracing` under `--cfg tokio_unstable`. They are read by the recorder's own subscriber or layer, in the
//! place of being recorded: polls and wakes of tasks become the records that hooks and wrappers write too; resources and
//! operations are kept here, and looked at when a batch is made. Fields are found by their names.

mod fields;
mod probe;
mod reader;
mod resource;
mod task;
mod told;

use std::sync::{Arc, Mutex, PoisonError};

use wakeful_model::runtime::{LocationTable, RuntimeBatch, Telling};
use wakeful_subscriber::Recorder;

use reader::Reader;

static READERS: Mutex<Vec<(Recorder, Arc<Reader>)>> = Mutex::new(Vec::new());

/// Has a recorder read what Tokio tells of itself by spans, if it does: it takes Tokio's feature `tracing` and `--cfg tokio_unstable`.
/// Call it before the recorder's subscriber or layer is made. Whether they are read.
pub fn read_spans(recorder: &Recorder) -> bool {
    if !probe::has_spans() {
        return false;
    }
    let reader = Arc::new(Reader::default());
    if recorder.read_runtime(reader.clone()) {
        let mut readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
        readers.push((recorder.clone(), reader));
    }
    true
}

/// Adds resources and operations of a recorder; whether its program's spans are read.
pub(crate) fn sample(
    recorder: &Recorder,
    telling: Telling,
    batch: &mut RuntimeBatch,
    locations: &mut LocationTable,
) -> bool {
    let readers = READERS.lock().unwrap_or_else(PoisonError::into_inner);
    let reader = readers.iter().find(|(of, _)| of.is(recorder));
    let reader = reader.map(|(_, reader)| reader.clone());
    drop(readers);
    if let Some(reader) = &reader {
        reader.sample(telling, batch, locations);
    }
    reader.is_some()
}
