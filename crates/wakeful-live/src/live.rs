//! The state of one program, and how batches change it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_model::Resource as Program;
use wakeful_model::runtime::{
    self, AsyncOpId, Gap, Insight, Location, LocationIndex, LocationSums, Loss, ResourceId, Runtime,
    RuntimeBatch, RuntimeId, RuntimeMetrics, TaskEnd, TaskId, TaskKind, TaskStart, Thread, ThreadId,
};

use crate::resource::{AsyncOp, Holding, Pressure, Resource};
use crate::site::Site;
use crate::task::Task;

/// Figures of a runtime that are remembered: two minutes, once a second.
const METRICS_MAX: usize = 120;

/// More tasks, resources or waits than these are not known one by one: what a program says of itself must not fill the memory
/// of who listens.
const THINGS_MAX: usize = 200_000;
const RUNTIMES_MAX: usize = 1_000;
const THREADS_MAX: usize = 20_000;
const PLACES_MAX: usize = 20_000;
const LOSSES_MAX: usize = 100;

/// A runtime, and its figures of late.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuntimeState {
    /// The runtime.
    pub runtime: Runtime,
    /// Oldest first.
    pub metrics: VecDeque<RuntimeMetrics>,
}

/// What a program's runtimes are like now, as far as it has told.
#[derive(Debug, Clone, Default)]
pub struct Live {
    program: Program,
    insight: Insight,
    gaps: Vec<Gap>,
    now: u64,
    folds: u64,
    pub(crate) tasks: BTreeMap<TaskId, Task>,
    pub(crate) resources: BTreeMap<ResourceId, Resource>,
    pub(crate) async_ops: BTreeMap<AsyncOpId, AsyncOp>,
    pub(crate) runtimes: BTreeMap<RuntimeId, RuntimeState>,
    threads: BTreeMap<ThreadId, Thread>,
    sites: FxHashMap<(Option<Arc<Location>>, TaskKind), Site>,
    losses: BTreeMap<String, Loss>,
    /// Each location once, however many tasks were spawned there.
    locations: FxHashMap<Location, Arc<Location>>,
    pub(crate) untold: u64,
    /// The fold that last made room.
    room_made: u64,
    /// What it takes in memory.
    pub(crate) bytes: usize,
}

/// How many tasks of a place are alive at the end of a stretch of time, over the runtimes that a batch tells of one by one.
#[derive(Default)]
struct Alive(FxHashMap<PlaceAndEnd, BTreeMap<Option<RuntimeId>, u64>>);

/// Where tasks were spawned, and when the stretch of time ends, Unix nanoseconds.
type PlaceAndEnd = (Option<LocationIndex>, TaskKind, u64);

impl Alive {
    /// Takes in those of one runtime, and gives those of all that were told so far.
    fn add(&mut self, sums: &LocationSums) -> u64 {
        let place = (sums.location, sums.kind, sums.to_unix_nanos);
        let runtimes = self.0.entry(place).or_default();
        runtimes.insert(sums.runtime, sums.alive);
        runtimes.values().fold(0, |all, alive| all.saturating_add(*alive))
    }
}

/// Whether a key is known, or may become so.
fn has_room<K: Ord, V>(all: &BTreeMap<K, V>, key: K, most: usize) -> bool {
    all.len() < most || all.contains_key(&key)
}

