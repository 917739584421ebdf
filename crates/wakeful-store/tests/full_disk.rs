//! A disk that takes no more while the store is open, and places where nothing can be written.
//!
//! It takes no rights: the system is told to let no file of this process grow beyond a bound, and every write fails
//! then as on a full or a read-only disk. The bound holds for the whole process, so there is one test here, and
//! nothing runs beside it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod support;
#[path = "faults/traces.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of other faults, which need more of it"
)]
mod traces;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use support::{folder, options, runtime};
use tokio::signal::unix::{SignalKind, signal};
use traces::{check, check_answers, flush, open_with, part, poll};
use wakeful_model::runtime::RuntimeBatch;
use wakeful_store::{AppendError, Backend, OpenError, RuntimeFrame, Store, StoreOptions};

/// A small tail, so that a few traces fill it.
const TAIL_BYTES: usize = 64 << 10;

/// As long as it lives, no byte is written to any file.
struct NoRoom {
    before: Rlimit,
}

impl NoRoom {
    fn begin() -> Self {
        let before = getrlimit(Resource::Fsize);
        let none = Rlimit {
            current: Some(0),
            ..before
        };
        setrlimit(Resource::Fsize, none).unwrap();
        Self { before }
    }
}

impl Drop for NoRoom {
    fn drop(&mut self) {
        setrlimit(Resource::Fsize, self.before).unwrap();
    }
}

/// The system also sends a signal with each refusal, which would end this process.
fn survive_the_signal() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let kind = SignalKind::from_raw(Signal::XFSZ.as_raw());
    // Once it is listened for, it ends nothing any more.
    drop(runtime.unwrap().block_on(async { signal(kind).unwrap() }));
}

#[test]
fn what_cannot_be_written_is_refused_and_what_is_there_is_answered() {
    survive_the_signal();
    nothing_can_be_written();
    no_segment_can_be_made();
    what_waits_to_be_flushed_takes_few_slots();
    a_store_ends_and_opens_where_nothing_can_be_written();
    no_runtime_data_can_be_written();
    a_folder_that_cannot_be_used_is_named_with_the_remedy();
}

fn open(folder: &Path) -> Store {
    open_with(folder, TAIL_BYTES)
}

fn append(store: &Store, number: u64) -> Result<(), AppendError> {
    runtime().block_on(store.append(part(number, 0..traces::SPANS, 500)))
}

/// Reasons of the problems that a store counted.
fn problems(store: &Store) -> BTreeSet<String> {
    let problems = store.stats().problems.into_iter();
    problems.map(|(reason, _)| reason).collect()
}

fn flush_fails(store: &Store) {
    let error = runtime().block_on(store.flush()).unwrap_err();
    assert!(matches!(error, AppendError::Log(_)), "{error}");
    assert!(
        problems(store).contains("segment not writable"),
        "{:?}",
        problems(store)
    );
}

/// Once there is room again, it is as if nothing had been.
fn check_recovery(store: Store, folder: &Path, last: u64) {
    // The sender tries again, as it was told to.
    poll(Duration::from_secs(60), "appends to work again", || {
        append(&store, last + 1).is_ok()
    });
    append(&store, last + 2).unwrap();
    check_answers(&store, 1..=last + 2, "when there is room again");
    flush(&store);
    check_answers(&store, 1..=last + 2, "flushed when there is room again");
    drop(store);
    check(&open(folder), 1..=last + 2, &[], "opened again");
}

fn nothing_can_be_written() {
    let folder = folder();
    let store = open(folder.path());
    append(&store, 1).unwrap();
    flush(&store);
    append(&store, 2).unwrap();
    let no_room = NoRoom::begin();
    for _ in 0..3 {
        let refused = append(&store, 3).unwrap_err();
        assert!(matches!(refused, AppendError::Log(_)), "{refused}");
        assert!(refused.to_string().contains("free space"), "{refused}");
    }
    assert!(problems(&store).contains("log not writable"));
    check_answers(
        &store,
        1..=2,
        "a segment and the tail, while nothing can be written",
    );
    flush_fails(&store);
    check_answers(&store, 1..=2, "not flushed");
    drop(no_room);
    check_recovery(store, folder.path(), 2);
}

