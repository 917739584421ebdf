//! From tokio-console's updates to what everything else of wakeful reads.

mod fields;
mod tables;

use rustc_hash::FxHashMap;
use wakeful_model::Resource;
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Gap, Holder, Insight, Loss, ResourceEnd, ResourceId, ResourceStart, ResourceState,
    RuntimeBatch, StateAttribute, TaskEnd, TaskEndKind, TaskId, TaskStart, TaskSums, WakerSums,
};

use super::entities::{self, Metadata, ResourceKind, TaskStats};
use super::update::{TaskDetails, Update};
use fields::{TaskFields, histogram, holder, state_attributes};
use tables::{Ids, Locations};

/// Turns the updates of one connection to one program into batches.
///
/// The program uses ids again; a reader gives each task the number that Tokio gave it (or one from 2⁶³ on), each resource and
/// operation a number of its own, and never one twice. It remembers what is alive, and nothing else.
#[derive(Debug)]
pub struct Reader {
    program: Resource,
    metadata: FxHashMap<u64, Metadata>,
    tasks: Ids<TaskId>,
    resources: Ids<ResourceId>,
    async_ops: Ids<AsyncOpId>,
    /// Figures of live tasks: histograms come by themselves, and are kept here until the next ones come.
    sums: FxHashMap<TaskId, TaskSums>,
    /// What is known of live operations before their next figures come.
    ops: FxHashMap<AsyncOpId, AsyncOp>,
    /// Who has which resource, where the program says so.
    holders: FxHashMap<ResourceId, Vec<Holder>>,
    /// Until when the last update went.
    read_until: u64,
}

impl Reader {
    /// A reader of the updates of `program`: what is known of it, since the protocol does not say who is speaking.
    pub fn new(program: Resource) -> Self {
        Self {
            program,
            metadata: FxHashMap::default(),
            tasks: Ids::from(TaskId::OWN_FIRST),
            resources: Ids::from(1),
            async_ops: Ids::from(1),
            sums: FxHashMap::default(),
            ops: FxHashMap::default(),
            holders: FxHashMap::default(),
            read_until: 0,
        }
    }

    /// The id of a task's span, by which the program is asked for its details.
    pub fn span_of(&self, task: TaskId) -> Option<u64> {
        self.tasks.span(task)
    }

    /// Reads an update.
    pub fn update(&mut self, update: Update) -> RuntimeBatch {
        let now = update.now.unwrap_or(self.read_until);
        let mut batch = self.batch(now);
        let mut locations = Locations::default();
        for metadata in update.metadata {
            self.metadata.insert(metadata.id, metadata);
        }
        self.task_starts(update.tasks.new, &update.tasks.stats, &mut locations, &mut batch);
        for (span, stats) in update.tasks.stats {
            self.task_sums(span, stats, &mut batch);
        }
        self.resource_starts(
            update.resources.new,
            &update.resources.stats,
            &mut locations,
            &mut batch,
        );
        self.async_ops(update.async_ops.new, update.async_ops.stats, &mut batch);
        for poll in update.resources.poll_ops.iter().filter(|poll| poll.is_ready) {
            self.ready(poll.async_op, &mut batch);
        }
        self.resource_states(update.resources.stats, now, &mut batch);
        let losses = [
            update.tasks.dropped_events,
            update.resources.dropped_events,
            update.async_ops.dropped_events,
        ];
        if losses.iter().any(|lost| *lost > 0) {
            let [tasks, resources, async_ops] = losses;
            batch.losses.push(Loss {
                cause: "console_dropped".to_owned(),
                tasks,
                others: resources.saturating_add(async_ops),
                ..Loss::default()
            });
        }
        batch.locations = locations.into_list();
        batch
    }

    /// Reads the details of a task; `None` if the task is gone.
    pub fn details(&mut self, details: &TaskDetails) -> Option<RuntimeBatch> {
        let task = self.tasks.get(details.task)?;
        let sums = self.sums.get_mut(&task)?;
        sums.poll_times = details.poll_times.as_ref().map(histogram).unwrap_or_default();
        sums.scheduled_times = details
            .scheduled_times
            .as_ref()
            .map(histogram)
            .unwrap_or_default();
        let sums = sums.clone();
        let mut batch = self.batch(details.now.unwrap_or(self.read_until));
        batch.task_sums.push(sums);
        Some(batch)
    }

