//! The stretch of runtime data that is being made, and the frames that wait to be sent.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wakeful_model::Resource;
use wakeful_model::runtime::{LocationTable, RuntimeBatch};
use wakeful_wire::{frame, runtime};

use super::Fold;
use crate::settings::Settings;

/// How often a batch is made.
const PERIOD: Duration = Duration::from_secs(1);
/// Batches that wait while one is sent; older ones are lost.
const WAITING_MAX: usize = 8;

type Sample = Box<dyn Fn(&mut RuntimeBatch, &mut LocationTable) + Send>;
type Tap = Box<dyn Fn(&RuntimeBatch) + Send>;

/// What the pipeline has of runtimes.
pub(crate) struct RuntimeWatch {
    pub(crate) fold: Fold,
    resource: Resource,
    next: Instant,
    samples: Vec<Sample>,
    taps: Vec<Tap>,
    waiting: VecDeque<Bytes>,
    /// What is on its way, with the generation of its driver.
    flying: Option<(u64, Bytes)>,
    /// Whether frames go anywhere.
    sends: bool,
}

impl fmt::Debug for RuntimeWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeWatch")
            .field("waiting", &self.waiting.len())
            .field("sends", &self.sends)
            .finish_non_exhaustive()
    }
}

impl RuntimeWatch {
    pub(crate) fn new(settings: &Settings, sends: bool, now_unix_nanos: u64) -> Self {
        Self {
            fold: Fold::new(&settings.runtime, now_unix_nanos),
            resource: settings.resource.to_model(),
            next: Instant::now() + PERIOD,
            samples: Vec::new(),
            taps: Vec::new(),
            waiting: VecDeque::new(),
            flying: None,
            sends,
        }
    }

    pub(crate) fn add_sample(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    pub(crate) fn add_tap(&mut self, tap: Tap) {
        self.taps.push(tap);
    }

    /// Whether anybody wants to know.
    pub(crate) fn is_wanted(&self) -> bool {
        self.sends || !self.taps.is_empty()
    }

    /// Makes a batch if it is time, or in any case with `at_once`.
    pub(crate) fn turn(&mut self, now: Instant, now_unix_nanos: u64, at_once: bool) {
        if !self.is_wanted() || !at_once && now < self.next {
            return;
        }
        self.next = now + PERIOD;
        let samples = &self.samples;
        let batch = self.fold.take(now_unix_nanos, |batch, table| {
            samples.iter().for_each(|sample| sample(batch, table));
        });
        let Some(mut batch) = batch else {
            return;
        };
        batch.resource = self.resource.clone();
        self.taps.iter().for_each(|tap| tap(&batch));
        if !self.sends {
            return;
        }
        let (mut payload, mut frames) = (Vec::new(), Vec::new());
        runtime::encode(&batch, &mut payload);
        frame::write(&mut frames, frame::Kind::RuntimeBatch, 0, frame::NO_KEY, &payload);
        self.waiting.push_back(Bytes::from(frames));
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
            self.fold.lost("queue_full", 1);
            self.fold.tell_all_again();
        }
    }

    /// Takes what a driver is to send now.
    pub(crate) fn take(&mut self, generation: u64) -> Option<Bytes> {
        if self.flying.is_some() {
            return None;
        }
        let frames = self.waiting.pop_front()?;
        self.flying = Some((generation, frames.clone()));
        Some(frames)
    }

    /// Frames that a driver has taken are sent, or given up.
    pub(crate) fn done(&mut self, generation: u64, is_lost: bool, is_wanted: bool, is_last: bool) {
        if self.flying.as_ref().is_none_or(|(of, _)| *of != generation) {
            return;
        }
        self.flying = None;
        if is_lost {
            self.fold.lost("export_failed", 1);
            self.fold.tell_all_again();
        }
        if !is_wanted {
            self.sends = false;
        }
        if !self.sends || is_lost && is_last {
            self.waiting.clear();
        }
    }

    /// Another driver takes over.
    pub(crate) fn take_back(&mut self) {
        if let Some((_, frames)) = self.flying.take() {
            self.waiting.push_front(frames);
        }
    }

    /// Whether nothing waits to be sent.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.flying.is_none()
    }
}
