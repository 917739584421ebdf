//! Putting traces together from where their spans rest.

use rustc_hash::FxHashMap;
use wakeful_model::{SpanBatch, TraceId};

/// Traces that are wanted, and what was found of them.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    traces: FxHashMap<TraceId, Assembled>,
    /// Where spans of any trace go, if all are wanted.
    everything: Option<Assembled>,
}

/// How much was found at one moment.
#[derive(Debug)]
pub(crate) struct Mark(FxHashMap<TraceId, usize>);

/// What was found of one trace. Resources and scopes are told apart by their encoded form, which costs less than
/// comparing them.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) batch: SpanBatch,
    resources: FxHashMap<Vec<u8>, u32>,
    scopes: FxHashMap<Vec<u8>, u32>,
}

impl Assembly {
    pub(crate) fn new(wanted: &[TraceId]) -> Self {
        Self {
            traces: wanted.iter().map(|id| (*id, Assembled::default())).collect(),
            everything: None,
        }
    }

    /// Every span is wanted, of whatever trace.
    pub(crate) fn everything() -> Self {
        Self {
            traces: FxHashMap::default(),
            everything: Some(Assembled::default()),
        }
    }

    /// Where to put spans of a trace; `None` if it is not wanted.
    pub(crate) fn of(&mut self, trace: TraceId) -> Option<&mut Assembled> {
        self.everything.as_mut().or_else(|| self.traces.get_mut(&trace))
    }

    /// Whether every span is wanted, so that all share one list of resources and scopes.
    pub(crate) fn is_everything(&self) -> bool {
        self.everything.is_some()
    }

    /// Bytes of the resources and scopes that were found, encoded, if everything is wanted.
    pub(crate) fn shared_bytes(&self) -> usize {
        let everything = self.everything.iter();
        let shared = everything.flat_map(|found| found.resources.keys().chain(found.scopes.keys()));
        shared.map(Vec::len).sum()
    }

    /// How many spans of each trace were found so far.
    pub(crate) fn mark(&self) -> Mark {
        let counts = self.traces.iter();
        Mark(counts.map(|(id, found)| (*id, found.batch.spans.len())).collect())
    }

    /// Forgets the spans that were found since.
    pub(crate) fn back_to(&mut self, mark: &Mark) {
        for (trace, found) in &mut self.traces {
            found
                .batch
                .spans
                .truncate(mark.0.get(trace).copied().unwrap_or_default());
        }
    }

    /// What was found of a trace; empty if nothing.
    pub(crate) fn take(&mut self, trace: TraceId) -> SpanBatch {
        self.traces.remove(&trace).unwrap_or_default().batch
    }

    /// What was found, if everything was wanted.
    pub(crate) fn take_everything(&mut self) -> SpanBatch {
        self.everything.take().unwrap_or_default().batch
    }
}

impl Assembled {
    /// The index of an encoded resource.
    pub(crate) fn resource(&mut self, encoded: &[u8]) -> u32 {
        if let Some(index) = self.resources.get(encoded) {
            return *index;
        }
        let index = self.batch.resources.len() as u32;
        let resource = wakeful_wire::otlp::decode_resource(encoded);
        self.batch.resources.push(resource);
        self.resources.insert(encoded.to_vec(), index);
        index
    }

    /// The index of an encoded scope.
    pub(crate) fn scope(&mut self, encoded: &[u8]) -> u32 {
        if let Some(index) = self.scopes.get(encoded) {
            return *index;
        }
        let index = self.batch.scopes.len() as u32;
        self.batch.scopes.push(wakeful_wire::otlp::decode_scope(encoded));
        self.scopes.insert(encoded.to_vec(), index);
        index
    }
}
