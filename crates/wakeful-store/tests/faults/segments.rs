//! Lost and damaged segments, and damage to the list of them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use wakeful_store::SpanFilter;

use wakeful_wire::frame;

use crate::support::{crash_copy, folder};
use crate::traces::{append, check, flush, open, open_with, trace_id};

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
fn a_segment_whose_footer_has_changed_is_told_of_and_the_rest_is_there() {
    // What is sealed ends sixteen bytes before the end, where its length stands.
    for place in [0, 1, 5, 25, 50, 75, 95, 99, 100] {
        let flip = |path: &Path| {
            let mut bytes = std::fs::read(path).unwrap();
            let seal = bytes.len() - 16;
            let sealed = u32::from_le_bytes(*bytes[seal..].first_chunk().unwrap()) as usize;
            assert!(sealed > 1_000 && sealed < seal);
            bytes[seal - sealed + (sealed + 15) * place / 100] ^= 8;
            std::fs::write(path, bytes).unwrap();
        };
        check_segment(flip, "segment not readable");
    }
}

/// Where the data of columns is in a segment's file.
fn data_of(segment: &Path, is_wanted: impl Fn(&str) -> bool) -> Range<usize> {
    let reader = SerializedFileReader::new(std::fs::File::open(segment).unwrap()).unwrap();
    let chunks = reader
        .metadata()
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns);
    let wanted = chunks.filter(|chunk| is_wanted(chunk.column_descr().name()));
    let ranges: Vec<_> = wanted.map(ColumnChunkMetaData::byte_range).collect();
    let start = ranges.iter().map(|(start, _)| *start).min();
    let end = ranges.iter().map(|(start, length)| start + length).max();
    start.unwrap() as usize..end.unwrap() as usize
}

/// Flips a bit of a segment at some places in turn, and checks that what is answered is right, and that what is not is
/// told of; `lost_max` traces may be missing.
fn check_flipped_bits(
    healthy: &Path,
    path: &Path,
    places: impl Iterator<Item = usize>,
    numbers: Range<u64>,
    lost_max: usize,
) {
    let wanted: Vec<_> = numbers.map(trace_id).collect();
    let (right, _) = open(healthy).traces(&wanted);
    assert_eq!(right.len(), wanted.len());
    let bytes = std::fs::read(path).unwrap();
    let mut lost_once = false;
    for at in places {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let copy = crash_copy(healthy);
        let damaged = copy.path().join(path.file_name().unwrap());
        std::fs::write(&damaged, flipped).unwrap();
        let store = open(copy.path());
        let (found, problems) = store.traces(&wanted);
        let mut rest = right.iter();
        for trace in &found {
            assert!(
                rest.any(|known| known == trace),
                "byte {at}: {:?} is another",
                trace.id
            );
        }
        let lost = right.len() - found.len();
        assert!(lost <= lost_max, "byte {at}: {lost} traces are lost");
        assert_eq!(lost > 0, !problems.is_empty(), "byte {at}: {problems:?}");
        lost_once |= lost > 0;
        for problem in &problems {
            assert_eq!(Some(problem.segment.as_str()), path.file_name().unwrap().to_str());
            assert!(
                problem.why.contains("have changed since they were written"),
                "{problem}"
            );
        }
        let searched = store.search(&SpanFilter::default(), right.len(), |_| true);
        let missing = right.len() - searched.traces.len();
        assert_eq!(missing > 0, !searched.problems.is_empty(), "byte {at}, searched");
    }
    assert!(lost_once);
}

#[test]
fn flipped_bits_in_data_are_told_of_and_the_rest_is_there() {
    let healthy = three_segments();
    let segment = &segments(healthy.path())[1];
    let places = data_of(segment, |_| true).step_by(61);
    check_flipped_bits(healthy.path(), segment, places, 1..12, 3);
}

#[test]
fn of_a_damaged_segment_only_the_traces_that_were_hit_are_missing() {
    let healthy = folder();
    let store = open_with(healthy.path(), 8 << 20);
    append(&store, 1..=900);
    flush(&store);
    drop(store);
    let segment = &segments(healthy.path())[0];
    // A page of ids has 1,024 rows; a block at its edge is part of two of them.
    let ids = data_of(segment, |column| column == "span_id");
    // Blocks have two kilobytes: those at the ends have other columns' data, too.
    let inside = (ids.start + 2_048..ids.end - 2_048).step_by(1_901);
    check_flipped_bits(healthy.path(), segment, inside, 1..901, 2 * 1_024 / 3 + 2);
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
