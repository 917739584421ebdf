//! A recorder whose batches are kept, and what is found in them.

#![allow(dead_code, reason = "every test program has its own use of it")]

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use expect_test::Expect;
use tokio::runtime::{Builder, Runtime};
use wakeful_export::{Exporter, Settings};
use wakeful_model::runtime::{
    AsyncOp, Poll, ResourceId, ResourceState, RuntimeBatch, StateValue, TaskEndKind, TaskStart, TaskSums,
    Wake,
};
use wakeful_subscriber::Recorder;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A recorder's batches, all that it made.
pub(crate) struct Watch {
    pub(crate) exporter: Exporter,
    pub(crate) batches: Arc<Mutex<Vec<RuntimeBatch>>>,
}

/// The recorder of this process. One test at a time, so that each has its own tasks in the batches.
pub(crate) fn watch() -> (MutexGuard<'static, ()>, &'static Watch) {
    static ONE: Mutex<()> = Mutex::new(());
    static WATCH: OnceLock<Watch> = OnceLock::new();
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let watch = WATCH.get_or_init(|| {
        let (recorder, watch) = Watch::new(|_| {});
        assert!(wakeful_tokio::install(&recorder));
        watch
    });
    (one, watch)
}

impl Watch {
    pub(crate) fn new(change: impl FnOnce(&mut Settings)) -> (Recorder, Self) {
        let mut settings = Settings::default();
        settings.traces.exporters.clear();
        change(&mut settings);
        let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
        let exporter = Exporter::start(&settings, drain).unwrap();
        let batches = Arc::new(Mutex::new(Vec::new()));
        let seen = batches.clone();
        exporter.tap_runtimes(move |batch| seen.lock().unwrap().push(batch.clone()));
        let of = recorder.clone();
        exporter.sample_runtimes(move |telling, batch, locations| {
            wakeful_tokio::sample(&of, telling, batch, locations);
        });
        (recorder, Self { exporter, batches })
    }

    /// A recorder of what this thread spawns and polls.
    pub(crate) fn here(change: impl FnOnce(&mut Settings)) -> (Recorder, Self) {
        let (recorder, watch) = Self::new(change);
        assert!(wakeful_tokio::install_here(&recorder));
        (recorder, watch)
    }

