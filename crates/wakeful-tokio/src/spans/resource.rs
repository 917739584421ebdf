//! Resources and the operations on them, as their spans tell of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Holder, LocationTable, Place, ResourceId, ResourceStart, ResourceState,
    StateAttribute, StateValue, TaskId, Telling,
};

use super::fields::{Change, SpanFields, Update};
use super::told;
use crate::global::unix_nanos;
use crate::id;

/// A resource that Tokio tells of.
#[derive(Debug)]
pub(super) struct TracedResource {
    pub(super) id: ResourceId,
    target: &'static str,
    kind: String,
    concrete_type: String,
    place: Option<Place>,
    start_unix_nanos: u64,
    is_internal: bool,
    inherits: bool,
    parent: Option<Arc<Self>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attributes: Vec<StateAttribute>,
    holders: Vec<Held>,
    is_changed: bool,
    told_waiters: u64,
    /// Looks since it was told of; `None` if it never was.
    looks: Option<u32>,
}

#[derive(Debug)]
struct Held {
    task: Option<TaskId>,
    since_unix_nanos: u64,
    how: &'static str,
}

/// After so many looks what exists is told again, for a backend that has come later.
const LOOKS_UNTIL_TOLD_AGAIN: u32 = 60;

impl TracedResource {
    pub(super) fn new(target: &'static str, fields: SpanFields, parent: Option<Arc<Self>>) -> Self {
        Self {
            id: ResourceId(id::next()),
            target,
            place: told::place(&fields),
            kind: fields.kind,
            concrete_type: fields.concrete_type,
            start_unix_nanos: unix_nanos(),
            is_internal: fields.is_internal,
            inherits: fields.inherits,
            parent,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its state changed, by a task if one is polled.
    pub(super) fn update(&self, update: &Update, task: Option<TaskId>) {
        let mut state = self.state();
        apply(&mut state.attributes, update);
        state.hold(update, task);
        state.is_changed = true;
        drop(state);
        if let Some(parent) = self.parent.as_ref().filter(|parent| parent.inherits) {
            parent.update(update, task);
        }
    }

    pub(super) fn is_told(&self) -> bool {
        self.state().looks.is_some()
    }

    /// Its start, if it is to be told now, and its state, if that has changed.
    pub(super) fn look(
        &self,
        waiters: u64,
        telling: Telling,
        locations: &mut LocationTable,
    ) -> (Option<ResourceStart>, Option<ResourceState>) {
        let mut state = self.state();
        let is_due = telling == Telling::Everything
            || state
                .looks
                .is_none_or(|looks| looks + 1 >= LOOKS_UNTIL_TOLD_AGAIN);
        state.looks = Some(if is_due { 0 } else { state.looks.unwrap_or(0) + 1 });
        let start = is_due.then(|| ResourceStart {
            id: self.id,
            start_unix_nanos: self.start_unix_nanos,
            kind: self.kind.clone(),
            concrete_type: self.concrete_type.clone(),
            target: self.target.to_owned(),
            name: String::new(),
            location: self.place.map(|place| locations.index(place)),
            parent: self.parent.as_ref().map(|parent| parent.id),
            is_internal: self.is_internal,
        });
        if !is_due && !state.is_changed && state.told_waiters == waiters {
            return (start, None);
        }
        state.is_changed = false;
        state.told_waiters = waiters;
        let holders = state.holders.iter().map(|held| Holder {
            task: held.task,
            since_unix_nanos: held.since_unix_nanos,
            // Tokio does not say where.
            location: None,
            how: held.how.to_owned(),
        });
        let told = ResourceState {
            resource: self.id,
            at_unix_nanos: unix_nanos(),
            attributes: state.attributes.clone(),
            holders: holders.collect(),
            waiters,
            // Tokio counts nothing of the kind.
            ..ResourceState::default()
        };
        (start, Some(told))
    }
}

impl State {
    /// Follows who holds a lock. Of a semaphore that cannot be told: permits may be given back by others than who took them.
    fn hold(&mut self, update: &Update, task: Option<TaskId>) {
        let (how, is_taken) = match (update.key, &update.value, update.change) {
            ("locked", StateValue::Bool(locked), _) => ("", *locked),
            ("write_locked", StateValue::Bool(locked), _) => ("write", *locked),
            ("current_readers", _, Change::Add) => ("read", true),
            ("current_readers", _, Change::Sub) => ("read", false),
            _ => return,
        };
        if is_taken {
            self.holders.push(Held {
                task,
                since_unix_nanos: unix_nanos(),
                how,
            });
            return;
        }
        let mine = |held: &Held| held.how == how && held.task == task;
        let at = self.holders.iter().position(mine);
        let at = at.or_else(|| self.holders.iter().position(|held| held.how == how));
        if let Some(at) = at {
            self.holders.remove(at);
        }
    }
}

/// Changes one attribute.
fn apply(attributes: &mut Vec<StateAttribute>, update: &Update) {
    let Some(known) = attributes.iter_mut().find(|known| known.key == update.key) else {
        attributes.push(StateAttribute {
            key: update.key.to_owned(),
            value: update.value.clone(),
            unit: update.unit.clone(),
        });
        return;
    };
    known.value = match (&known.value, &update.value, update.change) {
        (StateValue::Int(before), StateValue::Int(by), Change::Add) => {
            StateValue::Int(before.saturating_add(*by))
        }
        (StateValue::Int(before), StateValue::Int(by), Change::Sub) => {
            StateValue::Int(before.saturating_sub(*by))
        }
        _ => update.value.clone(),
    };
    if !update.unit.is_empty() {
        known.unit.clone_from(&update.unit);
    }
}

/// An operation on a resource.
#[derive(Debug)]
pub(super) struct TracedOp {
    id: AsyncOpId,
    pub(super) resource: Arc<TracedResource>,
    parent: Option<Arc<Self>>,
    source: String,
    start_unix_nanos: u64,
    inherits: bool,
    /// It was polled in vain. What never is is not told of.
    has_waited: AtomicBool,
    state: Mutex<OpState>,
}

#[derive(Debug, Default)]
struct OpState {
    task: Option<TaskId>,
    polls: u64,
    busy_nanos: u64,
    last_poll_start_unix_nanos: u64,
    last_poll_end_unix_nanos: u64,
    is_ready: bool,
    attributes: Vec<StateAttribute>,
    is_told: bool,
}

impl TracedOp {
    pub(super) fn new(resource: Arc<TracedResource>, parent: Option<Arc<Self>>, fields: SpanFields) -> Self {
        Self {
            id: AsyncOpId(id::next()),
            resource,
            parent,
            source: fields.source,
            start_unix_nanos: unix_nanos(),
            inherits: fields.inherits,
            has_waited: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, OpState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_poll(&self, task: Option<TaskId>) {
        let mut state = self.state();
        state.polls += 1;
        state.task = task.or(state.task);
        state.last_poll_start_unix_nanos = unix_nanos();
    }

    pub(super) fn end_poll(&self) {
        let mut state = self.state();
        let now = unix_nanos();
        state.busy_nanos += now.saturating_sub(state.last_poll_start_unix_nanos);
        state.last_poll_end_unix_nanos = now;
        if !state.is_ready {
            self.has_waited.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn polled(&self, is_ready: bool) {
        self.state().is_ready = is_ready;
    }

    pub(super) fn update(&self, update: &Update) {
        apply(&mut self.state().attributes, update);
        if let Some(parent) = self.parent.as_ref().filter(|parent| parent.inherits) {
            parent.update(update);
        }
    }

    /// Whether a task waits by it.
    pub(super) fn is_waiting(&self) -> bool {
        self.has_waited.load(Ordering::Relaxed) && !self.state().is_ready
    }

    /// What is told while it goes on: once, and again with `again`.
    pub(super) fn look(&self, again: bool) -> Option<AsyncOp> {
        let mut state = self.state();
        if state.is_told && !again {
            return None;
        }
        state.is_told = true;
        Some(self.told(&state, None))
    }

    /// What is told of its end; `None` if nothing was told of it while it went on, and there is no `room`.
    pub(super) fn end(&self, has_room: bool) -> Option<AsyncOp> {
        if !self.has_waited.load(Ordering::Relaxed) {
            return None;
        }
        let state = self.state();
        (state.is_told || has_room).then(|| self.told(&state, Some(unix_nanos())))
    }

    fn told(&self, state: &OpState, end_unix_nanos: Option<u64>) -> AsyncOp {
        let time = |nanos: u64| (nanos != 0).then_some(nanos);
        AsyncOp {
            id: self.id,
            resource: self.resource.id,
            parent: self.parent.as_ref().map(|parent| parent.id),
            task: state.task,
            source: self.source.clone(),
            location: None,
            start_unix_nanos: self.start_unix_nanos,
            end_unix_nanos,
            polls: state.polls,
            busy_nanos: state.busy_nanos,
            last_poll_start_unix_nanos: time(state.last_poll_start_unix_nanos),
            last_poll_end_unix_nanos: time(state.last_poll_end_unix_nanos),
            is_ready: state.is_ready,
            attributes: state.attributes.clone(),
        }
    }
}
