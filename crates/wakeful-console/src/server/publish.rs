//! From the present to tokio-console's updates.

use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_live::{AsyncOp, Live, Resource, Task};
use wakeful_model::runtime::{
    AsyncOpId, Bucket, Location, ResourceId, StateAttribute, StateValue, TaskId, TaskKind,
};
use wakeful_wire::console::{self, FieldName, FieldValue, Metadata, ResourceKind, TaskDetails, Update, hdr};

/// A stock client reads messages of 4 MiB at most. What goes into one is estimated, generously.
const PART_BYTES: usize = 1 << 20;
/// What an entity with its figures takes, but for its texts.
const ENTITY_BYTES: usize = 320;
/// As console-subscriber: longer durations are counted as this one, and as outliers.
const HISTOGRAM_MAX_NANOS: u64 = 1_000_000_000;

/// What one client has been sent.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    /// Until which fold.
    fold: u64,
    tasks: FxHashSet<TaskId>,
    resources: FxHashSet<ResourceId>,
    async_ops: FxHashSet<AsyncOpId>,
    /// Callsites by target; each is sent once.
    metadata: FxHashMap<String, u64>,
    lost: [u64; 2],
}

/// An update that is being put together, and those that are full.
#[derive(Debug, Default)]
struct Parts {
    done: Vec<Update>,
    current: Update,
    bytes: usize,
}

impl Parts {
    /// Where the next entity goes.
    fn room_for(&mut self, text_bytes: usize) -> &mut Update {
        if self.bytes >= PART_BYTES {
            self.done.push(std::mem::take(&mut self.current));
            self.bytes = 0;
        }
        self.bytes += ENTITY_BYTES + text_bytes;
        &mut self.current
    }

    fn finish(mut self, now: u64) -> Vec<Update> {
        self.done.push(self.current);
        for update in &mut self.done {
            update.now = Some(now);
        }
        self.done
    }
}

impl Publisher {
    /// Everything at first, then what changed: one update or, of much, several.
    pub(super) fn next(&mut self, live: &Live) -> Vec<Update> {
        let mut parts = Parts::default();
        for task in live.tasks_changed_since(self.fold) {
            self.task(task, &mut parts);
        }
        for resource in live.resources_changed_since(self.fold) {
            self.resource(resource, &mut parts);
        }
        for op in live.async_ops_changed_since(self.fold) {
            self.async_op(op, &mut parts);
        }
        let lost = live
            .losses()
            .filter(|loss| loss.cause != "budget")
            .fold([0, 0], |[tasks, others], loss| {
                [tasks + loss.tasks + loss.polls + loss.wakes, others + loss.others]
            });
        parts.current.tasks.dropped_events = lost[0] - self.lost[0].min(lost[0]);
        parts.current.resources.dropped_events = lost[1] - self.lost[1].min(lost[1]);
        self.lost = lost;
        self.fold = live.folds();
        parts.finish(live.now_unix_nanos())
    }

    /// The id of a callsite, which goes along if it is new.
    fn metadata(&mut self, name: &str, target: &str, update: &mut Update) -> u64 {
        if let Some(id) = self.metadata.get(target) {
            return *id;
        }
        let id = self.metadata.len() as u64 + 1;
        self.metadata.insert(target.to_owned(), id);
        update.metadata.push(Metadata {
            id,
            name: name.to_owned(),
            target: target.to_owned(),
            is_event: false,
            level: 4,
            field_names: Vec::new(),
        });
        id
    }

    fn task(&mut self, task: &Task, parts: &mut Parts) {
        let id = task.start.id;
        let texts = task.start.name.len() + task.start.type_name.len() + file_bytes(task.location.as_deref());
        let update = parts.room_for(texts);
        if self.tasks.insert(id) {
            let target = match task.start.kind {
                TaskKind::Blocking => "tokio::task::blocking",
                _ => "tokio::task",
            };
            let metadata = self.metadata("runtime.spawn", target, update);
            update.tasks.new.push(console::Task {
                id: id.0,
                metadata,
                fields: task_fields(task, metadata),
                location: location(task.location.as_deref()),
            });
        }
        update.tasks.stats.push((id.0, task_stats(task)));
        if task.end.is_some() {
            self.tasks.remove(&id);
        }
    }

