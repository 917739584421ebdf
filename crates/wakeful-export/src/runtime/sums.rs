//! What the tasks of one spawn location do, second by second.

use wakeful_model::runtime::{LocationSums, LocationTable, Place, RuntimeId, TaskKind};

/// Tasks that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Group {
    /// The address of the location, which says it all within a process; 0 for tasks whose spawn was not seen.
    address: usize,
    pub(super) kind: TaskKind,
    pub(super) runtime: Option<RuntimeId>,
}

impl Group {
    pub(super) fn new(location: Place, kind: TaskKind, runtime: Option<RuntimeId>) -> Self {
        Self {
            address: location.address(),
            kind,
            runtime,
        }
    }
}

/// The sums of a group: of the second that goes on, but for `alive`.
#[derive(Debug, Default)]
pub(super) struct GroupSums {
    group: Group,
    location: Option<Place>,
    pub(super) alive: u64,
    pub(super) started: u64,
    pub(super) ended: u64,
    pub(super) polls: u64,
    pub(super) busy_nanos: u64,
    pub(super) longest_poll_nanos: u64,
    pub(super) scheduled_nanos: Option<u64>,
    pub(super) longest_scheduled_nanos: u64,
    pub(super) wakes: Option<u64>,
    pub(super) self_wakes: u64,
}

impl GroupSums {
    pub(super) fn new(group: Group, location: Option<Place>) -> Self {
        Self {
            group,
            location,
            ..Self::default()
        }
    }

    /// The second is over: what was counted in it; `None` if there is nothing to tell.
    pub(super) fn take(&mut self, from: u64, to: u64, table: &mut LocationTable) -> Option<LocationSums> {
        let next = Self {
            alive: self.alive,
            ..Self::new(self.group, self.location)
        };
        let sums = std::mem::replace(self, next);
        let quiet = sums.alive == 0 && sums.started == 0 && sums.ended == 0 && sums.polls == 0;
        (!quiet).then(|| LocationSums {
            location: sums.location.map(|location| table.index(location)),
            kind: sums.group.kind,
            runtime: sums.group.runtime,
            from_unix_nanos: from,
            to_unix_nanos: to,
            alive: sums.alive,
            started: sums.started,
            ended: sums.ended,
            polls: sums.polls,
            busy_nanos: sums.busy_nanos,
            longest_poll_nanos: sums.longest_poll_nanos,
            scheduled_nanos: sums.scheduled_nanos,
            longest_scheduled_nanos: sums.longest_scheduled_nanos,
            wakes: sums.wakes,
            self_wakes: sums.self_wakes,
        })
    }
}
