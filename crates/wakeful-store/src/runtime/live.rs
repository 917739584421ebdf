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
    live: Arc<RwLock<Live>>,
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
        live.fold(batch);
        if live.folds().is_multiple_of(FORGET_EVERY) {
            live.forget(Some(RETAIN_NANOS));
        }
    }

    pub(super) fn get(&self, id: ProgramId) -> Option<Arc<RwLock<Live>>> {
        let programs = self.programs.read().unwrap_or_else(PoisonError::into_inner);
        programs.get(&id).map(|known| Arc::clone(&known.live))
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
