//! What readers see: the tail and the segments, changed in one step.

use std::sync::{Arc, PoisonError, RwLock};

use wakeful_wire::otlp::Batch;

use crate::segment::Segment;

/// Batches of one log, in the order in which they came.
pub(crate) type Tail = Arc<Vec<Arc<Batch>>>;

/// The tail and the segments at one moment. Everything that was acknowledged before is in one of them, and once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// What is received now, and before it tails that wait to be flushed, by log.
    pub(crate) tails: Vec<(u64, Tail)>,
    /// By id.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
}

impl Snapshot {
    /// All batches of the tail.
    pub(crate) fn batches(&self) -> impl Iterator<Item = &Batch> + Clone {
        let batches = self.tails.iter().flat_map(|(_, batches)| batches.iter());
        batches.map(Arc::as_ref)
    }
}

/// The current snapshot.
#[derive(Debug, Default)]
pub(crate) struct State {
    current: RwLock<Snapshot>,
}

impl State {
    /// Segments, and an empty tail.
    pub(crate) fn new(segments: Vec<Arc<Segment>>) -> Self {
        let snapshot = Snapshot {
            tails: Vec::new(),
            segments: Arc::new(segments),
        };
        Self {
            current: RwLock::new(snapshot),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Adds batches to the tail of a log.
    pub(crate) fn publish(&self, log: u64, batches: impl Iterator<Item = Arc<Batch>>) {
        self.change(|snapshot| {
            if snapshot.tails.last().is_none_or(|(of, _)| *of != log) {
                snapshot.tails.push((log, Tail::default()));
            }
            if let Some((_, tail)) = snapshot.tails.last_mut() {
                // Copies the list only while a reader holds it.
                Arc::make_mut(tail).extend(batches);
            }
        });
    }

    /// The batches of a log.
    pub(crate) fn tail(&self, log: u64) -> Option<Tail> {
        let snapshot = self.current.read().unwrap_or_else(PoisonError::into_inner);
        snapshot
            .tails
            .iter()
            .find(|(of, _)| *of == log)
            .map(|(_, tail)| Arc::clone(tail))
    }

    /// Puts a segment in the place of a log's tail.
    pub(crate) fn flushed(&self, log: u64, segment: Option<Arc<Segment>>) {
        self.change(|snapshot| {
            snapshot.tails.retain(|(of, _)| *of != log);
            Arc::make_mut(&mut snapshot.segments).extend(segment);
        });
    }

    /// Puts a segment, if any, in the place of others; gives back those.
    pub(crate) fn replaced(&self, old: &[u64], new: Option<Arc<Segment>>) -> Vec<Arc<Segment>> {
        let mut gone = Vec::new();
        self.change(|snapshot| {
            let segments = Arc::make_mut(&mut snapshot.segments);
            segments.retain(|segment| {
                let stays = !old.contains(&segment.meta.id);
                if !stays {
                    gone.push(Arc::clone(segment));
                }
                stays
            });
            segments.extend(new);
        });
        gone
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        change(&mut self.current.write().unwrap_or_else(PoisonError::into_inner));
    }
}
