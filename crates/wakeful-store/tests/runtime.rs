//! What programs reported of their runtimes: kept over crashes, found by time, and dropped when old.

// Helpers of tests are not in functions marked as tests, but fail them all the same.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wakeful_model::runtime::{
    Location, LocationIndex, LocationSums, Poll, RuntimeBatch, TaskEnd, TaskId, TaskStart, TaskSums, ThreadId,
};
use wakeful_model::{Attribute, Resource};
use wakeful_store::{Backend, ProgramId, RuntimeFrame, RuntimeStats, Store, StoreOptions};
use wakeful_wire::frame::{self, HEADER_BYTES, Item};
use wakeful_wire::runtime;

use support::{crash_copy, folder};

const SECOND: u64 = 1_000_000_000;
const BEGIN: u64 = 1_700_000_000 * SECOND;

fn program(pid: i64) -> Resource {
    Resource {
        attributes: vec![
            Attribute::new("service.name", "shop"),
            Attribute::new("process.pid", pid),
        ],
        ..Resource::default()
    }
}

/// What a program tells of a second: task 1 lives on, and one task a second comes and is gone two seconds later. Each second has a poll
/// of each, and `ballast` more.
fn second(pid: i64, number: u64, ballast: usize) -> RuntimeBatch {
    let from = BEGIN + number * SECOND;
    let task = |id: u64, at: u64| TaskStart {
        id: TaskId(id),
        start_unix_nanos: at,
        location: Some(LocationIndex(0)),
        ..TaskStart::default()
    };
    let poll = |id: u64, at: u64| Poll {
        task: TaskId(id),
        thread: ThreadId(2),
        start_unix_nanos: at,
        duration_nanos: 1_000,
        scheduled_nanos: Some(at & 0xffff),
    };
    let mut starts = vec![task(10 + number, from)];
    if number == 0 {
        starts.push(task(1, from));
    }
    let ballast = (0..ballast as u64).map(|at| poll(1, from + 10_000 + at * 2_000));
    RuntimeBatch {
        resource: program(pid),
        from_unix_nanos: from,
        to_unix_nanos: from + SECOND,
        locations: vec![Location {
            file: "src/main.rs".to_owned(),
            line: 7,
            column: 5,
        }],
        task_starts: starts,
        task_ends: vec![TaskEnd {
            id: TaskId(8 + number),
            end_unix_nanos: from,
            ..TaskEnd::default()
        }],
        polls: [poll(1, from + 1), poll(10 + number, from + 2)]
            .into_iter()
            .chain(ballast)
            .collect(),
        task_sums: vec![TaskSums {
            task: TaskId(1),
            polls: number + 1,
            ..TaskSums::default()
        }],
        location_sums: vec![LocationSums {
            location: Some(LocationIndex(0)),
            from_unix_nanos: from,
            to_unix_nanos: from + SECOND,
            alive: (number + 2).min(3),
            started: if number == 0 { 2 } else { 1 },
            polls: 2,
            ..LocationSums::default()
        }],
        ..RuntimeBatch::default()
    }
}

fn options(folder: &Path) -> StoreOptions {
    support::options(Backend::File(folder.to_owned()))
}

fn append(store: &Store, batch: RuntimeBatch) {
    let mut payload = Vec::new();
    runtime::encode(&batch, &mut payload);
    let frame = RuntimeFrame {
        payload: payload.into(),
        batch,
    };
    support::runtime()
        .block_on(store.runtime().append(vec![frame]))
        .unwrap();
}

/// Which tasks are alive at a time, and what is known of the first.
fn state(store: &Store, pid: i64, at: Option<u64>) -> Option<(Vec<u64>, u64, String, u64)> {
    let answer = |live: &wakeful_live::Live| {
        let alive = live
            .tasks()
            .filter(|task| task.end.is_none())
            .map(|task| task.start.id.0);
        let first = live.task(TaskId(1)).unwrap();
        let place = first.location.as_ref().unwrap().to_string();
        let polls = live.sites().map(|site| site.polls).sum();
        (alive.collect(), first.sums.as_ref().unwrap().polls, place, polls)
    };
    store
        .runtime()
        .with_program(ProgramId::of(&program(pid)), at, 0, answer)
}

/// The state after a number of seconds.
fn after(seconds: u64) -> Option<(Vec<u64>, u64, String, u64)> {
    let last = seconds - 1;
    let alive = [1]
        .into_iter()
        .chain((10 + last).saturating_sub(1).max(10)..=10 + last);
    Some((
        alive.collect(),
        seconds,
        "src/main.rs:7:5".to_owned(),
        2 * seconds,
    ))
}

