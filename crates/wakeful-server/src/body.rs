//! Reading a request's body without trusting its sender.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::ingest::{Ingest, Refusal};

/// How much of a body that is too large is read and thrown away, so that a sender that only reads the answer
/// after having written everything gets to see it.
const DRAINED_BYTES_MAX: usize = 64 << 20;

/// … and for how long.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// A whole body, with its share of what may be in flight.
#[derive(Debug)]
pub(crate) struct Received {
    /// As it was on the wire.
    pub(crate) bytes: Bytes,
    /// Given back when the message is done with.
    pub(crate) hold: Option<OwnedSemaphorePermit>,
}

/// Reads a body that holds a message of at most `bytes_max` behind so many bytes of framing. Memory is taken as bytes
/// arrive, never for what a header promises.
pub(crate) async fn read(
    mut body: Body,
    framing_bytes: usize,
    bytes_max: usize,
    ingest: &Ingest,
) -> Result<Received, Refusal> {
    let timeout = ingest.limits().body_timeout;
    let read = async {
        let mut chunks = Chunks::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Refusal::Incomplete(error.to_string()))?;
            let Ok(chunk) = frame.into_data() else { continue };
            if chunks.bytes + chunk.len() > framing_bytes + bytes_max {
                return Err(Refusal::TooLarge { bytes_max });
            }
            chunks.push(chunk, ingest)?;
        }
        Ok(chunks.join())
    };
    let read = tokio::time::timeout(timeout, read).await;
    let result =
        read.unwrap_or_else(|_| Err(Refusal::Incomplete(format!("it took longer than {timeout:?}"))));
    if matches!(result, Err(Refusal::TooLarge { .. } | Refusal::Busy)) {
        drain(body).await;
    }
    result
}

async fn drain(mut body: Body) {
    let drain = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > DRAINED_BYTES_MAX {
                break;
            }
        }
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, drain).await.is_err() {
        tracing::debug!("a sender of a body that is too large is cut off");
    }
}

/// What has arrived so far.
#[derive(Debug, Default)]
struct Chunks {
    list: Vec<Bytes>,
    bytes: usize,
    hold: Option<OwnedSemaphorePermit>,
}

impl Chunks {
    fn push(&mut self, chunk: Bytes, ingest: &Ingest) -> Result<(), Refusal> {
        let hold = ingest.take(chunk.len())?;
        match &mut self.hold {
            Some(whole) => whole.merge(hold),
            None => self.hold = Some(hold),
        }
        self.bytes += chunk.len();
        self.list.push(chunk);
        Ok(())
    }

    /// A body that came in one piece is not copied.
    fn join(mut self) -> Received {
        let bytes = if self.list.len() == 1 {
            self.list.swap_remove(0)
        } else {
            let mut whole = BytesMut::with_capacity(self.bytes);
            self.list.iter().for_each(|chunk| whole.extend_from_slice(chunk));
            whole.freeze()
        };
        Received {
            bytes,
            hold: self.hold,
        }
    }
}
