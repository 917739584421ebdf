//! The keeper thread: merges small segments and drops old ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use wakeful_wire::otlp::Batch;

use crate::flush::{Shelf, unix_nanos};
use crate::manifest::Edit;
use crate::segment::{Origin, Segment, SegmentError, file_name};

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// So many small neighbours are merged at once, even before their hour is over.
const NEIGHBOURS: usize = 16;

/// After so many looks at which a segment could not be read, it is set aside: others shall be merged.
const FAILED_READS_MAX: u32 = 3;

const HOUR_NANOS: u64 = 3_600_000_000_000;

/// Everything that the keeper thread holds.
#[derive(Debug)]
pub(crate) struct KeeperThread {
    /// Nothing is sent: the channel closes when the store does.
    pub(crate) stop: Receiver<()>,
    pub(crate) shelf: Arc<Shelf>,
    /// A merge takes no more spans than have so many bytes as OTLP, so that it fits in memory.
    pub(crate) merge_bytes_max: u64,
    pub(crate) retention_bytes: Option<u64>,
    pub(crate) retention_time: Option<Duration>,
    /// Segments that could not be read or merged, though the disk is well: trying again would not help. Others are not
    /// kept from it by them.
    pub(crate) set_aside: BTreeSet<u64>,
    /// How often segments could not be read though the disk may be mended.
    pub(crate) failed_reads: BTreeMap<u64, u32>,
}

impl KeeperThread {
    pub(crate) fn run(mut self) {
        while matches!(self.stop.recv_timeout(INTERVAL), Err(RecvTimeoutError::Timeout)) {
            if let Err(error) = self.look(unix_nanos()) {
                tracing::error!(%error, "cannot merge or drop segments; trying again");
                self.shelf.counters.problem("merge or retention failed", 1);
            }
        }
    }

    /// Does what is due at a time.
    pub(crate) fn look(&mut self, now: u64) -> Result<(), SegmentError> {
        self.retire(now)?;
        loop {
            let mut segments = self.shelf.state.snapshot().segments.to_vec();
            segments.retain(|segment| !self.set_aside.contains(&segment.meta.id));
            segments.sort_by_key(|segment| (segment.meta.written_unix_nanos, segment.meta.id));
            let Some(inputs) = choose(&segments, now, self.merge_bytes_max) else {
                return Ok(());
            };
            if let Err(error) = self.merge(inputs) {
                self.after_failure(inputs, error)?;
            }
        }
    }

    /// A disk that is full or broken may be mended, so the merge is tried again; what fails for another reason would
    /// fail again, so its segments stay as they are until the next start.
    fn after_failure(&mut self, inputs: &[Arc<Segment>], error: SegmentError) -> Result<(), SegmentError> {
        if error.is_io() {
            return Err(error);
        }
        let segments: Vec<_> = inputs.iter().map(|input| file_name(input.meta.id)).collect();
        tracing::error!(
            ?segments,
            %error,
            "cannot merge segments; they stay as they are, and are tried again at the next start"
        );
        self.shelf.counters.problem("segments not mergeable", 1);
        self.set_aside.extend(inputs.iter().map(|input| input.meta.id));
        Ok(())
    }

    /// A disk that does not answer may do so at the next look; what has changed stays so.
    fn after_failed_read(&mut self, input: &Segment, error: SegmentError) -> Result<(), SegmentError> {
        let failed = self.failed_reads.entry(input.meta.id).or_default();
        *failed += 1;
        if error.is_io() && *failed < FAILED_READS_MAX {
            return Err(error);
        }
        let segment = file_name(input.meta.id);
        tracing::error!(segment, %error, "cannot read a segment; it is left out of merges");
        self.shelf.counters.problem("segment not readable", 1);
        self.set_aside.insert(input.meta.id);
        Ok(())
    }

