//! Locks of real programs, and what a linter says of what they tell.

mod programs;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use wakeful::Guard;
use wakeful_live::{Finding, Lint, Linter, Live};
use wakeful_model::runtime::RuntimeBatch;
use wakeful_wire::frame::{self, Item, Kind, NO_KEY};

use crate::exporters::builder;
use crate::receiver::PATIENCE;

/// For how many seconds the correct programs run; a few if it is not set.
const SECONDS: &str = "WAKEFUL_LOCKS_SECONDS";

/// A program whose recorder appends what it tells to a file.
struct Program {
    guard: Guard,
    runtime: Runtime,
    path: PathBuf,
    _folder: TempDir,
}

impl Program {
    fn start(body: impl Future<Output = ()> + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording");
        let (_, guard) = builder(&[]).without_exporters().recording(&path).build().unwrap();
        let watch = guard.task_watch();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .on_thread_start(move || assert!(watch.begin_here()))
            .build()
            .unwrap();
        // On a worker, which has the recorder.
        runtime.block_on(runtime.spawn(body)).unwrap();
        Self {
            guard,
            runtime,
            path,
            _folder: folder,
        }
    }

    /// What it has told so far.
    fn told(&self) -> Vec<RuntimeBatch> {
        let bytes = std::fs::read(&self.path).unwrap();
        let (mut at, mut batches) = (0, Vec::new());
        // What is being written is not there yet.
        while let Item::Frame(frame) = frame::read_at(&bytes, at, NO_KEY) {
            if frame.kind == Kind::RuntimeBatch {
                batches.push(wakeful_wire::runtime::decode(frame.payload).unwrap());
            }
            at = frame.end;
        }
        batches
    }

    /// What it has told in the end.
    fn end(self) -> Vec<RuntimeBatch> {
        self.guard.flush_blocking(PATIENCE);
        self.told()
    }
}

/// Looks at what is found after each batch, as servers and terminals do.
fn each(batches: &[RuntimeBatch], mut look: impl FnMut(&Live, Vec<Finding>)) {
    let (mut live, linter) = (Live::default(), Linter::default());
    for batch in batches {
        live.fold(batch);
        look(&live, linter.check(&live));
    }
}

/// The first deadlock: its text, how long after its beginning it was found, and how many batches had told of both waits by then.
fn deadlock(batches: &[RuntimeBatch]) -> Option<(String, Duration, usize)> {
    let (mut found, mut told) = (None, 0);
    each(batches, |live, findings| {
        told += usize::from(live.async_ops().filter(|op| op.is_waiting()).count() == 2);
        let deadlock = findings
            .into_iter()
            .find(|finding| finding.lint == Lint::Deadlock);
        if let (Some(deadlock), None) = (deadlock, &found) {
            let after = Duration::from_nanos(live.now_unix_nanos() - deadlock.since_unix_nanos);
            let text = deadlock.tasks.iter().fold(deadlock.text, |text, task| {
                text.replace(&format!("task {task} "), "task N ")
            });
            found = Some((text, after, told));
        }
    });
    found
}

#[test]
fn a_deadlock_is_named_with_the_second_batch_that_tells_of_it() {
    let program = Program::start(programs::deadlock());
    let deadline = Instant::now() + 3 * PATIENCE;
    let (text, after, batches) = loop {
        if let Some(found) = deadlock(&program.told()) {
            break found;
        }
        assert!(Instant::now() < deadline, "no deadlock in {:#?}", program.told());
        program
            .runtime
            .block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
    };
    println!("found {} ms after it began", after.as_millis());
    assert_eq!(text, programs::deadlock_text());
    // Once a second there is one, so that is within two.
    assert!(batches <= 2, "{batches} batches had told of both waits");
}

/// A minute of it: `WAKEFUL_LOCKS_SECONDS=60 cargo test -p wakeful --test it locks -- --nocapture`.
#[test]
fn ten_correct_programs_that_lock_much_alarm_nobody() {
    let seconds = std::env::var(SECONDS).map_or(4, |text| text.parse().expect("whole seconds"));
    let program = Program::start(programs::correct(Duration::from_secs(seconds)));
    let batches = program.end();
    let mut alarms = BTreeSet::new();
    let (mut polls, mut contended) = (0, 0);
    each(&batches, |live, findings| {
        // Locks that are fought over and tasks that wake themselves are there; how long polls take is up to the machine.
        let is_alarm = |lint| matches!(lint, Lint::Deadlock | Lint::LostWaker | Lint::TaskLeak);
        let wrong = findings.into_iter().filter(|finding| is_alarm(finding.lint));
        alarms.extend(wrong.map(|finding| finding.text));
        polls = live.tasks().filter_map(wakeful_live::Task::polls_count).sum();
        let of = live.resources().filter_map(|lock| lock.contention.as_ref());
        contended = of.map(|contention| contention.contended).sum();
    });
    println!(
        "{} batches, {polls} polls, {contended} waits for locks",
        batches.len()
    );
    assert!(alarms.is_empty(), "{alarms:#?}");

    // It was quiet because all is well, not because nothing happened.
    assert!(
        polls > 1_000 && contended > 100,
        "{polls} polls, {contended} waits"
    );
    let names = batches
        .iter()
        .flat_map(|batch| &batch.task_starts)
        .map(|start| &*start.name);
    assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(programs::NAMES));
    let mut waits = batches.iter().flat_map(|batch| &batch.async_ops);
    assert!(
        waits.any(|wait| wait.end_unix_nanos.is_some() && !wait.is_ready),
        "nobody gave up"
    );
}