    fn batch(&mut self, now: u64) -> RuntimeBatch {
        let from = match self.read_until {
            0 => now,
            until => until.min(now),
        };
        self.read_until = now.max(self.read_until);
        RuntimeBatch {
            resource: self.program.clone(),
            from_unix_nanos: from,
            to_unix_nanos: self.read_until,
            insight: Insight::Tracing,
            gaps: vec![Gap {
                missing: "who woke a task, single polls, threads, holders of locks".to_owned(),
                remedy: "console-subscriber does not send them; record with wakeful instead".to_owned(),
            }],
            ..RuntimeBatch::default()
        }
    }

    fn task_starts(
        &mut self,
        new: Vec<entities::Task>,
        stats: &[(u64, TaskStats)],
        locations: &mut Locations,
        batch: &mut RuntimeBatch,
    ) {
        let created: FxHashMap<u64, Option<u64>> =
            stats.iter().map(|(id, stats)| (*id, stats.created_at)).collect();
        for task in new {
            let created_at = created.get(&task.id).copied().flatten();
            if self.tasks.knows(task.id, created_at) {
                continue;
            }
            let metadata = self.metadata.get(&task.metadata);
            let fields = TaskFields::read(&task.fields, metadata);
            // The span's id may have been another task's, whose end got lost.
            if let Some(former) = self.tasks.get(task.id) {
                self.end_task(task.id, former, batch.to_unix_nanos, batch);
            }
            let id = self.tasks.insert(task.id, created_at, fields.task_id, TaskId);
            batch.task_starts.push(TaskStart {
                id,
                start_unix_nanos: created_at.unwrap_or(batch.to_unix_nanos),
                location: task.location.and_then(|location| locations.index(location)),
                name: fields.name,
                kind: fields.kind,
                type_name: fields.type_name,
                future_bytes: fields.original_bytes.or(fields.bytes),
                stored_bytes: fields.bytes,
                ..TaskStart::default()
            });
        }
    }

    fn end_task(&mut self, span: u64, task: TaskId, at: u64, batch: &mut RuntimeBatch) {
        batch.task_ends.push(TaskEnd {
            id: task,
            end_unix_nanos: at,
            kind: TaskEndKind::Unknown,
        });
        self.tasks.remove(span);
        self.sums.remove(&task);
    }

    fn task_sums(&mut self, span: u64, stats: TaskStats, batch: &mut RuntimeBatch) {
        let Some(task) = self.tasks.get(span) else {
            return;
        };
        let former = self.sums.remove(&task).unwrap_or_default();
        let sums = TaskSums {
            task,
            polls: stats.polls.polls,
            busy_nanos: stats.polls.busy_nanos,
            scheduled_nanos: Some(stats.scheduled_nanos),
            first_poll_unix_nanos: stats.polls.first_poll,
            last_poll_start_unix_nanos: stats.polls.last_poll_started,
            last_poll_end_unix_nanos: stats.polls.last_poll_ended,
            wakers: Some(WakerSums {
                wakes: stats.wakes,
                self_wakes: stats.self_wakes,
                clones: stats.waker_clones,
                drops: stats.waker_drops,
                last_wake_unix_nanos: stats.last_wake,
            }),
            poll_times: former.poll_times,
            scheduled_times: former.scheduled_times,
        };
        batch.task_sums.push(sums.clone());
        match stats.dropped_at {
            Some(at) => self.end_task(span, task, at, batch),
            None => drop(self.sums.insert(task, sums)),
        }
    }

    fn resource_starts(
        &mut self,
        new: Vec<entities::Resource>,
        stats: &[(u64, entities::ResourceStats)],
        locations: &mut Locations,
        batch: &mut RuntimeBatch,
    ) {
        let created: FxHashMap<u64, Option<u64>> =
            stats.iter().map(|(id, stats)| (*id, stats.created_at)).collect();
        for resource in new {
            let created_at = created.get(&resource.id).copied().flatten();
            if self.resources.knows(resource.id, created_at) {
                continue;
            }
            if let Some(id) = self.resources.remove(resource.id) {
                let end_unix_nanos = batch.to_unix_nanos;
                batch.resource_ends.push(ResourceEnd { id, end_unix_nanos });
            }
            let parent = resource.parent.and_then(|parent| self.resources.get(parent));
            let target = self.metadata.get(&resource.metadata).map(|it| it.target.clone());
            batch.resource_starts.push(ResourceStart {
                id: self.resources.insert(resource.id, created_at, None, ResourceId),
                start_unix_nanos: created_at.unwrap_or(batch.to_unix_nanos),
                kind: match resource.kind {
                    ResourceKind::Timer => "timer".to_owned(),
                    ResourceKind::Other(name) => name,
                },
                concrete_type: resource.concrete_type,
                target: target.unwrap_or_default(),
                name: String::new(),
                location: resource.location.and_then(|location| locations.index(location)),
                parent,
                is_internal: resource.is_internal,
            });
        }
    }