fn no_segment_can_be_made() {
    let folder = folder();
    let store = open(folder.path());
    append(&store, 1).unwrap();
    flush(&store);
    let taken = take_names(folder.path());
    append(&store, 2).unwrap();
    flush_fails(&store);
    // What cannot be flushed takes all the room in memory in the end.
    let mut last = 2;
    let refused = loop {
        match append(&store, last + 1) {
            Ok(()) => last += 1,
            Err(error) => break error,
        }
        assert!(last < 500, "appends go on and on though nothing is flushed");
    };
    assert!(matches!(refused, AppendError::Busy { .. }), "{refused}");
    check_answers(&store, 1..=last, "while no segment can be made");
    taken.iter().for_each(|path| std::fs::remove_dir(path).unwrap());
    check_recovery(store, folder.path(), last);
}

/// Folders with the names of the next segments; every try to make one takes another name.
fn take_names(folder: &Path) -> Vec<PathBuf> {
    let taken: Vec<_> = (2..100)
        .map(|segment: u64| folder.join(format!("{segment:016x}.parquet")))
        .collect();
    taken.iter().for_each(|path| std::fs::create_dir(path).unwrap());
    taken
}

fn what_waits_to_be_flushed_takes_few_slots() {
    let folder = folder();
    let interval = Duration::from_millis(10);
    let store = Store::open(StoreOptions {
        tail_bytes_max: TAIL_BYTES,
        flush_interval: interval,
        ..options(Backend::File(folder.path().to_owned()))
    });
    let store = store.unwrap();
    append(&store, 1).unwrap();
    flush(&store);
    let taken = take_names(folder.path());
    // Each tail is old enough to be flushed before the next span comes.
    for number in 2..=12 {
        append(&store, number).unwrap();
        let appended = Instant::now();
        poll(Duration::from_secs(30), "a tail to be old", || {
            appended.elapsed() > 3 * interval
        });
    }
    poll(Duration::from_secs(30), "a flush to fail", || {
        problems(&store).contains("segment not writable")
    });
    let slots = std::fs::read_dir(folder.path()).unwrap();
    let slots = slots.filter(|entry| entry.as_ref().unwrap().path().extension() == Some("wal".as_ref()));
    // One waits, one is filled, and one may have been free before.
    let slots = slots.count();
    assert!(slots <= 3, "{slots} slots");
    taken.iter().for_each(|path| std::fs::remove_dir(path).unwrap());
    check_recovery(store, folder.path(), 12);
}

fn a_store_ends_and_opens_where_nothing_can_be_written() {
    let folder = folder();
    let store = open(folder.path());
    append(&store, 1).unwrap();
    flush(&store);
    append(&store, 2).unwrap();
    let no_room = NoRoom::begin();
    drop(store);
    let store = open(folder.path());
    check_answers(&store, 1..=2, "opened where nothing can be written");
    let refused = append(&store, 3).unwrap_err();
    assert!(matches!(refused, AppendError::Log(_)), "{refused}");
    drop(no_room);
    check_recovery(store, folder.path(), 2);
}

/// Has a program's runtime report a second.
fn report(store: &Store, second: u64) -> Result<(), AppendError> {
    let batch = RuntimeBatch {
        from_unix_nanos: second,
        to_unix_nanos: second + 1,
        ..RuntimeBatch::default()
    };
    let mut payload = Vec::new();
    wakeful_wire::runtime::encode(&batch, &mut payload);
    let frame = RuntimeFrame {
        payload: payload.into(),
        batch,
    };
    runtime().block_on(store.runtime().append(vec![frame]))
}

fn no_runtime_data_can_be_written() {
    let folder = folder();
    let store = open(folder.path());
    report(&store, 1).unwrap();
    let files = |suffix: &str| {
        let all = std::fs::read_dir(folder.path()).unwrap();
        let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with("runtime-") && name.ends_with(suffix))
            .count()
    };
    let no_room = NoRoom::begin();
    for _ in 0..3 {
        let refused = report(&store, 2).unwrap_err();
        assert!(matches!(refused, AppendError::Log(_)), "{refused}");
    }
    assert!(problems(&store).contains("runtime data not writable"));
    // Nothing is left behind by what was tried.
    assert_eq!((files(".frames"), files(".new")), (1, 0));
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.runtime().programs().len(), 1);
    drop(no_room);
    report(&store, 2).unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.runtime().programs()[0].to_unix_nanos, 3);
    assert_eq!(files(".frames"), 2);
}

fn a_folder_that_cannot_be_used_is_named_with_the_remedy() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "somebody's").unwrap();
    let locked = folder.path().join("locked");
    std::fs::create_dir_all(locked.join("lock")).unwrap();
    for (path, names) in [(&file, "file"), (&file.join("below"), "below"), (&locked, "lock")] {
        let error = Store::open(options(Backend::File(path.clone()))).unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        let text = error.to_string();
        for part in [names, "check its permissions and space", "--data-dir"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's");
}
