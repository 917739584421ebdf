//! Lost and damaged segments, and damage to the list of them.

use std::path::{Path, PathBuf};

use wakeful_wire::frame;

use crate::support::{crash_copy, folder};
use crate::traces::{append, check, flush, open};

/// A store with three segments of three traces each, and two traces in its log.
fn three_segments() -> tempfile::TempDir {
    let folder = folder();
    let store = open(folder.path());
    for round in 0..3 {
        append(&store, round * 3 + 1..=round * 3 + 3);
        flush(&store);
    }
    append(&store, [10, 11]);
    crash_copy(folder.path())
}

/// Segments by name, so by age.
pub(crate) fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut segments: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "parquet"))
        .collect();
    segments.sort();
    segments
}

/// Damages each of three segments in turn.
fn check_segment(damage: impl Fn(&Path), problem: &str) {
    let healthy = three_segments();
    for segment in 0..3 {
        let copy = crash_copy(healthy.path());
        damage(&segments(copy.path())[segment as usize]);
        let lost = segment * 3 + 1..=segment * 3 + 3;
        let rest = (1..=11).filter(|number| !lost.contains(number));
        let store = open(copy.path());
        check(
            &store,
            rest.clone(),
            &[(problem, 1)],
            format!("segment {segment}"),
        );
        append(&store, [20]);
        flush(&store);
        drop(store);
        let store = open(copy.path());
        // It is told of at every start, until it is mended.
        check(
            &store,
            rest.chain([20]),
            &[(problem, 1)],
            format!("segment {segment}, opened again"),
        );
    }
}

#[test]
fn a_missing_segment_is_told_of_and_the_rest_is_there() {
    check_segment(|path| std::fs::remove_file(path).unwrap(), "segment missing");
}

#[test]
fn a_segment_that_is_cut_off_is_told_of_and_the_rest_is_there() {
    for keep in [
        |_: u64| 0,
        |_| 1,
        |_| 4,
        |bytes| bytes / 4,
        |bytes| bytes / 2,
        |bytes| bytes - 8,
        |bytes| bytes - 1,
    ] {
        let cut = |path: &Path| {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_len(keep(file.metadata().unwrap().len())).unwrap();
        };
        check_segment(cut, "segment not readable");
    }
}

#[test]
fn a_segment_of_zeros_is_told_of_and_the_rest_is_there() {
    let zero = |path: &Path| {
        let bytes = std::fs::metadata(path).unwrap().len();
        std::fs::write(path, vec![0; bytes as usize]).unwrap();
    };
    check_segment(zero, "segment not readable");
}

#[test]
fn a_segment_that_no_edit_lists_is_removed() {
    let folder = three_segments();
    let orphan = folder.path().join("00000000000000ff.parquet");
    std::fs::copy(&segments(folder.path())[0], &orphan).unwrap();
    let store = open(folder.path());
    check(&store, 1..=11, &[], "with an orphan");
    assert!(!orphan.exists());
}

/// Flips a bit of each edit of the manifest in turn, of the header and of the payload.
pub(crate) fn check_manifest(healthy: &Path, expected: impl Iterator<Item = u64> + Clone) {
    let manifest = std::fs::read(healthy.join("manifest")).unwrap();
    let edits: Vec<usize> = std::iter::successors(frame::find(&manifest, 0, frame::NO_KEY), |at| {
        frame::find(&manifest, at + 1, frame::NO_KEY)
    })
    .collect();
    assert!(edits.len() >= 3);
    for edit in &edits {
        for byte in [9, frame::HEADER_BYTES + 8] {
            let copy = crash_copy(healthy);
            let mut bytes = manifest.clone();
            bytes[edit + byte] ^= 4;
            std::fs::write(copy.path().join("manifest"), &bytes).unwrap();
            // The last edit may as well have been torn by a crash, which is no damage.
            let damaged: &[_] = match Some(edit) == edits.last() {
                true => &[],
                false => &[("manifest damaged", 1)],
            };
            for (start, problems) in [damaged, &[]].into_iter().enumerate() {
                let store = open(copy.path());
                let when = format!("byte {byte} of the edit at {edit} flipped, start {start}");
                check(&store, expected.clone(), problems, when);
            }
        }
    }
}

#[test]
fn segments_of_a_damaged_edit_explain_themselves() {
    check_manifest(three_segments().path(), 1..=11);
}