    fn resource(&mut self, it: &Resource, parts: &mut Parts) {
        let id = it.start.id;
        let texts = it.start.name.len() + file_bytes(it.location.as_deref()) + 64 * it.attributes.len();
        let update = parts.room_for(texts);
        let target = match it.start.target.is_empty() {
            true => "wakeful::sync",
            false => &it.start.target,
        };
        let metadata = self.metadata("runtime.resource", target, update);
        if self.resources.insert(id) {
            update.resources.new.push(console::Resource {
                id: id.0,
                metadata,
                concrete_type: it.start.concrete_type.clone(),
                kind: match it.start.kind.as_str() {
                    "timer" => ResourceKind::Timer,
                    other => ResourceKind::Other(other.to_owned()),
                },
                location: location(it.location.as_deref()),
                parent: it.start.parent.map(|parent| parent.0),
                is_internal: it.start.is_internal,
            });
        }
        let mut attributes = attributes(&it.attributes, metadata);
        // The protocol has no place for who holds a resource; our client reads it from here, and a stock one shows it.
        let holders = it.holders.iter().filter_map(|holder| holder.task);
        attributes.extend(holders.map(|task| console::Attribute {
            field: field(console::HOLDER_ATTRIBUTE, readable(task), metadata),
            unit: String::new(),
        }));
        let stats = console::ResourceStats {
            created_at: Some(it.start.start_unix_nanos),
            dropped_at: it.end_unix_nanos,
            attributes,
        };
        update.resources.stats.push((id.0, stats));
        if it.end_unix_nanos.is_some() {
            self.resources.remove(&id);
        }
    }

    fn async_op(&mut self, it: &AsyncOp, parts: &mut Parts) {
        let id = it.op.id;
        let update = parts.room_for(it.op.source.len() + 64 * it.op.attributes.len());
        let metadata = self.metadata("runtime.resource.async_op", "tokio::util::trace", update);
        if self.async_ops.insert(id) {
            update.async_ops.new.push(console::AsyncOp {
                id: id.0,
                metadata,
                source: it.op.source.clone(),
                parent: it.op.parent.map(|parent| parent.0),
                resource: it.op.resource.0,
            });
        }
        let stats = console::AsyncOpStats {
            created_at: Some(it.op.start_unix_nanos),
            dropped_at: it.op.end_unix_nanos,
            task: it.op.task.map(|task| task.0),
            polls: console::PollStats {
                polls: it.op.polls,
                first_poll: None,
                last_poll_started: it.op.last_poll_start_unix_nanos,
                last_poll_ended: it.op.last_poll_end_unix_nanos,
                busy_nanos: it.op.busy_nanos,
            },
            attributes: attributes(&it.op.attributes, metadata),
        };
        update.async_ops.stats.push((id.0, stats));
        if it.op.end_unix_nanos.is_some() {
            self.async_ops.remove(&id);
        }
    }
}

/// The histograms of a task.
pub(super) fn details(task: &Task, now_unix_nanos: u64) -> TaskDetails {
    let histogram = |histogram: &wakeful_model::runtime::DurationHistogram| {
        let counted: Vec<(u64, u64)> = histogram
            .buckets
            .iter()
            .map(|bucket| (Bucket::start_nanos(bucket.index), bucket.count))
            .collect();
        let over = counted.iter().filter(|(nanos, _)| *nanos > HISTOGRAM_MAX_NANOS);
        console::DurationHistogram {
            raw: hdr::encode(&counted, HISTOGRAM_MAX_NANOS),
            max_nanos: HISTOGRAM_MAX_NANOS,
            high_outliers: over.map(|(_, count)| count).sum(),
            highest_outlier_nanos: Some(histogram.max_nanos).filter(|nanos| *nanos > HISTOGRAM_MAX_NANOS),
        }
    };
    TaskDetails {
        task: task.start.id.0,
        now: Some(now_unix_nanos),
        poll_times: task.sums.as_ref().map(|sums| histogram(&sums.poll_times)),
        scheduled_times: task.sums.as_ref().map(|sums| histogram(&sums.scheduled_times)),
    }
}

