//! Making a recorder.

use crate::drain::Drain;
use crate::settings::Settings;

/// The writing side.
#[derive(Debug, Clone)]
pub struct Recorder {}

/// A recorder and its reading side.
pub fn recorder(settings: Settings) -> (Recorder, Drain) {
    drop(settings);
    (Recorder {}, Drain {})
}