impl Live {
    /// Takes in what a program reports.
    pub fn fold(&mut self, batch: &RuntimeBatch) {
        self.folds += 1;
        self.program = batch.resource.clone();
        self.insight = batch.insight;
        self.gaps.clone_from(&batch.gaps);
        self.now = self.now.max(batch.to_unix_nanos);
        let places: Vec<_> = batch
            .locations
            .iter()
            .map(|location| self.location(location))
            .collect();
        let place = |index: Option<LocationIndex>| -> Option<Arc<Location>> {
            places.get(index?.0 as usize).cloned()
        };

        for runtime in &batch.runtimes {
            if !has_room(&self.runtimes, runtime.id, RUNTIMES_MAX) {
                continue;
            }
            self.runtimes.entry(runtime.id).or_default().runtime = runtime.clone();
        }
        for thread in &batch.threads {
            if !has_room(&self.threads, thread.id, THREADS_MAX) {
                continue;
            }
            self.threads.insert(thread.id, thread.clone());
        }
        for start in &batch.task_starts {
            self.task_start(start, place(start.location), !batch.location_sums.is_empty());
        }
        for poll in &batch.polls {
            self.change_task(poll.task, |task| task.poll(poll.clone()));
        }
        for wake in &batch.wakes {
            self.change_task(wake.task, |task| task.wake(wake.clone()));
        }
        for sums in &batch.task_sums {
            self.change_task(sums.task, |task| task.totals(sums.clone()));
        }
        for end in &batch.task_ends {
            self.task_end(end, !batch.location_sums.is_empty());
        }
        let mut alive = Alive::default();
        for sums in &batch.location_sums {
            self.site_sums(sums, alive.add(sums), place(sums.location));
        }
        for start in &batch.resource_starts {
            if !self.has_room_for_resource(start.id) {
                self.untold += 1;
                continue;
            }
            let resource = self
                .resources
                .entry(start.id)
                .or_insert_with(|| Resource::new(start.clone(), place(start.location)));
            resource.changed = self.folds;
        }
        for state in &batch.resource_states {
            self.resource_state(state, &place);
        }
        for end in &batch.resource_ends {
            if let Some(resource) = self.resources.get_mut(&end.id) {
                resource.end_unix_nanos = Some(end.end_unix_nanos);
                resource.changed = self.folds;
            }
        }
        for op in &batch.async_ops {
            if !self.has_room_for_op(op.id) {
                self.untold += 1;
                continue;
            }
            let mut new = AsyncOp::new(op.clone(), place(op.location));
            new.changed = self.folds;
            self.async_ops.insert(op.id, new);
        }
        self.end_waits(batch);
        for metrics in &batch.metrics {
            if !has_room(&self.runtimes, metrics.runtime, RUNTIMES_MAX) {
                continue;
            }
            let recent = &mut self.runtimes.entry(metrics.runtime).or_default().metrics;
            if recent.len() == METRICS_MAX {
                recent.pop_front();
            }
            recent.push_back(metrics.clone());
        }
        for loss in &batch.losses {
            if self.losses.len() >= LOSSES_MAX && !self.losses.contains_key(&loss.cause) {
                continue;
            }
            let sum = self.losses.entry(loss.cause.clone()).or_default();
            sum.cause.clone_from(&loss.cause);
            sum.polls = sum.polls.saturating_add(loss.polls);
            sum.wakes = sum.wakes.saturating_add(loss.wakes);
            sum.tasks = sum.tasks.saturating_add(loss.tasks);
            sum.others = sum.others.saturating_add(loss.others);
        }
        self.tick(self.now);
        self.keep_within_bounds();
    }

    /// Lets time pass without news, so that running times grow. Time does not go backwards.
    pub fn tick(&mut self, now_unix_nanos: u64) {
        self.now = self.now.max(now_unix_nanos);
        for task in self.tasks.values_mut() {
            task.now = self.now;
        }
        for resource in self.resources.values_mut() {
            resource.now = self.now;
        }
        for op in self.async_ops.values_mut() {
            op.now = self.now;
        }
        for site in self.sites.values_mut() {
            site.sample(self.now);
        }
    }

    fn has_room_for_task(&mut self) -> bool {
        if self.tasks.len() >= THINGS_MAX {
            self.make_room();
        }
        self.tasks.len() < THINGS_MAX
    }

    fn has_room_for_resource(&mut self, id: ResourceId) -> bool {
        if !has_room(&self.resources, id, THINGS_MAX) {
            self.make_room();
        }
        has_room(&self.resources, id, THINGS_MAX)
    }

    fn has_room_for_op(&mut self, id: AsyncOpId) -> bool {
        if !has_room(&self.async_ops, id, THINGS_MAX) {
            self.make_room();
        }
        has_room(&self.async_ops, id, THINGS_MAX)
    }

    /// Forgets what was over first: what is new is worth more. Once a fold is enough, since it takes a look at everything.
    fn make_room(&mut self) {
        if self.room_made != self.folds {
            self.room_made = self.folds;
            self.forget_half();
        }
    }

    fn location(&mut self, location: &Location) -> Arc<Location> {
        if let Some(known) = self.locations.get(location) {
            return known.clone();
        }
        let new = Arc::new(location.clone());
        if self.locations.len() < PLACES_MAX {
            self.locations.insert(location.clone(), new.clone());
        }
        new
    }

    fn task_start(&mut self, start: &TaskStart, location: Option<Arc<Location>>, sums_follow: bool) {
        // One that is alive may be told again.
        if let Some(task) = self.tasks.get_mut(&start.id) {
            task.changed = self.folds;
            return;
        }
        if !sums_follow {
            let site = self.site(location.clone(), start.kind);
            site.started += 1;
            site.alive += 1;
        }
        if !self.has_room_for_task() {
            self.untold += 1;
            return;
        }
        let mut task = Task::new(start.clone(), location);
        task.changed = self.folds;
        task.now = self.now;
        self.tasks.insert(start.id, task);
    }

    fn task_end(&mut self, end: &TaskEnd, sums_follow: bool) {
        let Some(task) = self.tasks.get_mut(&end.id).filter(|task| task.end.is_none()) else {
            return;
        };
        task.end = Some(end.clone());
        task.changed = self.folds;
        if !sums_follow {
            let (location, kind) = (task.location.clone(), task.start.kind);
            let site = self.site(location, kind);
            site.ended += 1;
            site.alive = site.alive.saturating_sub(1);
        }
    }