fn file_bytes(location: Option<&Location>) -> usize {
    location.map_or(0, |location| location.file.len())
}

fn location(location: Option<&Location>) -> Option<console::Location> {
    location.map(|location| console::Location {
        file: location.file.clone(),
        module_path: String::new(),
        line: location.line,
        column: location.column,
    })
}

fn field(name: &str, value: FieldValue, metadata: u64) -> console::Field {
    console::Field {
        name: Some(FieldName::Text(name.to_owned())),
        value: Some(value),
        metadata,
    }
}

/// An id that people can read: Tokio's number, or ours as it is shown.
fn readable(id: TaskId) -> FieldValue {
    match id.is_own() {
        true => FieldValue::Text(id.to_string()),
        false => FieldValue::U64(id.0),
    }
}

fn task_fields(task: &Task, metadata: u64) -> Vec<console::Field> {
    let start = &task.start;
    let id_field = if start.id.is_own() {
        console::OWN_ID_FIELD
    } else {
        "task.id"
    };
    let mut fields = vec![
        field(id_field, readable(start.id), metadata),
        field("kind", FieldValue::Text(start.kind.name().to_owned()), metadata),
    ];
    let texts = [("task.name", &start.name), ("fn", &start.type_name)];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        fields.push(field(name, FieldValue::Text(text.clone()), metadata));
    }
    let sizes = [
        ("size.bytes", start.stored_bytes.or(start.future_bytes)),
        // Told where it is known to be another one: in a box.
        (
            "original_size.bytes",
            start
                .stored_bytes
                .and(start.future_bytes)
                .filter(|bytes| Some(*bytes) != start.stored_bytes),
        ),
    ];
    for (name, bytes) in sizes {
        if let Some(bytes) = bytes {
            fields.push(field(name, FieldValue::U64(bytes), metadata));
        }
    }
    fields
}

fn task_stats(task: &Task) -> console::TaskStats {
    let sums = task.sums.clone().unwrap_or_default();
    // A task of which no wakers are known has one, as far as a client can tell: without any it would call an idle task lost.
    let wakers = sums.wakers.unwrap_or(wakeful_model::runtime::WakerSums {
        clones: 1,
        ..wakeful_model::runtime::WakerSums::default()
    });
    console::TaskStats {
        created_at: Some(task.start.start_unix_nanos),
        dropped_at: task.end.as_ref().map(|end| end.end_unix_nanos),
        wakes: wakers.wakes,
        waker_clones: wakers.clones,
        waker_drops: wakers.drops,
        last_wake: wakers.last_wake_unix_nanos,
        polls: console::PollStats {
            polls: sums.polls,
            first_poll: sums.first_poll_unix_nanos,
            last_poll_started: sums.last_poll_start_unix_nanos,
            last_poll_ended: sums.last_poll_end_unix_nanos,
            busy_nanos: sums.busy_nanos,
        },
        self_wakes: wakers.self_wakes,
        scheduled_nanos: sums.scheduled_nanos.unwrap_or(0),
    }
}

fn attributes(attributes: &[StateAttribute], metadata: u64) -> Vec<console::Attribute> {
    let attribute = |it: &StateAttribute| console::Attribute {
        field: field(
            &it.key,
            match &it.value {
                StateValue::Text(text) => FieldValue::Debug(text.clone()),
                StateValue::Bool(yes) => FieldValue::Bool(*yes),
                StateValue::Int(number) => FieldValue::I64(*number),
            },
            metadata,
        ),
        unit: it.unit.clone(),
    };
    attributes.iter().map(attribute).collect()
}