    fn resource_states(
        &mut self,
        stats: Vec<(u64, entities::ResourceStats)>,
        now: u64,
        batch: &mut RuntimeBatch,
    ) {
        let mut waiters: FxHashMap<ResourceId, u64> = FxHashMap::default();
        for op in self.ops.values().filter(|op| !op.is_ready) {
            *waiters.entry(op.resource).or_default() += 1;
        }
        for (span, stats) in stats {
            let Some(resource) = self.resources.get(span) else {
                continue;
            };
            let (holders, attributes) = self.holders(resource, &stats.attributes, now);
            batch.resource_states.push(ResourceState {
                resource,
                at_unix_nanos: now,
                attributes,
                holders,
                waiters: waiters.get(&resource).copied().unwrap_or(0),
                ..ResourceState::default()
            });
            if let Some(end_unix_nanos) = stats.dropped_at {
                self.resources.remove(span);
                self.holders.remove(&resource);
                batch.resource_ends.push(ResourceEnd {
                    id: resource,
                    end_unix_nanos,
                });
            }
        }
    }

    /// Parts who holds a resource from what else is said of it. Since when is known from when it was first said.
    fn holders(
        &mut self,
        resource: ResourceId,
        attributes: &[entities::Attribute],
        now: u64,
    ) -> (Vec<Holder>, Vec<StateAttribute>) {
        let former = self.holders.remove(&resource).unwrap_or_default();
        let holder_of = |span: u64| {
            let task = self.tasks.get(span);
            let known = former.iter().find(|holder| holder.task == task);
            known.cloned().unwrap_or(Holder {
                task,
                since_unix_nanos: now,
                ..Holder::default()
            })
        };
        let spans = attributes.iter().filter_map(|it| holder(it, &self.metadata));
        let holders: Vec<Holder> = spans.map(holder_of).collect();
        let others = attributes
            .iter()
            .filter(|it| holder(it, &self.metadata).is_none());
        let attributes = state_attributes(others, &self.metadata);
        if !holders.is_empty() {
            self.holders.insert(resource, holders.clone());
        }
        (holders, attributes)
    }

    fn async_ops(
        &mut self,
        new: Vec<entities::AsyncOp>,
        stats: Vec<(u64, entities::AsyncOpStats)>,
        batch: &mut RuntimeBatch,
    ) {
        let created: FxHashMap<u64, Option<u64>> =
            stats.iter().map(|(id, stats)| (*id, stats.created_at)).collect();
        for op in new {
            let created_at = created.get(&op.id).copied().flatten();
            if self.async_ops.knows(op.id, created_at) {
                continue;
            }
            if let Some(former) = self.async_ops.remove(op.id) {
                self.ops.remove(&former);
            }
            let Some(resource) = self.resources.get(op.resource) else {
                continue;
            };
            let parent = op.parent.and_then(|parent| self.async_ops.get(parent));
            let id = self.async_ops.insert(op.id, created_at, None, AsyncOpId);
            let known = AsyncOp {
                id,
                resource,
                parent,
                source: op.source,
                ..AsyncOp::default()
            };
            self.ops.insert(id, known);
        }
        for (span, stats) in stats {
            let Some(id) = self.async_ops.get(span) else {
                continue;
            };
            let Some(mut op) = self.ops.remove(&id) else {
                continue;
            };
            op.task = stats.task.and_then(|task| self.tasks.get(task)).or(op.task);
            op.start_unix_nanos = stats.created_at.unwrap_or(op.start_unix_nanos);
            op.end_unix_nanos = stats.dropped_at;
            op.polls = stats.polls.polls;
            op.busy_nanos = stats.polls.busy_nanos;
            op.last_poll_start_unix_nanos = stats.polls.last_poll_started;
            op.last_poll_end_unix_nanos = stats.polls.last_poll_ended;
            op.attributes = state_attributes(stats.attributes.iter(), &self.metadata);
            batch.async_ops.push(op.clone());
            match op.end_unix_nanos {
                Some(_) => drop(self.async_ops.remove(span)),
                None => drop(self.ops.insert(id, op)),
            }
        }
    }

    /// An operation got what it waited for.
    fn ready(&mut self, span: u64, batch: &mut RuntimeBatch) {
        let Some(op) = self.async_ops.get(span).and_then(|id| self.ops.get_mut(&id)) else {
            return;
        };
        if !std::mem::replace(&mut op.is_ready, true) {
            batch.async_ops.push(op.clone());
        }
    }
}