    fn merge(&mut self, inputs: &[Arc<Segment>]) -> Result<(), SegmentError> {
        let mut batches = Vec::new();
        for input in inputs {
            match read_batches(input) {
                Ok(read) => {
                    self.failed_reads.remove(&input.meta.id);
                    batches.extend(read);
                }
                Err(error) => return self.after_failed_read(input, error),
            }
        }
        let of_all = |of: fn(&Segment) -> u64| inputs.iter().map(move |segment| of(segment));
        let replaces: Vec<u64> = of_all(|segment| segment.meta.id).collect();
        let merged = self.shelf.write(&batches, |id| Origin {
            id,
            level: 1 + inputs
                .iter()
                .map(|segment| segment.meta.level)
                .max()
                .unwrap_or_default(),
            log: of_all(|segment| segment.meta.log).max().unwrap_or_default(),
            written_unix_nanos: of_all(|segment| segment.meta.written_unix_nanos)
                .max()
                .unwrap_or_default(),
            // All whose spans are in it, so that none of them is taken in again should the manifest be damaged.
            replaces: inputs
                .iter()
                .flat_map(|segment| segment.meta.replaces.iter().copied())
                .chain(replaces.iter().copied())
                .collect(),
            losses: inputs
                .iter()
                .flat_map(|segment| segment.losses.iter().cloned())
                .collect(),
        })?;
        let edit = Edit {
            add: vec![merged.meta.clone()],
            remove: replaces.clone(),
            flushed: 0,
        };
        self.shelf.list(&edit, Some(&merged))?;
        let gone = self.shelf.state.replaced(&replaces, Some(merged));
        gone.iter().for_each(|segment| segment.retire());
        self.shelf.counters.merges.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn retire(&self, now: u64) -> Result<(), SegmentError> {
        let mut segments = self.shelf.state.snapshot().segments.to_vec();
        segments.sort_by_key(|segment| age_of(segment));
        let mut bytes: u64 = segments.iter().map(|segment| segment.meta.bytes).sum();
        let oldest_kept = self
            .retention_time
            .map_or(0, |time| now.saturating_sub(time.as_nanos() as u64));
        let old = segments.iter().take_while(|segment| {
            let goes = age_of(segment) < oldest_kept || self.retention_bytes.is_some_and(|max| bytes > max);
            bytes -= segment.meta.bytes;
            goes
        });
        let ids: Vec<u64> = old.map(|segment| segment.meta.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        self.shelf.commit(&Edit {
            add: Vec::new(),
            remove: ids.clone(),
            flushed: 0,
        })?;
        for segment in self.shelf.state.replaced(&ids, None) {
            segment.retire();
            self.shelf
                .counters
                .retired_spans
                .fetch_add(segment.meta.spans, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What a segment's age is counted from: its newest span, but spans from the future do not keep it for ever.
fn age_of(segment: &Segment) -> u64 {
    segment.meta.end_max.min(segment.meta.written_unix_nanos)
}

/// Neighbours that should be one segment: small, of one hour, and either many or of an hour that is over.
fn choose(segments: &[Arc<Segment>], now: u64, bytes_max: u64) -> Option<&[Arc<Segment>]> {
    let hour = |segment: &Segment| segment.meta.written_unix_nanos / HOUR_NANOS;
    let small = |segment: &Segment| segment.meta.payload_bytes <= bytes_max / 2;
    let mut start = 0;
    while start < segments.len() {
        let (first, mut end, mut bytes) = (&segments[start], start, 0);
        while let Some(next) = segments.get(end) {
            bytes += next.meta.payload_bytes;
            if !small(next) || hour(next) != hour(first) || bytes > bytes_max {
                break;
            }
            end += 1;
        }
        let full = end < segments.len() && bytes > bytes_max;
        let over = hour(first) < now / HOUR_NANOS;
        if end - start >= NEIGHBOURS || (end - start >= 2 && (over || full)) {
            return Some(&segments[start..end]);
        }
        start = end.max(start + 1);
    }
    None
}

/// The spans of a segment as batches.
fn read_batches(segment: &Segment) -> Result<Vec<Arc<Batch>>, SegmentError> {
    let mut batches = Vec::new();
    segment.read_all(|spans| {
        let batch = Batch::encode(&spans).map_err(|_| SegmentError::Format("its spans cannot be encoded"))?;
        batches.push(Arc::new(batch));
        Ok(())
    })?;
    Ok(batches)
}

#[cfg(test)]
mod tests;