/// When polls began that are stored of a range of seconds.
fn polls(store: &Store, pid: i64, from: u64, to: u64) -> Vec<u64> {
    let mut starts = Vec::new();
    let id = ProgramId::of(&program(pid));
    let range = BEGIN + from * SECOND..=BEGIN + to * SECOND - 1;
    let problems = store.runtime().each_batch(id, &range, |batch| {
        starts.extend(
            batch
                .polls
                .iter()
                .filter(|poll| range.contains(&poll.start_unix_nanos))
                .map(|poll| poll.start_unix_nanos),
        );
    });
    assert_eq!(problems, []);
    starts
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    for number in 0..10 {
        append(&store, second(7, number, 0));
        append(&store, second(8, number, 0));
    }
    let check = |store: &Store| {
        for pid in [7, 8] {
            assert_eq!(state(store, pid, None), after(10));
            assert_eq!(state(store, pid, Some(BEGIN + 4 * SECOND + 1)), after(5));
            assert_eq!(state(store, pid, Some(BEGIN - 1)), None);
            assert_eq!(polls(store, pid, 3, 5).len(), 4);
        }
        assert_eq!(state(store, 9, None), None);
        let listed: Vec<_> = store
            .runtime()
            .programs()
            .iter()
            .map(|it| (it.from_unix_nanos, it.to_unix_nanos))
            .collect();
        assert_eq!(listed, [(BEGIN, BEGIN + 10 * SECOND); 2]);
    };
    check(&store);
    let crashed = crash_copy(folder.path());
    let again = Store::open(options(crashed.path())).unwrap();
    check(&again);
    // It goes on in a new file, which begins with what was so.
    append(&again, second(7, 10, 0));
    assert_eq!(state(&again, 7, None), after(11));
    again.close();
    let third = Store::open(options(crashed.path())).unwrap();
    assert_eq!(state(&third, 7, None), after(11));
    assert_eq!(state(&third, 7, Some(BEGIN + 4 * SECOND + 1)), after(5));
    assert_eq!(state(&third, 8, None), after(10));
    assert_eq!(third.runtime().stats().files, 2);
}

#[test]
fn a_batch_that_is_sent_twice_counts_once() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    append(&store, second(7, 0, 0));
    append(&store, second(7, 0, 0));
    assert_eq!(state(&store, 7, None), after(1));
    let crashed = crash_copy(folder.path());
    let again = Store::open(options(crashed.path())).unwrap();
    append(&again, second(7, 0, 0));
    assert_eq!(state(&again, 7, None), after(1));
    assert_eq!(polls(&again, 7, 0, 1).len(), 2);
}

/// A file with ballast, so that a few seconds fill it.
const BALLAST: usize = 400_000;

#[test]
fn old_files_go_and_take_nothing_with_them_that_is_still_so() {
    let folder = folder();
    let options = StoreOptions {
        runtime_bytes_max: Some(40 << 20),
        ..options(folder.path())
    };
    let store = Store::open(options.clone()).unwrap();
    let seconds = 20;
    for number in 0..seconds {
        append(&store, second(7, number, BALLAST));
    }
    let files = || {
        std::fs::read_dir(folder.path()).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".frames")
        })
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    // A file is taken off the list first, and off the disk then.
    let has_room = |stats: RuntimeStats| stats.retired_files > 0 && stats.bytes <= 40 << 20;
    while !(has_room(store.runtime().stats()) && files().count() as u64 == store.runtime().stats().files) {
        assert!(Instant::now() < deadline, "{:?}", store.runtime().stats());
        std::thread::yield_now();
    }
    assert!(polls(&store, 7, 0, 1).is_empty());
    // Task 1 was told in the file that is gone.
    assert_eq!(state(&store, 7, None), after(seconds));
    assert_eq!(state(&store, 7, Some(BEGIN + SECOND / 2)), None);
    let one_before_last = BEGIN + (seconds - 1) * SECOND - 1;
    assert_eq!(state(&store, 7, Some(one_before_last)), after(seconds - 1));
    assert_eq!(polls(&store, 7, seconds - 1, seconds).len(), BALLAST + 2);
    drop(store);
    let again = Store::open(options).unwrap();
    assert_eq!(state(&again, 7, None), after(seconds));
    assert_eq!(state(&again, 7, Some(one_before_last)), after(seconds - 1));
}

