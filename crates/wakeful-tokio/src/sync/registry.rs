//! All watched locks and channels of the program, looked at when a batch of runtime data is made.

use std::sync::{Arc, Mutex, PoisonError};

use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Contention, Holder, LocationTable, ResourceEnd, ResourceId, ResourceStart,
    ResourceState, RuntimeBatch, StateAttribute, StateValue, Telling,
};
use wakeful_subscriber::Recorder;

use super::queue::{QueueState, attribute};
use super::resource::{Held, Resource, Share, Sharing, Wait};
use crate::global::{belongs_to, unix_nanos, with_recorder};

/// After so many looks everything that exists is told again, for a backend that has come later.
const LOOKS_UNTIL_TOLD_AGAIN: u32 = 60;

/// So many resources are told of at one look, at most, so that a batch stays small; the others come next.
const TOLD_MAX: usize = 3_000;
/// So many waits that are over are told of singly at one look.
const ENDED_TOLD_MAX: usize = 2_000;

static RESOURCES: Mutex<All> = Mutex::new(All {
    known: Vec::new(),
    tidy_at: TIDY_AT_MIN,
});

/// Below that many resources nobody looks for those that are gone.
const TIDY_AT_MIN: usize = 256;

#[derive(Debug)]
struct All {
    known: Vec<Known>,
    /// When so many are known, those that are gone are let go of though nobody looks.
    tidy_at: usize,
}

/// A resource, and what was told of it. It is kept until the next look after all others have let go of it, so that its end is told.
#[derive(Debug)]
struct Known {
    resource: Arc<Resource>,
    /// Whose it is; `None` if nobody listened when it was made.
    recorder: Option<Recorder>,
    /// Looks since it was told; `None` if it never was.
    looks: Option<u32>,
    /// As it was told last.
    state: State,
    /// Since when it is held so, at the latest.
    held_since_unix_nanos: u64,
}

/// What is compared to see whether there is something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct State {
    acquisitions: u64,
    contended: u64,
    waiting: usize,
    sharing: usize,
    permits: Option<u64>,
    held: Option<Held>,
    queue: Option<QueueState>,
}

/// What one look may still tell.
struct Room {
    resources: usize,
    ended: usize,
}

pub(super) fn add(resource: &Arc<Resource>) {
    let mut all = RESOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    if all.known.len() >= all.tidy_at {
        // Of these nobody was ever told.
        all.known
            .retain(|known| known.looks.is_some() || !known.is_gone());
        all.tidy_at = TIDY_AT_MIN.max(2 * all.known.len());
    }
    all.known.push(Known {
        resource: resource.clone(),
        recorder: with_recorder(Recorder::clone),
        looks: None,
        state: State::default(),
        held_since_unix_nanos: 0,
    });
}

/// Adds the resources of a recorder that were made, that are gone, that changed, and the waits for them.
pub(crate) fn sample(
    recorder: &Recorder,
    telling: Telling,
    batch: &mut RuntimeBatch,
    locations: &mut LocationTable,
) {
    let now = unix_nanos();
    let mut room = Room {
        resources: TOLD_MAX,
        ended: ENDED_TOLD_MAX,
    };
    let mut all = RESOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    // Where the room was used up.
    let mut full_at = None;
    let mut at = 0;
    all.known.retain_mut(|known| {
        at += 1;
        if !belongs_to(known.recorder.as_ref(), recorder) {
            return true;
        }
        // Before the look, which then is the last one.
        let is_gone = known.is_gone();
        if is_gone && known.looks.is_none() {
            return false;
        }
        if telling == Telling::Everything && known.looks.is_some() {
            // As soon as there is room for it.
            known.looks = Some(LOOKS_UNTIL_TOLD_AGAIN);
        }
        known.look(now, &mut room, batch, locations);
        if room.resources == 0 {
            full_at.get_or_insert(at);
        }
        if is_gone {
            batch.resource_ends.push(ResourceEnd {
                id: ResourceId(known.resource.id),
                end_unix_nanos: now,
            });
        }
        !is_gone
    });
    if let Some(at) = full_at {
        let at = at.min(all.known.len());
        all.known.rotate_left(at);
    }
}

impl Known {
    /// Whether nobody but us has it any more.
    fn is_gone(&self) -> bool {
        Arc::strong_count(&self.resource) == 1
    }

