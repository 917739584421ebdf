//! Damage to the write-ahead log.

use std::ops::Range;
use std::path::{Path, PathBuf};

use wakeful_wire::frame::{self, HEADER_BYTES, Item};

use crate::support::{crash_copy, folder};
use crate::traces::{append, check, flush, open};

/// Where header and payload of the frames of the newest log stand, and in which slot.
fn newest_log(folder: &Path) -> (PathBuf, Vec<Range<usize>>) {
    let key = std::fs::read(folder.join("log.key")).unwrap();
    let key = u64::from_le_bytes(*key.first_chunk().unwrap());
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|suffix| suffix == "wal") {
            let frames = frames(&std::fs::read(&path).unwrap(), key);
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

fn frames(bytes: &[u8], key: u64) -> Vec<(u64, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = frame::find(bytes, at, key) {
        at = start + HEADER_BYTES;
        if let Item::Frame(frame) = frame::read_at(bytes, start, key) {
            found.push((frame.sequence, start..at + frame.payload.len()));
            at = frame.end;
        }
    }
    found
}

/// A store as a crash would leave it, with traces 1 to 5 in its log; with `reused`, in a slot that has held others.
fn crashed(reused: bool) -> tempfile::TempDir {
    let folder = folder();
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
    // A copy is not of one moment: nothing else must write meanwhile.
    flush(&store);
    append(&store, [50]);
    let again = crash_copy(copy.path());
    drop(store);
    for folder in [copy.path(), again.path()] {
        let store = open(folder);
        // What was damaged is in a flushed log by now.
        let expected = expected.clone().chain([50]);
        check(&store, expected, &[], format!("{when}, opened again"));
    }
}

/// Spoils the newest log, by what the slot's bytes and the place of its frames are.
fn spoil(folder: &Path, spoil: impl Fn(&mut Vec<u8>, &[Range<usize>])) {
    let (slot, frames) = newest_log(folder);
    assert_eq!(frames.len(), 5);
    let mut bytes = std::fs::read(&slot).unwrap();
    spoil(&mut bytes, &frames);
    std::fs::write(&slot, bytes).unwrap();
}

/// Tears the last frame at each of its bytes.
fn check_torn(reused: bool, tear: impl Fn(&mut Vec<u8>, &Range<usize>, usize)) {
    let crashed = crashed(reused);
    let last = newest_log(crashed.path()).1[4].clone();
    for at in last.clone() {
        check_damaged(
            crashed.path(),
            reused,
            |folder| spoil(folder, |bytes, frames| tear(bytes, &frames[4], at)),
            1..=4,
            &[],
            &format!("torn at byte {} of {}", at - last.start, last.len()),
        );
    }
}

#[test]
fn a_log_that_ends_within_its_last_frame_loses_that_frame_alone() {
    check_torn(false, |bytes, _, at| bytes.truncate(at));
}

#[test]
fn a_last_frame_of_which_only_the_beginning_was_written_was_never_there() {
    check_torn(false, |bytes, frame, at| bytes[at..frame.end].fill(0));
}

#[test]
fn what_an_older_log_left_behind_a_torn_frame_is_not_replayed() {
    // What the older log has there is not known here; any bytes but the right ones do.
    check_torn(true, |bytes, frame, at| {
        bytes[at..frame.end].iter_mut().for_each(|byte| *byte ^= 0x55);
    });
}

#[test]
fn what_an_older_log_left_in_a_slot_is_never_replayed() {
    let folder = folder();
    let store = open(folder.path());
    let mut next = 1;
    // Longer, equal and shorter logs than those before them, each looked at before and after its flush.
    for traces in [9, 7, 7, 3, 1, 8, 2, 2, 5] {
        for _ in 0..traces {
            append(&store, [next]);
            next += 1;
            let copy = crash_copy(folder.path());
            check(
                &open(copy.path()),
                1..next,
                &[],
                format!("trace {next} in the log"),
            );
        }
        flush(&store);
        let copy = crash_copy(folder.path());
        check(&open(copy.path()), 1..next, &[], format!("trace {next} flushed"));
    }
    assert!(newest_log(folder.path()).1.len() < 9, "slots are used again");
}

/// Flips one bit of the third of five frames.
fn check_flipped(reused: bool, bits: impl Iterator<Item = usize>, problem: &str) {
    let crashed = crashed(reused);
    for bit in bits {
        check_damaged(
            crashed.path(),
            reused,
            |folder| {
                spoil(folder, |bytes, frames| {
                    let frame = &mut bytes[frames[2].clone()];
                    let bit = bit % (frame.len() * 8);
                    frame[bit / 8] ^= 1 << (bit % 8);
                });
            },
            [1, 2, 4, 5].into_iter(),
            &[(problem, 1)],
            &format!("bit {bit} flipped"),
        );
    }
}

#[test]
fn a_flipped_bit_of_a_header_loses_its_frame_alone() {
    for reused in [false, true] {
        check_flipped(reused, 0..HEADER_BYTES * 8, "damaged header");
    }
}

#[test]
fn a_flipped_bit_of_a_payload_loses_its_frame_alone() {
    let bits = (0..).map(|step| HEADER_BYTES * 8 + step * 13);
    for reused in [false, true] {
        check_flipped(reused, bits.clone().take(128), "checksum mismatch");
    }
}