/// The only file of runtime data, and where the frames in it stand.
fn only_file(folder: &Path) -> (PathBuf, Vec<std::ops::Range<usize>>) {
    let key = std::fs::read(folder.join("log.key")).unwrap();
    let key = u64::from_le_bytes(*key.first_chunk().unwrap());
    let all = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let path = all
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "frames"))
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let (mut at, mut frames) = (0, Vec::new());
    while let Some(start) = frame::find(&bytes, at, key) {
        let Item::Frame(found) = frame::read_at(&bytes, start, key) else {
            panic!("damaged at {start}")
        };
        frames.push(start..found.end);
        at = found.end;
    }
    (path, frames)
}

/// Ten seconds of a program, as a crash would leave them, and then damaged.
fn check_damage(damage: impl FnOnce(&mut Vec<u8>, &[std::ops::Range<usize>]), kept: &[u64], problems: u64) {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    (0..10).for_each(|number| append(&store, second(7, number, 0)));
    let crashed = crash_copy(folder.path());
    let (path, frames) = only_file(crashed.path());
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes, &frames);
    std::fs::write(&path, bytes).unwrap();
    let again = Store::open(options(crashed.path())).unwrap();
    let found: Vec<u64> = (0..10)
        .filter(|number| !polls(&again, 7, *number, number + 1).is_empty())
        .collect();
    assert_eq!(found, kept);
    let counted: u64 = again.stats().problems.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, problems, "{:?}", again.stats().problems);
    // What comes now is kept as ever.
    append(&again, second(7, 10, 0));
    assert_eq!(polls(&again, 7, 10, 11).len(), 2);
}

#[test]
fn a_damaged_frame_is_named_and_costs_itself_alone() {
    let payload = |bytes: &mut Vec<u8>, frames: &[std::ops::Range<usize>]| {
        bytes[frames[4].start + HEADER_BYTES + 9] ^= 1;
    };
    check_damage(payload, &[0, 1, 2, 3, 5, 6, 7, 8, 9], 1);
    let header = |bytes: &mut Vec<u8>, frames: &[std::ops::Range<usize>]| bytes[frames[0].start + 9] ^= 1;
    check_damage(header, &[1, 2, 3, 4, 5, 6, 7, 8, 9], 1);
}

#[test]
fn a_torn_frame_at_the_end_was_never_acknowledged() {
    let torn = |bytes: &mut Vec<u8>, frames: &[std::ops::Range<usize>]| bytes.truncate(frames[9].end - 20);
    check_damage(torn, &[0, 1, 2, 3, 4, 5, 6, 7, 8], 0);
    let in_header =
        |bytes: &mut Vec<u8>, frames: &[std::ops::Range<usize>]| bytes.truncate(frames[9].start + 5);
    check_damage(in_header, &[0, 1, 2, 3, 4, 5, 6, 7, 8], 0);
    check_damage(|bytes, _| bytes.clear(), &[], 0);
}

#[test]
fn a_frame_that_is_damaged_later_is_left_out_of_answers_and_told() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    (0..3).for_each(|number| append(&store, second(7, number, 0)));
    drop(store);
    let (path, frames) = only_file(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[frames[1].start + HEADER_BYTES + 9] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let again = Store::open(options(folder.path())).unwrap();
    let mut seconds = Vec::new();
    let problems = again
        .runtime()
        .each_batch(ProgramId::of(&program(7)), &(0..=u64::MAX), |batch| {
            seconds.push((batch.from_unix_nanos - BEGIN) / SECOND);
        });
    assert_eq!(seconds, [0, 2]);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let place = frames[1].start;
    assert_eq!(
        told,
        [format!(
            "segment runtime-0000000000000001.frames cannot be read: the frame at byte {place}: checksum mismatch"
        )]
    );
}

/// Names of files of a folder that end so.
fn names(folder: &Path, suffix: &str) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap();
    let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(suffix)).collect();
    names.sort();
    names
}