    /// What is found in the batches, as soon as it is there.
    pub(crate) fn until<R>(&self, found: impl Fn(&[RuntimeBatch]) -> Option<R>) -> R {
        let began = Instant::now();
        loop {
            self.exporter.flush_blocking(DEADLINE);
            let batches = self.batches.lock().unwrap().clone();
            if let Some(found) = found(&batches) {
                return found;
            }
            assert!(began.elapsed() < DEADLINE, "not there: {batches:#?}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// All that is told of the latest task of that name, once what was recorded so far is in the batches.
    pub(crate) fn task(&self, name: &str) -> Told {
        self.exporter.flush_blocking(DEADLINE);
        let batches = self.batches.lock().unwrap();
        told(&batches, |start| start.name == name).unwrap()
    }
}

/// All that is told of the latest task that is wanted.
pub(crate) fn told(batches: &[RuntimeBatch], is_wanted: impl Fn(&TaskStart) -> bool) -> Option<Told> {
    let mut starts = batches.iter().flat_map(|batch| &batch.task_starts);
    let start = starts.rfind(|start| is_wanted(start))?;
    let id = start.id;
    let location = batches
        .iter()
        .find(|batch| batch.task_starts.iter().any(|start| start.id == id))
        .and_then(|batch| batch.location(start.location?))?;
    Some(Told {
        start: start.clone(),
        file: location.file.clone(),
        line: location.line,
        sums: batches
            .iter()
            .flat_map(|batch| &batch.task_sums)
            .rfind(|sums| sums.task == id)?
            .clone(),
        polls: of(batches, |batch| &batch.polls, |poll| poll.task == id),
        wakes: of(batches, |batch| &batch.wakes, |wake| wake.task == id),
        end: of(batches, |batch| &batch.task_ends, |end| end.id == id)
            .first()
            .map(|end| end.kind),
    })
}

/// Whether a task was spawned at that line of that file.
pub(crate) fn is_at(batches: &[RuntimeBatch], start: &TaskStart, file: &str, line: u32) -> bool {
    let mut batches = batches.iter();
    let batch = batches.find(|batch| batch.task_starts.iter().any(|it| it.id == start.id));
    let location = batch.and_then(|batch| batch.location(start.location?));
    location.is_some_and(|location| location.file.ends_with(file) && location.line == line)
}

pub(crate) fn of<T: Clone>(
    batches: &[RuntimeBatch],
    items: impl Fn(&RuntimeBatch) -> &Vec<T>,
    wanted: impl Fn(&T) -> bool,
) -> Vec<T> {
    let all = batches.iter().flat_map(|batch| items(batch).iter());
    all.filter(|item| wanted(item)).cloned().collect()
}

/// What is told of a task.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) start: TaskStart,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) sums: TaskSums,
    pub(crate) polls: Vec<Poll>,
    pub(crate) wakes: Vec<Wake>,
    pub(crate) end: Option<TaskEndKind>,
}

impl Told {
    /// Counts that are the same each time.
    pub(crate) fn counts(&self) -> String {
        let wakers = self.sums.wakers.clone().unwrap_or_default();
        format!(
            "{:?} polls={} whole={} wakes={} self={} live={} end={:?}",
            self.start.kind,
            self.sums.polls,
            self.polls.len(),
            wakers.wakes,
            wakers.self_wakes,
            wakers.clones - wakers.drops,
            self.end,
        )
    }

    /// How long a task slept that began to in its first poll: idle, or still in that poll if its thread lost its processor there.
    pub(crate) fn slept(&self) -> Duration {
        let [first, .., last] = self.polls.as_slice() else {
            panic!("less than two polls: {self:?}")
        };
        let alive = last.end_unix_nanos() - first.start_unix_nanos;
        let scheduled: u64 = self.polls[1..]
            .iter()
            .filter_map(|poll| poll.scheduled_nanos)
            .sum();
        let busy: u64 = self.polls[1..].iter().map(|poll| poll.duration_nanos).sum();
        Duration::from_nanos(alive - scheduled - busy)
    }
}

/// A resource as it is told of last, in words: its type and name, what it says of itself, and the waits that go on.
pub(crate) fn resource(batches: &[RuntimeBatch], id: ResourceId) -> Option<String> {
    let starts = || batches.iter().flat_map(|batch| &batch.resource_starts);
    let start = starts().find(|start| start.id == id)?;
    let states = || batches.iter().flat_map(|batch| &batch.resource_states);
    let state = states().rfind(|state| state.resource == id)?;
    let waits: Vec<String> = waits(batches, id)
        .iter()
        .map(|op| format!("{} polls={}", op.source, op.polls))
        .collect();
    Some(format!(
        "{} {}: {}; {} wait: {}",
        start.concrete_type,
        start.name,
        attributes(state),
        state.waiters,
        waits.join(", ")
    ))
}

fn attributes(state: &ResourceState) -> String {
    let words = state.attributes.iter().map(|attribute| match &attribute.value {
        StateValue::Text(text) => format!("{}={text}", attribute.key),
        StateValue::Bool(is) => format!("{}={is}", attribute.key),
        StateValue::Int(number) => format!("{}={number}", attribute.key),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The waits for a resource that go on, as they are told of last.
pub(crate) fn waits(batches: &[RuntimeBatch], id: ResourceId) -> Vec<AsyncOp> {
    let ops = of(batches, |batch| &batch.async_ops, |op| op.resource == id);
    let latest = |op: &AsyncOp| ops.iter().rfind(|other| other.id == op.id).cloned();
    let mut open: Vec<AsyncOp> = ops
        .iter()
        .filter_map(latest)
        .filter(|op| op.end_unix_nanos.is_none())
        .collect();
    open.sort_by_key(|op| op.id);
    open.dedup_by_key(|op| op.id);
    open
}

/// A resource of that name.
pub(crate) fn resource_named(batches: &[RuntimeBatch], name: &str) -> Option<ResourceId> {
    let mut starts = batches.iter().flat_map(|batch| &batch.resource_starts);
    starts.find(|start| start.name == name).map(|start| start.id)
}

/// Waits until a resource is told of in those words, and shows the last ones if that does not come.
pub(crate) fn seen(name: &str, expected: &Expect) {
    let (_one, watch) = watch();
    let began = Instant::now();
    let words = watch.until(|batches| {
        let words = resource(batches, resource_named(batches, name)?)?;
        (words == expected.data || began.elapsed() > DEADLINE / 2).then_some(words)
    });
    expected.assert_eq(&words);
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

pub(crate) fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
