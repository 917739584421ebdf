//! The one path from received bytes to the store.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wakeful_model::Loss;
use wakeful_store::{AppendError, Store};
use wakeful_wire::otlp::{Batch, Rejected};

use crate::blocking;
use crate::body::Received;
use crate::{Counters, Limits, Reason, Receiver};

mod decode;
mod frames;
mod refusal;

pub(crate) use decode::{Encoding, Format};
pub(crate) use refusal::Refusal;

/// Larger messages are decoded on a blocking thread: they would hold up others on the same worker.
const INLINE_BYTES_MAX: usize = 256 << 10;

/// The same for compressed ones, which may be a hundred times what they seem.
const INLINE_COMPRESSED_BYTES_MAX: usize = 16 << 10;

/// How long a sender should wait before it tries again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Decodes, keeps and counts what receivers get; clones share everything.
#[derive(Debug, Clone)]
pub struct Ingest {
    store: Store,
    counters: Arc<Counters>,
    limits: Arc<Limits>,
    in_flight: Arc<Semaphore>,
    /// What is being inflated is not in `in_flight` yet, so only a few messages may be at a time.
    inflating: Arc<Semaphore>,
}

/// What became of a message that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Spans that were not.
    pub(crate) rejected: Rejected,
}

impl Ingest {
    /// A path into `store`.
    pub fn new(store: Store, limits: Limits) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            store,
            counters: Arc::default(),
            in_flight: Arc::new(Semaphore::new(limits.in_flight_bytes_max)),
            inflating: Arc::new(Semaphore::new(threads)),
            limits: Arc::new(limits),
        }
    }

    /// What was received and refused so far.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// What programs said that they lost within the range, Unix nanoseconds.
    pub(crate) fn losses(&self, within: RangeInclusive<u64>) -> Vec<Loss> {
        self.store.losses(within)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A share of what may be in flight, given back when it is dropped.
    pub(crate) fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::Busy)?;
        Arc::clone(&self.in_flight)
            .try_acquire_many_owned(bytes)
            .map_err(|_| Refusal::Busy)
    }

    /// Decodes a message and keeps its spans; when this returns, they are as safe as the store promises.
    pub(crate) async fn keep(
        &self,
        receiver: Receiver,
        format: Format,
        encoding: Encoding,
        received: Received,
        bytes_max: usize,
    ) -> Result<Kept, Refusal> {
        let decoded = self.decode(format, encoding, received, bytes_max).await?;
        self.keep_decoded(receiver, decoded).await
    }

    /// Keeps the spans of a message that was decoded.
    pub(crate) async fn keep_decoded(&self, receiver: Receiver, decoded: Decoded) -> Result<Kept, Refusal> {
        let Decoded {
            batch,
            rejected,
            wire_bytes,
            _holds,
        } = decoded;
        let spans = batch.spans() as u64;
        for (reason, count) in [
            (Reason::BadTraceId, rejected.bad_trace_id),
            (Reason::BadSpanId, rejected.bad_span_id),
        ] {
            self.counters.refused_spans(receiver, reason, count);
        }
        // Clients probe with empty requests; there is nothing to sync for them.
        if spans > 0 {
            let losses: Vec<_> = batch.losses().collect();
            self.store.append(batch).await.map_err(|error| {
                let refusal = Refusal::from(error);
                self.counters.refused_spans(receiver, refusal.reason(), spans);
                refusal
            })?;
            losses.iter().for_each(|loss| self.counters.told.count(loss));
        }
        self.counters.accepted(receiver, spans, wire_bytes);
        Ok(Kept { rejected })
    }

    /// Decodes a message.
    pub(crate) async fn decode(
        &self,
        format: Format,
        encoding: Encoding,
        received: Received,
        bytes_max: usize,
    ) -> Result<Decoded, Refusal> {
        let wire_bytes = received.bytes.len() as u64;
        let work = move |inflated| format.decode(inflated);
        let ((batch, rejected), holds) = self.inflate_and(encoding, received, bytes_max, work).await?;
        Ok(Decoded {
            batch,
            rejected,
            wire_bytes,
            _holds: holds,
        })
    }

    /// Keeps what a body of frames tells of runtimes; when this returns, it is as safe as the store promises.
    pub(crate) async fn keep_frames(
        &self,
        encoding: Encoding,
        received: Received,
        bytes_max: usize,
    ) -> Result<(), Refusal> {
        let wire_bytes = received.bytes.len() as u64;
        let ingest = self.clone();
        let decode = move |inflated: Bytes| frames::decode(&inflated, &ingest);
        let (decoded, holds) = self.inflate_and(encoding, received, bytes_max, decode).await?;
        let frames::Decoded { frames, hold } = decoded;
        // A program may probe with none.
        if !frames.is_empty() {
            let runtime = self.store.runtime();
            runtime.append_holding(frames, (holds, hold)).await?;
        }
        self.counters.accepted(Receiver::Frames, 0, wire_bytes);
        Ok(())
    }

    /// Undoes a message's compression and reads it; on a blocking thread if it is large.
    async fn inflate_and<T: Send + 'static>(
        &self,
        encoding: Encoding,
        received: Received,
        bytes_max: usize,
        decode: impl FnOnce(Bytes) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<(T, Holds), Refusal> {
        let Received { bytes, hold } = received;
        let inline_bytes_max = match encoding {
            Encoding::Identity => INLINE_BYTES_MAX,
            _ => INLINE_COMPRESSED_BYTES_MAX,
        };
        let inline = bytes.len() <= inline_bytes_max;
        // It goes with the work, which goes on when the sender hangs up.
        let inflating = match encoding {
            Encoding::Identity => None,
            _ => {
                let permit = Arc::clone(&self.inflating).acquire_owned();
                Some(permit.await.map_err(|_| Refusal::Stopping)?)
            }
        };
        let ingest = self.clone();
        let work = move || {
            let _inflating = inflating;
            let inflated = decode::inflate(encoding, bytes, bytes_max)?;
            let inflated_hold = match encoding {
                Encoding::Identity => None,
                _ => Some(ingest.take(inflated.len())?),
            };
            let holds = Holds {
                _wire: hold,
                _inflated: inflated_hold,
            };
            Ok((decode(inflated)?, holds))
        };
        // A message that brings down its decoder must not bring down the connection that others share with it.
        if inline {
            blocking::contain(work)?
        } else {
            blocking::run(work).await?
        }
    }
}

/// A message that was decoded, with its share of what may be in flight.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) batch: Batch,
    /// Spans that could not be taken.
    pub(crate) rejected: Rejected,
    wire_bytes: u64,
    _holds: Holds,
}

/// Shares of what may be in flight, kept until the spans are in the store.
#[derive(Debug)]
struct Holds {
    _wire: Option<OwnedSemaphorePermit>,
    _inflated: Option<OwnedSemaphorePermit>,
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Closed => Self::Stopping,
            other => Self::Store(other),
        }
    }
}

/// A datagram or message that needs no body reader.
impl From<Bytes> for Received {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, hold: None }
    }
}
