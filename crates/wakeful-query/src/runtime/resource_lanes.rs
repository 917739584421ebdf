//! Who had a resource, and who waited for it, over time.

use wakeful_live::Live;
use wakeful_model::runtime::{DurationHistogram, ResourceId};

use super::gather::{Gathered, Window};
use super::item::{Item, ItemFlags, ItemKind, Joiner, Lane, LaneKind};
use super::lanes::{LaneSums, Lanes};
use super::worker_lanes::task_title;

/// The lanes of a resource: holders as they were seen, about once a second, and waits.
pub fn of_resource(live: &Live, gathered: &Gathered, id: ResourceId, window: Window, pixels: u32) -> Lanes {
    let nanos_a_pixel = window.nanos_a_pixel(pixels);
    let mut held = holders(gathered, id, window, live.now_unix_nanos());
    held.sort_by_key(|item| (item.start, item.end));
    let mut waits: Vec<Item> = Vec::new();
    for (op, _) in gathered.ops.values().filter(|(op, _)| op.resource == id) {
        let end = op.end_unix_nanos.unwrap_or_else(|| live.now_unix_nanos());
        if !window.overlaps(op.start_unix_nanos, end) {
            continue;
        }
        let mut item = Item::new(ItemKind::Waiting, op.start_unix_nanos, end).labelled(op.source.clone());
        item.task = op.task;
        if op.end_unix_nanos.is_none() {
            item = item.marked(ItemFlags::OPEN);
        }
        waits.push(item);
    }
    waits.sort_by_key(|item| (item.start, item.end));
    let lane = |kind, name, items: Vec<Item>| {
        let mut joiner = Joiner::new(nanos_a_pixel);
        items.into_iter().for_each(|item| joiner.push(item));
        let mut items = joiner.finish();
        for item in items.iter_mut().filter(|item| item.label.is_empty()) {
            item.label = item.task.map_or_else(String::new, |task| task_title(live, task));
        }
        Lane {
            items,
            ..Lane::new(kind, name)
        }
    };
    Lanes {
        lanes: vec![
            lane(LaneKind::Holders, "holders", held),
            lane(LaneKind::Waiters, "waiters", waits),
        ],
        sums: LaneSums::default(),
        blamed: Vec::new(),
    }
}

/// How long it was waited for a resource: the waits that ended within a window, as far as they were told one by one.
pub fn wait_times(gathered: &Gathered, id: ResourceId, window: Window) -> DurationHistogram {
    let mut times = DurationHistogram::default();
    for (op, _) in gathered.ops.values().filter(|(op, _)| op.resource == id) {
        if let Some(end) = op.end_unix_nanos.filter(|end| window.range().contains(end)) {
            times.record(end.saturating_sub(op.start_unix_nanos));
        }
    }
    times
}

/// How long a resource was held, by those who gave it back within a window and were timed.
pub fn hold_times(gathered: &Gathered, id: ResourceId, window: Window) -> DurationHistogram {
    let mut times = DurationHistogram::default();
    let states = gathered.states.iter().filter(|state| state.resource == id);
    for state in states.filter(|state| window.range().contains(&state.at_unix_nanos)) {
        times.merge(&state.hold_times);
    }
    times
}

/// A holder was seen from when it took the resource until it was seen last.
fn holders(gathered: &Gathered, id: ResourceId, window: Window, now: u64) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for state in gathered.states.iter().filter(|state| state.resource == id) {
        for holder in &state.holders {
            let same = |item: &&mut Item| item.start == holder.since_unix_nanos && item.task == holder.task;
            let end = state.at_unix_nanos.max(holder.since_unix_nanos);
            match items.iter_mut().rev().take(64).find(same) {
                Some(item) => {
                    item.busy = item.busy.saturating_add(end.saturating_sub(item.end));
                    item.end = item.end.max(end);
                }
                None => {
                    let mut item =
                        Item::new(ItemKind::Held, holder.since_unix_nanos, end).labelled(holder.how.clone());
                    item.task = holder.task;
                    items.push(item);
                }
            }
        }
    }
    items.retain(|item| window.overlaps(item.start, item.end));
    for item in &mut items {
        if item.end >= now {
            item.flags.insert(ItemFlags::OPEN);
        }
    }
    items
}
