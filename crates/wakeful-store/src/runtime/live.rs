//! The state of each program that reports, after everything that is kept of it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use wakeful_live::Live;
use wakeful_model::runtime::RuntimeBatch;

use super::ProgramId;

/// A program of which nothing came for so long is not told in new files: older ones have it.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// So many programs have a state in memory, and their states take so many bytes together; of more, those that were silent longest are read
/// from files.
const PROGRAMS_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 30;

/// How long what is over is remembered.
const RETAIN_NANOS: u64 = 3_600_000_000_000;

/// … looked at after so many batches.
const FORGET_EVERY: u64 = 16;

/// Programs by id.
#[derive(Debug)]
pub(super) struct Programs {
    programs: RwLock<FxHashMap<ProgramId, Known>>,
    bytes_max: usize,
}

impl Default for Programs {
    fn default() -> Self {
        Self {
            programs: RwLock::default(),
            bytes_max: BYTES_MAX,
        }
    }
}

#[derive(Debug)]
struct Known {
    /// Whoever answers from it takes it as it is, so that the writer need not wait for answers: it copies the state while one is made.
    live: Arc<RwLock<Arc<Live>>>,
    /// When something came last, by our own clock: programs' clocks may be anywhere.
    heard: Instant,
    /// What the state takes in memory, about.
    bytes: usize,
}

impl Programs {
    /// Takes in a batch of a program.
    pub(super) fn apply(&self, id: ProgramId, batch: &RuntimeBatch) {
        let heard = Instant::now();
        let live = {
            let mut programs = self.programs.write().unwrap_or_else(PoisonError::into_inner);
            if programs.len() >= PROGRAMS_MAX && !programs.contains_key(&id) {
                let silent = programs
                    .iter()
                    .min_by_key(|(_, known)| known.heard)
                    .map(|(id, _)| *id);
                silent.map(|id| programs.remove(&id));
            }
            let known = programs.entry(id).or_insert_with(|| Known {
                live: Arc::default(),
                heard,
                bytes: 0,
            });
            known.heard = heard;
            Arc::clone(&known.live)
        };
        let mut live = live.write().unwrap_or_else(PoisonError::into_inner);
        let changed = Arc::make_mut(&mut live);
        changed.fold(batch);
        if changed.folds().is_multiple_of(FORGET_EVERY) {
            changed.forget(Some(RETAIN_NANOS));
        }
        let bytes = changed.bytes();
        drop(live);
        self.keep_within_bounds(id, bytes);
    }

    /// Notes what the state of a program takes, and lets go of those that were silent longest if all take too much together.
    fn keep_within_bounds(&self, id: ProgramId, bytes: usize) {
        let mut programs = self.programs.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = programs.get_mut(&id) {
            known.bytes = bytes;
        }
        let mut all: usize = programs.values().map(|known| known.bytes).sum();
        while all > self.bytes_max && programs.len() > 1 {
            let others = programs.iter().filter(|(other, _)| **other != id);
            let silent = others.min_by_key(|(_, known)| known.heard).map(|(id, _)| *id);
            let Some(gone) = silent.and_then(|silent| programs.remove(&silent)) else {
                return;
            };
            all -= gone.bytes;
        }
    }

    /// The state of a program as it is now.
    pub(super) fn get(&self, id: ProgramId) -> Option<Arc<Live>> {
        let live = {
            let programs = self.programs.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&programs.get(&id)?.live)
        };
        let live = live.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&live))
    }

    /// Whether a program has no state here, and could have one without another losing it.
    pub(super) fn is_missed(&self, id: ProgramId) -> bool {
        let programs = self.programs.read().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = programs.values().map(|known| known.bytes).sum();
        let has_room = programs.len() < PROGRAMS_MAX && bytes < self.bytes_max / 4 * 3;
        !programs.contains_key(&id) && has_room
    }

    /// Goes on from a state that was kept.
    pub(super) fn put(&self, id: ProgramId, live: Live) {
        let known = Known {
            bytes: live.bytes(),
            live: Arc::new(RwLock::new(Arc::new(live))),
            heard: Instant::now(),
        };
        let mut programs = self.programs.write().unwrap_or_else(PoisonError::into_inner);
        programs.insert(id, known);
    }

    /// Lets go of programs that have been silent for long, and gives batches that fold into the states of the others.
    pub(super) fn checkpoints(&self) -> Vec<RuntimeBatch> {
        let mut programs = self.programs.write().unwrap_or_else(PoisonError::into_inner);
        programs.retain(|_, known| known.heard.elapsed() <= SILENCE_MAX);
        let checkpoint = |known: &Known| {
            let live = known.live.read().unwrap_or_else(PoisonError::into_inner);
            live.checkpoint()
        };
        programs.values().map(checkpoint).collect()
    }
}

#[cfg(test)]
mod tests {
    use wakeful_model::runtime::{TaskId, TaskStart};
    use wakeful_model::{Attribute, Resource};

    use super::*;

    #[test]
    fn states_that_take_too_much_together_give_way_to_those_that_were_heard_of_last() {
        let batch = |program: i64| RuntimeBatch {
            resource: Resource {
                attributes: vec![Attribute::new("process.pid", program)],
                ..Resource::default()
            },
            task_starts: (0..100)
                .map(|id| TaskStart {
                    id: TaskId(id),
                    ..TaskStart::default()
                })
                .collect(),
            ..RuntimeBatch::default()
        };
        let id = |program| ProgramId::of(&batch(program).resource);
        let mut one = Live::default();
        one.fold(&batch(1));
        let programs = Programs {
            bytes_max: one.bytes() * 4,
            ..Programs::default()
        };
        (1..=4).for_each(|program| programs.apply(id(program), &batch(program)));
        // The first is heard of again, so that the second is silent longest.
        programs.apply(id(1), &RuntimeBatch::default());
        programs.apply(id(5), &batch(5));
        let has = |program| programs.get(id(program)).is_some();
        assert_eq!([1, 2, 3, 4, 5].map(has), [true, false, true, true, true]);
        // Taking it up again would cost another one its state.
        assert!(!programs.is_missed(id(2)));
        // One alone may take all there is.
        let small = Programs {
            bytes_max: 1,
            ..Programs::default()
        };
        small.apply(id(1), &batch(1));
        assert!(small.get(id(1)).is_some());
    }
}
