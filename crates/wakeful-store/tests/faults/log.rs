//! Damage to the write-ahead log.

use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use wakeful_wire::frame::{self, HEADER_BYTES, Item};

use crate::support::crash_copy;
use crate::traces::{append, check, flush, open};

/// Where header and payload of the frames of the newest log stand, and in which slot.
fn newest_log(folder: &Path) -> (PathBuf, Vec<Range<usize>>) {
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|suffix| suffix == "wal") {
            let frames = frames(&std::fs::read(&path).unwrap());
            let newest = frames.iter().map(|(sequence, _)| *sequence).max();
            logs.push((newest, path, frames));
        }
    }
    let (newest, path, frames) = logs.into_iter().max_by_key(|(newest, ..)| *newest).unwrap();
    let of_newest = frames
        .into_iter()
        .filter(|(sequence, _)| Some(*sequence) == newest);
    (path, of_newest.map(|(_, place)| place).collect())
}

fn frames(bytes: &[u8]) -> Vec<(u64, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = frame::find(bytes, at) {
        at = start + HEADER_BYTES;
        if let Item::Frame(frame) = frame::read_at(bytes, start) {
            found.push((frame.sequence, start..at + frame.payload.len()));
            at = frame.end;
        }
    }
    found
}

/// A store as a crash would leave it, with traces 1 to 5 in its log; with `reused`, in a slot that has held others.
fn crashed(reused: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    if reused {
        // Longer logs than the last, so that their frames stand behind its end.
        for round in 0..4 {
            append(&store, 100 + round * 10..110 + round * 10);
            flush(&store);
        }
    }
    append(&store, 1..=5);
    crash_copy(folder.path())
}

/// What `crashed` has beside its log.
fn flushed(reused: bool) -> Range<u64> {
    100..if reused { 140 } else { 100 }
}

/// Opens a damaged copy, appends, and opens it again.
fn check_damaged(
    crashed: &Path,
    reused: bool,
    damage: impl Fn(&Path),
    expected: impl Iterator<Item = u64> + Clone,
    problems: &[(&str, u64)],
    when: &str,
) {
    let copy = crash_copy(crashed);
    damage(copy.path());
    let expected = expected.chain(flushed(reused));
    let store = open(copy.path());
    check(&store, expected.clone(), problems, when);
    append(&store, [50]);
    let again = crash_copy(copy.path());
    drop(store);
    for folder in [copy.path(), again.path()] {
        let store = open(folder);
        // What was damaged is in a flushed log by now.
        let expected = expected.clone().chain([50]);
        check(&store, expected, &[], &format!("{when}, opened again"));
    }
}

fn check_torn(reused: bool, tear: impl Fn(&std::fs::File, usize, &Range<usize>)) {
    let crashed = crashed(reused);
    let (slot, frames) = newest_log(crashed.path());
    assert_eq!(frames.len(), 5);
    let last = &frames[4];
    let name = slot.file_name().unwrap();
    for at in last.clone() {
        check_damaged(
            crashed.path(),
            reused,
            |folder| {
                let file = std::fs::File::options().write(true).open(folder.join(name)).unwrap();
                tear(&file, at, last);
            },
            1..=4,
            &[],
            &format!("torn at byte {} of {}", at - last.start, last.len()),
        );
    }
}

#[test]
fn a_log_that_ends_within_its_last_frame_loses_that_frame_alone() {
    check_torn(false, |file, at, _| file.set_len(at as u64).unwrap());
}