    fn look(&mut self, now: u64, room: &mut Room, batch: &mut RuntimeBatch, locations: &mut LocationTable) {
        let resource = &*self.resource;
        let is_due = self.looks.is_none_or(|looks| looks + 1 >= LOOKS_UNTIL_TOLD_AGAIN);
        let is_told_now = is_due && room.resources > 0;
        if is_told_now {
            room.resources -= 1;
            self.looks = Some(0);
            batch.resource_starts.push(start(resource, locations));
        } else if let Some(looks) = &mut self.looks {
            *looks = looks.saturating_add(1);
        } else {
            // Its waits would be a riddle.
            return;
        }
        let held = resource.held();
        let queue = resource.queue.as_ref().map(|queue| queue.state());
        let acquisitions = queue.map_or_else(|| resource.acquisitions(), |queue| queue.sent);
        let mut waits = resource.waits();
        let ended = std::mem::take(&mut waits.ended);
        let sharing: Vec<Sharing> = waits.sharing.values().cloned().collect();
        let (contended, waited_nanos) = (waits.contended, waits.waited_nanos);
        let waiting = waits.open.len();
        for wait in waits.open.values_mut() {
            if is_told_now || !wait.is_told {
                wait.is_told = true;
                batch.async_ops.push(op(resource, wait, None, false, locations));
            }
        }
        drop(waits);
        if held != self.state.held || acquisitions != self.state.acquisitions {
            // A wait that ended with it is the best that is known of when it was taken.
            let taken = ended
                .iter()
                .filter(|(wait, _, is_ready)| *is_ready && wait.task == held.and_then(|held| held.task))
                .map(|(_, at, _)| *at)
                .max();
            self.held_since_unix_nanos = taken.unwrap_or(now);
        }
        for (wait, end, is_ready) in &ended {
            // One of which the backend knows must end there too.
            if wait.is_told || room.ended > 0 {
                room.ended = room.ended.saturating_sub(1);
                batch
                    .async_ops
                    .push(op(resource, wait, Some(*end), *is_ready, locations));
            }
        }
        let state = State {
            acquisitions,
            contended,
            waiting,
            sharing: sharing.len(),
            permits: resource.permits(),
            held,
            queue,
        };
        if !is_told_now && (state == self.state || room.resources == 0) {
            return;
        }
        room.resources = room.resources.saturating_sub(usize::from(!is_told_now));
        self.state = state;
        let holders = self.holders(&sharing, locations);
        let attributes = match (queue, state.permits) {
            (Some(queue), _) => queue.attributes(),
            (None, Some(permits)) => permits_attributes(permits, &sharing),
            (None, None) => vec![attribute("locked", StateValue::Bool(!holders.is_empty()))],
        };
        let hold_times = std::mem::take(&mut self.resource.waits().hold_times);
        batch.resource_states.push(ResourceState {
            resource: ResourceId(self.resource.id),
            at_unix_nanos: now,
            attributes,
            holders,
            waiters: waiting as u64,
            contention: Some(Contention {
                acquisitions,
                contended,
                waited_nanos,
                // It would take a clock at each lock and unlock; a sample of them is timed.
                held_nanos: None,
            }),
            hold_times,
        });
    }

    fn holders(&self, sharing: &[Sharing], locations: &mut LocationTable) -> Vec<Holder> {
        let alone = self
            .state
            .held
            .map(|held| (held, String::new(), self.held_since_unix_nanos));
        let shared = sharing
            .iter()
            .map(|sharing| (sharing.held, how(sharing.share), sharing.since_unix_nanos));
        alone
            .into_iter()
            .chain(shared)
            .map(|(held, how, since_unix_nanos)| Holder {
                task: held.task,
                since_unix_nanos,
                location: Some(locations.index(held.taken_at)),
                how,
            })
            .collect()
    }
}

/// How a lock is held; empty for the only way there is.
fn how(share: Share) -> String {
    match share {
        Share::Read => "read".to_owned(),
        Share::Write => "write".to_owned(),
        Share::Permits(1) => String::new(),
        Share::Permits(permits) => format!("permits {permits}"),
    }
}

/// What a semaphore says of itself.
fn permits_attributes(permits: u64, sharing: &[Sharing]) -> Vec<StateAttribute> {
    let taken = sharing.iter().map(|sharing| match sharing.share {
        Share::Permits(permits) => u64::from(permits),
        Share::Read | Share::Write => 0,
    });
    let free = permits.saturating_sub(taken.sum());
    let int = |key, count| attribute(key, StateValue::Int(i64::try_from(count).unwrap_or(i64::MAX)));
    vec![int("permits", free), int("max_permits", permits)]
}

fn start(resource: &Resource, locations: &mut LocationTable) -> ResourceStart {
    ResourceStart {
        id: ResourceId(resource.id),
        start_unix_nanos: resource.made_unix_nanos,
        kind: "Sync".to_owned(),
        concrete_type: resource.made.concrete_type.to_owned(),
        target: "wakeful::sync".to_owned(),
        name: resource.made.name.to_string(),
        location: Some(locations.index(resource.made.at)),
        parent: None,
        is_internal: false,
    }
}

fn op(
    resource: &Resource,
    wait: &Wait,
    end_unix_nanos: Option<u64>,
    is_ready: bool,
    locations: &mut LocationTable,
) -> AsyncOp {
    AsyncOp {
        id: AsyncOpId(wait.id),
        resource: ResourceId(resource.id),
        task: wait.task,
        source: wait.call.source.to_owned(),
        location: Some(locations.index(wait.call.at)),
        start_unix_nanos: wait.since_unix_nanos,
        end_unix_nanos,
        polls: wait.polls,
        is_ready,
        ..AsyncOp::default()
    }
}
