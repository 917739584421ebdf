//! The state of each program that reports, after everything that is kept of it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use wakeful_live::Live;
use wakeful_model::runtime::RuntimeBatch;

use super::ProgramId;

/// A program of which nothing came for so long is not told in new files: older ones have it.
const SILENCE_MAX: Duration = Duration::from_secs(600);

/// So many programs have a state in memory; of more, those that were silent longest are read from files.
const PROGRAMS_MAX: usize = 500;

/// How long what is over is remembered.
const RETAIN_NANOS: u64 = 3_600_000_000_000;

/// … looked at after so many batches.
const FORGET_EVERY: u64 = 16;

/// Programs by id.
#[derive(Debug, Default)]
pub(super) struct Programs {
    programs: RwLock<FxHashMap<ProgramId, Known>>,
}

#[derive(Debug)]
struct Known {
    /// Whoever answers from it takes it as it is, so that the writer need not wait for answers: it copies the state while one is made.
    live: Arc<RwLock<Arc<Live>>>,
    /// When something came last, by our own clock: programs' clocks may be anywhere.
    heard: Instant,
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
            });
            known.heard = heard;
            Arc::clone(&known.live)
        };
        let mut live = live.write().unwrap_or_else(PoisonError::into_inner);
        let live = Arc::make_mut(&mut live);
        live.fold(batch);
        if live.folds().is_multiple_of(FORGET_EVERY) {
            live.forget(Some(RETAIN_NANOS));
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
        !programs.contains_key(&id) && programs.len() < PROGRAMS_MAX
    }

    /// Goes on from a state that was kept.
    pub(super) fn put(&self, id: ProgramId, live: Live) {
        let known = Known {
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
