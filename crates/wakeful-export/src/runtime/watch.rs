//! The stretch of runtime data that is being made, and the frames that wait to be sent.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wakeful_model::Resource;
use wakeful_model::runtime::{LocationTable, RuntimeBatch, Telling};
use wakeful_wire::{frame, runtime};

use super::Fold;
use super::deliveries::{BatchNumber, Deliveries};
use crate::settings::Settings;

/// How often a batch is made.
const PERIOD: Duration = Duration::from_secs(1);
/// Batches that wait while one is sent; older ones are lost.
const WAITING_MAX: usize = 8;

type Sample = Box<dyn Fn(Telling, &mut RuntimeBatch, &mut LocationTable) + Send>;
type Tap = Box<dyn Fn(&RuntimeBatch) + Send>;

/// What the pipeline has of runtimes.
pub(crate) struct RuntimeWatch {
    pub(crate) fold: Fold,
    resource: Resource,
    next: Instant,
    samples: Vec<Sample>,
    /// What the next samples are to tell.
    telling: Telling,
    taps: Vec<Tap>,
    deliveries: Deliveries,
    waiting: VecDeque<Frames>,
    /// What is on its way, with the generation of its driver.
    flying: Option<(u64, Frames)>,
    /// Whether frames go anywhere.
    sends: bool,
}

/// A batch as it is sent.
#[derive(Debug, Clone)]
struct Frames {
    number: BatchNumber,
    bytes: Bytes,
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
            telling: Telling::default(),
            taps: Vec::new(),
            deliveries: Deliveries::default(),
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
        let (samples, telling) = (&self.samples, std::mem::take(&mut self.telling));
        let batch = self.fold.take(now_unix_nanos, |batch, table| {
            samples.iter().for_each(|sample| sample(telling, batch, table));
        });
        let Some(mut batch) = batch else {
            return;
        };
        batch.resource = self.resource.clone();
        self.taps.iter().for_each(|tap| tap(&batch));
        if !self.sends {
            return;
        }
        let number = self.deliveries.send(&mut batch);
        let (mut payload, mut frames) = (Vec::new(), Vec::new());
        runtime::encode(&batch, &mut payload);
        let framed = frame::write(&mut frames, frame::Kind::RuntimeBatch, 0, frame::NO_KEY, &payload);
        if framed.is_err() {
            self.lost("export_failed", number);
            return;
        }
        let bytes = Bytes::from(frames);
        self.waiting.push_back(Frames { number, bytes });
        if self.waiting.len() > WAITING_MAX
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.lost("queue_full", oldest.number);
        }
    }

    fn lost(&mut self, cause: &'static str, number: BatchNumber) {
        self.fold.lost(cause, 1);
        self.fold.tell_all_again();
        self.telling = Telling::Everything;
        self.deliveries.lost(number);
    }

    /// Takes what a driver is to send now.
    pub(crate) fn take(&mut self, generation: u64) -> Option<Bytes> {
        if self.flying.is_some() {
            return None;
        }
        let frames = self.waiting.pop_front()?;
        let bytes = frames.bytes.clone();
        self.flying = Some((generation, frames));
        Some(bytes)
    }

    /// Frames that a driver has taken are sent, or given up.
    pub(crate) fn done(&mut self, generation: u64, is_lost: bool, is_wanted: bool, is_last: bool) {
        let Some((_, frames)) = self.flying.take_if(|(of, _)| *of == generation) else {
            return;
        };
        if is_lost {
            self.lost("export_failed", frames.number);
        } else {
            self.deliveries.arrived(frames.number);
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use wakeful_model::runtime::ResourceStart;

    use super::*;

    #[test]
    fn after_a_lost_batch_everything_that_exists_is_asked_for_once() {
        let mut watch = RuntimeWatch::new(&Settings::default(), true, 0);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asking = asked.clone();
        watch.add_sample(Box::new(move |telling, batch, _| {
            asking.lock().unwrap().push(telling);
            batch.resource_starts.push(ResourceStart::default());
        }));
        for (second, is_lost) in [(1, false), (2, true), (3, false), (4, false)] {
            watch.turn(Instant::now(), second, true);
            assert!(watch.take(0).is_some());
            watch.done(0, is_lost, true, false);
        }
        let (all, changes) = (Telling::Everything, Telling::Changes);
        assert_eq!(*asked.lock().unwrap(), [changes, changes, all, changes]);
    }
}
