//! All watched locks of the program, looked at when a batch of runtime data is made.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Contention, Holder, LocationTable, ResourceEnd, ResourceId, ResourceStart,
    ResourceState, RuntimeBatch, StateAttribute, StateValue,
};
use wakeful_subscriber::Recorder;

use super::lock::{Held, Lock, Wait};
use crate::global::{belongs_to, unix_nanos, with_recorder};

/// After so many looks everything that exists is told again, for a backend that has come later.
const LOOKS_UNTIL_TOLD_AGAIN: u32 = 60;

static LOCKS: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// A lock, and what was told of it.
#[derive(Debug)]
struct Known {
    id: u64,
    /// Whose it is; `None` if nobody listened when it was made.
    recorder: Option<Recorder>,
    lock: Weak<Lock>,
    /// Looks since it was told; `None` if it never was.
    looks: Option<u32>,
    /// Acquisitions, those that had to wait, who waits now, who shares it, and who has it alone.
    state: (u64, u64, usize, usize, Option<Held>),
    /// Since when it is held so, at the latest.
    held_since_unix_nanos: u64,
}

pub(super) fn add(lock: &Arc<Lock>) {
    LOCKS.lock().unwrap_or_else(PoisonError::into_inner).push(Known {
        id: lock.id,
        recorder: with_recorder(Recorder::clone),
        lock: Arc::downgrade(lock),
        looks: None,
        state: (0, 0, 0, 0, None),
        held_since_unix_nanos: 0,
    });
}

/// Adds the locks of a recorder that were made, that are gone, that changed, and the waits for them.
pub(crate) fn sample(recorder: &Recorder, batch: &mut RuntimeBatch, locations: &mut LocationTable) {
    let now = unix_nanos();
    let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    locks.retain_mut(|known| match known.lock.upgrade() {
        _ if !belongs_to(known.recorder.as_ref(), recorder) => true,
        Some(lock) => {
            known.look(&lock, now, batch, locations);
            true
        }
        None => {
            if known.looks.is_some() {
                batch.resource_ends.push(ResourceEnd {
                    id: ResourceId(known.id),
                    end_unix_nanos: now,
                });
            }
            false
        }
    });
}

impl Known {
    fn look(&mut self, lock: &Lock, now: u64, batch: &mut RuntimeBatch, locations: &mut LocationTable) {
        let looks = self.looks.map_or(LOOKS_UNTIL_TOLD_AGAIN, |looks| looks + 1);
        let is_told_now = looks >= LOOKS_UNTIL_TOLD_AGAIN;
        self.looks = Some(if is_told_now { 0 } else { looks });
        if is_told_now {
            batch.resource_starts.push(ResourceStart {
                id: ResourceId(lock.id),
                start_unix_nanos: lock.made_unix_nanos,
                kind: "Sync".to_owned(),
                concrete_type: lock.concrete_type.to_owned(),
                target: "wakeful::sync".to_owned(),
                name: String::new(),
                location: Some(locations.index(lock.made_at)),
                parent: None,
                is_internal: false,
            });
        }
        let acquisitions = lock.acquisitions();
        let held = lock.held();
        let mut waits = lock.waits();
        let ended = std::mem::take(&mut waits.ended);
        let (open, sharing) = (waits.open.clone(), waits.sharing.clone());
        let (contended, waited_nanos) = (waits.contended, waits.waited_nanos);
        drop(waits);
        let (acquisitions_before, .., held_before) = self.state;
        if held != held_before || acquisitions != acquisitions_before {
            // A wait that ended with it is the best that is known of when it was taken.
            let taken = ended
                .iter()
                .filter(|(wait, _, is_ready)| *is_ready && wait.task == held.and_then(|held| held.task))
                .map(|(_, at, _)| *at)
                .max();
            self.held_since_unix_nanos = taken.unwrap_or(now);
        }
        let op = |wait: &Wait, end: Option<u64>, is_ready: bool, locations: &mut LocationTable| AsyncOp {
            id: AsyncOpId(wait.id),
            resource: ResourceId(lock.id),
            task: wait.task,
            source: wait.source.to_owned(),
            location: Some(locations.index(wait.called_at)),
            start_unix_nanos: wait.since_unix_nanos,
            end_unix_nanos: end,
            is_ready,
            // A wait begins with the poll that did not get the lock. Those after it are not counted.
            polls: 1,
            ..AsyncOp::default()
        };
        for (wait, end, is_ready) in &ended {
            batch.async_ops.push(op(wait, Some(*end), *is_ready, locations));
        }
        for wait in &open {
            batch.async_ops.push(op(wait, None, false, locations));
        }
        let state = (acquisitions, contended, open.len(), sharing.len(), held);
        if !is_told_now && state == self.state {
            return;
        }
        self.state = state;
        let alone = held.map(|held| (held, "", self.held_since_unix_nanos));
        let shared = sharing
            .iter()
            .map(|sharing| (sharing.held, sharing.how, sharing.since_unix_nanos));
        let holders: Vec<Holder> = alone
            .into_iter()
            .chain(shared)
            .map(|(held, how, since_unix_nanos)| Holder {
                task: held.task,
                since_unix_nanos,
                location: Some(locations.index(held.taken_at)),
                how: how.to_owned(),
            })
            .collect();
        batch.resource_states.push(ResourceState {
            resource: ResourceId(lock.id),
            at_unix_nanos: now,
            attributes: vec![StateAttribute {
                key: "locked".to_owned(),
                value: StateValue::Bool(!holders.is_empty()),
                unit: String::new(),
            }],
            holders,
            waiters: open.len() as u64,
            contention: Some(Contention {
                acquisitions,
                contended,
                waited_nanos,
                // It would take a clock at each lock and unlock.
                held_nanos: None,
            }),
        });
    }
}
