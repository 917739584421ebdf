//! A body of frames to the batches in it.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use wakeful_store::RuntimeFrame;
use wakeful_wire::frame::{self, Item, Kind, NO_KEY};
use wakeful_wire::runtime::{self, Unread};

use super::{Ingest, Refusal};
use crate::clock;

/// A clock may be wrong, by a time zone even. But what claims a day that has not come would be the newest for as long.
const AHEAD_NANOS_MAX: u64 = 86_400_000_000_000;

/// The frames of a body, with what their batches take of what may be in flight.
pub(super) struct Decoded {
    pub(super) frames: Vec<RuntimeFrame>,
    /// Given back when the frames are done with.
    pub(super) hold: Option<OwnedSemaphorePermit>,
}

/// Decodes every frame of a body. One that cannot be taken makes the whole body one that cannot.
pub(super) fn decode(body: &Bytes, ingest: &Ingest) -> Result<Decoded, Refusal> {
    let mut frames = Vec::new();
    let mut hold: Option<OwnedSemaphorePermit> = None;
    // A batch is several times as large as its frame; how many times, its sender chooses.
    let mut grant = |bytes: usize| match (ingest.take(bytes), &mut hold) {
        (Err(_), _) => false,
        (Ok(more), Some(hold)) => {
            hold.merge(more);
            true
        }
        (Ok(first), hold) => {
            *hold = Some(first);
            true
        }
    };
    let mut at = 0;
    while at < body.len() {
        let why = |text: &str| Refusal::Malformed(format!("the frame at byte {at}: {text}"));
        let frame = match frame::read_at(body, at, NO_KEY) {
            Item::Frame(frame) => frame,
            Item::Damaged { why: text, .. } => return Err(why(text)),
            Item::Nothing => return Err(why("there is none; see docs/storage.md for the form")),
        };
        match frame.kind {
            Kind::RuntimeBatch => {}
            Kind::OtlpTraces => return Err(why("spans are taken at /v1/traces")),
            _ => return Err(why("batches of runtimes alone are taken here")),
        }
        let batch = runtime::decode_within(frame.payload, &mut grant).map_err(|unread| match unread {
            Unread::Malformed(error) => why(&error.to_string()),
            Unread::NoRoom => Refusal::Busy,
        })?;
        if batch.to_unix_nanos > clock::now_unix_nanos().saturating_add(AHEAD_NANOS_MAX) {
            return Err(why(
                "it ends more than a day after the receiver's present; set the clock of the machine that sends it",
            ));
        }
        let start = at + frame::HEADER_BYTES;
        frames.push(RuntimeFrame {
            payload: body.slice(start..start + frame.payload.len()),
            batch,
        });
        at = frame.end;
    }
    Ok(Decoded { frames, hold })
}
