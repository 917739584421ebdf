//! How much memory a state takes, and what is let go of where that is too much.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use wakeful_model::runtime::{
    Bucket, DurationHistogram, Poll, RuntimeMetrics, StateAttribute, StateValue, Wake, WorkerMetrics,
};

use crate::{AsyncOp, Holding, Live, Resource, Site, Task};

/// What the state of one program takes at most after a batch, in bytes, about. Programs with 200,000 tasks of the usual kind are below it.
pub const BYTES_MAX: usize = 256 << 20;

/// What an entry of a map takes besides what is in it.
const ENTRY_BYTES: usize = 32;

impl Live {
    /// How much memory it takes after the latest batch, in bytes, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Lets go of what is over, and then of what was not heard of for longest, until the rest takes no more than [`BYTES_MAX`].
    pub(crate) fn keep_within_bounds(&mut self) {
        self.bytes = self.weigh();
        if self.bytes <= BYTES_MAX {
            return;
        }
        self.forget_half();
        self.bytes = self.weigh();
        while self.bytes > BYTES_MAX {
            self.let_go_of_a_quarter();
            self.bytes = self.weigh();
        }
    }

    fn weigh(&self) -> usize {
        let tasks: usize = self.tasks.values().map(task).sum();
        let resources: usize = self.resources.values().map(resource).sum();
        let ops: usize = self.async_ops.values().map(op).sum();
        let sites: usize = self.sites().map(site).sum();
        let figures: usize = self
            .runtimes()
            .flat_map(|runtime| &runtime.metrics)
            .map(metrics)
            .sum();
        tasks + resources + ops + sites + figures
    }

    fn let_go_of_a_quarter(&mut self) {
        self.untold += let_go(&mut self.tasks, |task| task.changed);
        self.untold += let_go(&mut self.resources, |resource| resource.changed);
        self.untold += let_go(&mut self.async_ops, |op| op.changed);
        for runtime in self.runtimes.values_mut() {
            let quarter = runtime.metrics.len().div_ceil(4);
            runtime.metrics.drain(..quarter);
        }
    }
}

/// Removes the quarter that was changed first; how many that were.
fn let_go<K: Ord + Copy, V>(all: &mut BTreeMap<K, V>, changed: impl Fn(&V) -> u64) -> u64 {
    let mut by_change: Vec<(u64, Reverse<K>)> =
        all.iter().map(|(key, it)| (changed(it), Reverse(*key))).collect();
    by_change.sort_unstable();
    let gone = &by_change[..by_change.len().div_ceil(4)];
    for (_, Reverse(key)) in gone {
        all.remove(key);
    }
    gone.len() as u64
}

fn task(task: &Task) -> usize {
    let histograms = task.sums.as_ref().map_or(0, |sums| {
        histogram(&sums.poll_times) + histogram(&sums.scheduled_times)
    });
    ENTRY_BYTES
        + size_of::<Task>()
        + task.start.name.len()
        + task.start.type_name.len()
        + histograms
        + room_for::<Poll>(task.polls.capacity())
        + room_for::<Wake>(task.wakes.capacity())
}

fn resource(resource: &Resource) -> usize {
    let start = &resource.start;
    let texts = [&start.kind, &start.concrete_type, &start.target, &start.name];
    let holders = resource.holders.iter().map(|holder| holder.how.len());
    ENTRY_BYTES
        + size_of::<Resource>()
        + texts.map(String::len).iter().sum::<usize>()
        + attributes(&resource.attributes)
        + histogram(&resource.hold_times)
        + room_for::<Holding>(resource.holders.capacity())
        + holders.sum::<usize>()
}

fn op(op: &AsyncOp) -> usize {
    ENTRY_BYTES + size_of::<AsyncOp>() + op.op.source.len() + attributes(&op.op.attributes)
}

fn site(site: &Site) -> usize {
    ENTRY_BYTES + size_of::<Site>() + room_for::<(u64, u64)>(site.samples.capacity())
}

fn metrics(metrics: &RuntimeMetrics) -> usize {
    size_of::<RuntimeMetrics>() + room_for::<WorkerMetrics>(metrics.workers.capacity())
}

fn histogram(histogram: &DurationHistogram) -> usize {
    room_for::<Bucket>(histogram.buckets.capacity())
}

fn attributes(attributes: &[StateAttribute]) -> usize {
    let text = |value: &StateValue| match value {
        StateValue::Text(text) => text.len(),
        StateValue::Bool(_) | StateValue::Int(_) => 0,
    };
    let of = |it: &StateAttribute| it.key.len() + it.unit.len() + text(&it.value);
    size_of_val(attributes) + attributes.iter().map(of).sum::<usize>()
}

fn room_for<T>(items: usize) -> usize {
    items * size_of::<T>()
}