    /// Nobody waits for what is gone, and who is gone does not wait, whether or not the end of the wait was told.
    fn end_waits(&mut self, batch: &RuntimeBatch) {
        if batch.resource_ends.is_empty() && batch.task_ends.is_empty() {
            return;
        }
        let resources: FxHashMap<_, _> = batch
            .resource_ends
            .iter()
            .map(|end| (end.id, end.end_unix_nanos))
            .collect();
        let tasks: FxHashMap<_, _> = batch
            .task_ends
            .iter()
            .map(|end| (end.id, end.end_unix_nanos))
            .collect();
        let open = self.async_ops.values_mut();
        for op in open.filter(|op| op.op.end_unix_nanos.is_none()) {
            let of_task = op.op.task.and_then(|task| tasks.get(&task));
            if let Some(end) = resources.get(&op.op.resource).or(of_task) {
                op.op.end_unix_nanos = Some(*end);
                op.changed = self.folds;
            }
        }
    }

    fn site(&mut self, location: Option<Arc<Location>>, kind: TaskKind) -> &mut Site {
        // Of more places than anybody reads, the rest are one.
        let is_full = self.sites.len() >= PLACES_MAX && !self.sites.contains_key(&(location.clone(), kind));
        let location = location.filter(|_| !is_full);
        self.sites
            .entry((location.clone(), kind))
            .or_insert_with(|| Site::new(location, kind))
    }

    fn site_sums(&mut self, sums: &LocationSums, alive: u64, location: Option<Arc<Location>>) {
        self.site(location, sums.kind).add(sums, alive);
    }

    fn change_task(&mut self, id: TaskId, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.changed = self.folds;
            change(task);
        }
    }

    fn resource_state(
        &mut self,
        state: &runtime::ResourceState,
        place: &dyn Fn(Option<LocationIndex>) -> Option<Arc<Location>>,
    ) {
        let Some(resource) = self.resources.get_mut(&state.resource) else {
            return;
        };
        if let (Some(now), Some(then)) = (&state.contention, &resource.contention) {
            resource.pressure = Some(Pressure {
                from_unix_nanos: resource.state_at,
                to_unix_nanos: state.at_unix_nanos,
                waited_nanos: now.waited_nanos.saturating_sub(then.waited_nanos),
            });
        }
        resource.state_at = state.at_unix_nanos;
        resource.attributes.clone_from(&state.attributes);
        resource.waiters = state.waiters;
        resource.contention.clone_from(&state.contention);
        resource.hold_times.merge(&state.hold_times);
        resource.holders = state
            .holders
            .iter()
            .map(|holder| Holding {
                task: holder.task,
                since_unix_nanos: holder.since_unix_nanos,
                location: place(holder.location),
                how: holder.how.clone(),
            })
            .collect();
        resource.changed = self.folds;
    }

    /// Which program it is, in OpenTelemetry's words.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// How deep the program can look into its runtimes.
    pub fn insight(&self) -> Insight {
        self.insight
    }

    /// What it cannot see, and what would change that.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The moment that this is the present of, in Unix nanoseconds; 0 before the first batch.
    pub fn now_unix_nanos(&self) -> u64 {
        self.now
    }

    /// How many batches were taken in.
    pub fn folds(&self) -> u64 {
        self.folds
    }

    /// All tasks, by id; finished ones until they are forgotten.
    pub fn tasks(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.tasks.values()
    }

    /// One task.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// All resources, by id; dropped ones until they are forgotten.
    pub fn resources(&self) -> impl DoubleEndedIterator<Item = &Resource> {
        self.resources.values()
    }

    /// One resource.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(&id)
    }

    /// All async operations, by id; those that ended until they are forgotten.
    pub fn async_ops(&self) -> impl DoubleEndedIterator<Item = &AsyncOp> {
        self.async_ops.values()
    }

    /// One async operation.
    pub fn async_op(&self, id: AsyncOpId) -> Option<&AsyncOp> {
        self.async_ops.get(&id)
    }

    /// All runtimes, by id.
    pub fn runtimes(&self) -> impl Iterator<Item = &RuntimeState> {
        self.runtimes.values()
    }

    /// All threads, by id.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> {
        self.threads.values()
    }

    /// One thread.
    pub fn thread(&self, id: ThreadId) -> Option<&Thread> {
        self.threads.get(&id)
    }

    /// Where tasks are spawned, in no order.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values()
    }

    /// Tasks, resources and waits that are not known here because there are too many.
    pub fn untold(&self) -> u64 {
        self.untold
    }

    /// Records that are missing, by cause.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.losses.values()
    }

    /// Tasks that a fold after the given one changed.
    pub fn tasks_changed_since(&self, fold: u64) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(move |task| task.changed > fold)
    }

    /// Resources that a fold after the given one changed.
    pub fn resources_changed_since(&self, fold: u64) -> impl Iterator<Item = &Resource> {
        self.resources.values().filter(move |it| it.changed > fold)
    }

    /// Operations that a fold after the given one changed.
    pub fn async_ops_changed_since(&self, fold: u64) -> impl Iterator<Item = &AsyncOp> {
        self.async_ops.values().filter(move |op| op.changed > fold)
    }
}