#[test]
fn what_a_crash_left_of_a_file_hides_nothing_and_goes() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    (0..10).for_each(|number| append(&store, second(7, number, 0)));
    let crashed = crash_copy(folder.path());
    for name in ["2.frames", "2.index", "3.new", "4.index"] {
        let path = crashed.path().join(format!("runtime-000000000000000{name}"));
        std::fs::write(path, []).unwrap();
    }
    std::fs::write(crashed.path().join("runtime-somebody's.new"), []).unwrap();
    let again = Store::open(options(crashed.path())).unwrap();
    assert_eq!(state(&again, 7, None), after(10));
    assert_eq!(
        names(crashed.path(), ".frames"),
        ["runtime-0000000000000001.frames"]
    );
    assert_eq!(
        names(crashed.path(), ".index"),
        ["runtime-0000000000000001.index"]
    );
    assert_eq!(names(crashed.path(), ".new"), ["runtime-somebody's.new"]);
    append(&again, second(7, 10, 0));
    drop(again);
    let third = Store::open(options(crashed.path())).unwrap();
    assert_eq!(state(&third, 7, None), after(11));
    assert_eq!(third.runtime().stats().files, 2);
}

#[test]
fn a_program_that_was_silent_for_long_goes_on_from_what_it_told_before() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    (0..5).for_each(|number| append(&store, second(7, number, 0)));
    drop(store);
    // A file that was begun when nothing had come from it for long says nothing of it.
    let elsewhere = support::folder();
    std::fs::copy(folder.path().join("log.key"), elsewhere.path().join("log.key")).unwrap();
    let other = Store::open(options(elsewhere.path())).unwrap();
    append(&other, second(8, 0, 0));
    drop(other);
    for suffix in ["frames", "index"] {
        let from = format!("runtime-0000000000000001.{suffix}");
        let to = format!("runtime-0000000000000002.{suffix}");
        std::fs::copy(elsewhere.path().join(from), folder.path().join(to)).unwrap();
    }
    let again = Store::open(options(folder.path())).unwrap();
    append(&again, second(7, 5, 0));
    assert_eq!(state(&again, 7, None), after(6));
    assert_eq!(state(&again, 8, None), after(1));
    drop(again);
    // The file that it came back in begins with that, too.
    let third = Store::open(options(folder.path())).unwrap();
    assert_eq!(state(&third, 7, None), after(6));
}

#[test]
fn files_age_by_our_clock_whatever_programs_say() {
    let folder = folder();
    let in_the_future = RuntimeBatch {
        to_unix_nanos: u64::MAX,
        ..second(7, 0, 0)
    };
    // Each store begins a file.
    for batch in [in_the_future, second(8, 1, 0)] {
        let store = Store::open(options(folder.path())).unwrap();
        append(&store, batch);
    }
    let first = folder.path().join("runtime-0000000000000001.frames");
    let first = std::fs::File::options().write(true).open(first).unwrap();
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    first
        .set_modified(std::time::SystemTime::now() - hours(2))
        .unwrap();
    let options = StoreOptions {
        retention_time: Some(hours(1)),
        ..options(folder.path())
    };
    let store = Store::open(options).unwrap();
    append(&store, second(9, 2, 0));
    let deadline = Instant::now() + Duration::from_secs(60);
    while store.runtime().stats().files == 3 {
        assert!(Instant::now() < deadline, "{:?}", store.runtime().stats());
        std::thread::yield_now();
    }
    // What came a moment ago stays, though it tells of a time long ago.
    assert_eq!(store.runtime().stats().retired_files, 1);
    assert_eq!(polls(&store, 8, 1, 2).len(), 2);
}

#[test]
fn what_comes_while_an_answer_is_made_does_not_wait_for_it() {
    let folder = folder();
    let store = Store::open(options(folder.path())).unwrap();
    append(&store, second(7, 0, 0));
    let kept = store.runtime().with_latest(ProgramId::of(&program(7)), |live| {
        let (done, is_done) = std::sync::mpsc::channel();
        let appending = store.clone();
        std::thread::spawn(move || {
            append(&appending, second(7, 1, 0));
            done.send(()).unwrap();
        });
        let kept = is_done.recv_timeout(Duration::from_secs(60));
        // The answer is of one moment.
        (kept, live.folds())
    });
    assert_eq!(kept, Some((Ok(()), 1)));
    assert_eq!(state(&store, 7, None), after(2));
}

#[test]
fn in_memory_it_is_the_same_without_files() {
    let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
    (0..10).for_each(|number| append(&store, second(7, number, 0)));
    assert_eq!(state(&store, 7, None), after(10));
    assert_eq!(state(&store, 7, Some(BEGIN + 4 * SECOND + 1)), after(5));
    assert_eq!(polls(&store, 7, 3, 5).len(), 4);
}
