//! The keeper on a clock that the tests set.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{Sender, channel};

use tempfile::TempDir;
use wakeful_model::{Attribute, Kind, Loss, Resource, Scope, Span, SpanBatch, SpanId, Status, TraceId};

use super::*;
use crate::SpanFilter;
use crate::cache::Cache;
use crate::manifest::Manifest;
use crate::state::State;
use crate::stats::Counters;

const MINUTE: u64 = 60_000_000_000;

/// A merge takes so much.
const MERGE_BYTES_MAX: u64 = 40_000;

/// A full hour, from which the tests count minutes.
const BEGIN: u64 = 490_000 * HOUR_NANOS;

struct Fixture {
    folder: TempDir,
    keeper: KeeperThread,
    /// The keeper would end without it.
    _stop: Sender<()>,
}

impl Fixture {
    /// Segments of one trace each, numbered from 1, by the minute in which they were written and their size.
    fn new(segments: &[(u64, usize)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest::open(folder.path()).unwrap();
        let shelf = Arc::new(Shelf {
            folder: Some(folder.path().to_owned()),
            manifest: Some(Mutex::new(manifest)),
            next_id: AtomicU64::new(1),
            cache: Arc::new(Cache::new(1 << 20)),
            state: Arc::new(State::default()),
            counters: Arc::new(Counters::default()),
        });
        for (number, (minute, bytes)) in (1..).zip(segments) {
            let written_unix_nanos = BEGIN + minute * MINUTE;
            let batch = Arc::new(batch(number, written_unix_nanos, *bytes));
            let segment = shelf.write(&[batch], |id| Origin {
                id,
                level: 0,
                log: id,
                written_unix_nanos,
                replaces: Vec::new(),
                losses: vec![loss(id)],
            });
            let segment = segment.unwrap();
            let edit = Edit {
                add: vec![segment.meta.clone()],
                remove: Vec::new(),
                flushed: segment.meta.log,
            };
            shelf.commit(&edit).unwrap();
            shelf.state.flushed(segment.meta.log, Some(segment));
        }
        let (stop, stopped) = channel();
        let keeper = KeeperThread {
            stop: stopped,
            shelf,
            merge_bytes_max: MERGE_BYTES_MAX,
            retention_bytes: None,
            retention_time: None,
            set_aside: BTreeSet::new(),
            failed_reads: BTreeMap::new(),
        };
        Self {
            folder,
            keeper,
            _stop: stop,
        }
    }

    /// Looks as if it were some minute, and gives the traces of each segment that is then in the list on disk, on
    /// disk itself, and in answers.
    fn look(&mut self, minute: u64) -> Vec<Vec<u64>> {
        self.keeper.look(BEGIN + minute * MINUTE).unwrap();
        let segments = self.keeper.shelf.state.snapshot().segments;
        let mut ids: Vec<_> = segments.iter().map(|segment| segment.meta.id).collect();
        ids.sort_unstable();
        let manifest = Manifest::open(self.folder.path()).unwrap();
        assert_eq!(ids, manifest.segments().keys().copied().collect::<Vec<_>>());
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let files = files.filter(|file| file.as_ref().unwrap().path().extension().is_some());
        assert_eq!(files.count(), ids.len(), "files of segments");
        let mut traces: Vec<Vec<u64>> = segments.iter().map(|segment| traces_of(segment)).collect();
        traces.sort();
        traces
    }

    fn problems(&self) -> Vec<(&'static str, u64)> {
        let problems = self.keeper.shelf.counters.problems.lock().unwrap();
        problems.iter().map(|(reason, count)| (*reason, *count)).collect()
    }
}

/// What the programs of a segment lost, for each the same but for the time.
fn loss(number: u64) -> Loss {
    Loss {
        service: "shop".to_owned(),
        cause: "ring_full".to_owned(),
        spans: 1,
        from_unix_nanos: number,
        until_unix_nanos: number,
        ..Loss::default()
    }
}

fn traces_of(segment: &Segment) -> Vec<u64> {
    let batches = read_batches(segment).unwrap_or_default();
    let ids = batches.iter().flat_map(|batch| batch.trace_ids());
    let mut ids: Vec<_> = ids.map(|id| id.get() as u64).collect();
    ids.sort_unstable();
    ids
}

fn batch(number: u64, start: u64, bytes: usize) -> Batch {
    let mut batch = SpanBatch::default();
    let resource = batch.intern_resource(Resource::default());
    let scope = batch.intern_scope(Scope::default());
    batch.spans.push(Span {
        trace_id: TraceId::new(u128::from(number)).unwrap(),
        span_id: SpanId::new(number).unwrap(),
        parent_span_id: None,
        trace_state: String::new(),
        flags: 0,
        name: "work".to_owned(),
        kind: Kind::Internal,
        start_unix_nanos: start,
        end_unix_nanos: start + 1,
        attributes: vec![Attribute::new("ballast", "x".repeat(bytes).as_str())],
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status: Status::default(),
        resource,
        scope,
    });
    Batch::encode(&batch).unwrap()
}

#[test]
fn a_merge_keeps_what_was_lost() {
    let mut fixture = Fixture::new(&[(0, 10), (1, 10), (2, 10)]);
    fixture.look(500);
    let losses = fixture.keeper.shelf.state.snapshot().losses(&(2..=u64::MAX));
    assert_eq!(losses, [loss(2), loss(3)]);
}

#[test]
fn a_segment_that_cannot_be_read_once_is_merged_at_the_next_look() {
    let mut fixture = Fixture::new(&[(0, 10), (1, 10)]);
    let path = fixture.folder.path().join(file_name(1));
    let away = fixture.folder.path().join("away");
    std::fs::rename(&path, &away).unwrap();
    fixture.keeper.look(BEGIN + 60 * MINUTE).unwrap_err();
    std::fs::rename(&away, &path).unwrap();
    assert_eq!(fixture.look(60), [[1, 2]]);
    assert_eq!(fixture.problems(), []);
}

#[test]
fn a_segment_that_cannot_be_read_again_and_again_does_not_keep_others_from_merges() {
    let mut fixture = Fixture::new(&[(0, 10), (1, 10), (2, 10)]);
    let path = fixture.folder.path().join(file_name(1));
    std::fs::rename(&path, fixture.folder.path().join("away")).unwrap();
    for _ in 1..FAILED_READS_MAX {
        fixture.keeper.look(BEGIN + 60 * MINUTE).unwrap_err();
    }
    fixture.keeper.look(BEGIN + 60 * MINUTE).unwrap();
    assert_eq!(fixture.problems(), [("segment not readable", 1)]);
    let segments = fixture.keeper.shelf.state.snapshot().segments;
    let ids: Vec<_> = segments.iter().map(|segment| segment.meta.id).collect();
    assert_eq!(ids, [1, 4]);
}

fn check_merges(segments: &[(u64, usize)], minute: u64, expected: &[&[u64]]) {
    let mut fixture = Fixture::new(segments);
    assert_eq!(fixture.look(minute), expected);
    assert_eq!(fixture.look(minute), expected, "there is nothing left to do");
    assert_eq!(fixture.problems(), []);
}

#[test]
fn neighbours_are_merged_when_they_are_many_or_their_hour_is_over() {
    let small = |minute| (minute, 10);
    check_merges(&[], 1, &[]);
    check_merges(&[small(0)], 500, &[&[1]]);
    // Of this hour: many, or none.
    let fifteen = [small(1); NEIGHBOURS - 1];
    let alone: Vec<_> = (1..NEIGHBOURS as u64).map(|number| [number]).collect();
    let alone: Vec<_> = alone.iter().map(<[u64; 1]>::as_slice).collect();
    check_merges(&fifteen, 59, &alone);
    let all: Vec<_> = (1..=NEIGHBOURS as u64).collect();
    check_merges(&[small(1); NEIGHBOURS], 1, &[&all]);
    check_merges(&fifteen, 60, &[&all[..NEIGHBOURS - 1]]);
    // Of an hour that is over: together, but not with those of another.
    check_merges(
        &[small(1), small(59), small(60), small(61)],
        61,
        &[&[1, 2], &[3], &[4]],
    );
    check_merges(
        &[small(1), small(59), small(60), small(61)],
        120,
        &[&[1, 2], &[3, 4]],
    );
}

#[test]
fn a_merge_takes_no_more_than_fits() {
    // More than half of a merge is left alone, and parts its neighbours.
    check_merges(&[(0, 10), (1, 25_000), (2, 10)], 60, &[&[1], &[2], &[3]]);
    check_merges(
        &[(0, 10), (1, 10), (2, 25_000), (3, 10)],
        60,
        &[&[1, 2], &[3], &[4]],
    );
    // As many as fit, at once when more wait.
    check_merges(&[(0, 19_000), (0, 19_000)], 1, &[&[1], &[2]]);
    check_merges(&[(0, 19_000), (0, 19_000), (0, 19_000)], 1, &[&[1, 2], &[3]]);
}

#[test]
fn merges_of_merges_name_all_that_they_replace() {
    let mut fixture = Fixture::new(&[(0, 10); NEIGHBOURS]);
    fixture.look(1);
    let once = Arc::clone(&fixture.keeper.shelf.state.snapshot().segments[0]);
    let late = fixture
        .keeper
        .shelf
        .write(&[Arc::new(batch(99, BEGIN, 10))], |id| Origin {
            id,
            level: 0,
            log: id,
            written_unix_nanos: BEGIN + 2 * MINUTE,
            replaces: Vec::new(),
            losses: Vec::new(),
        });
    let late = late.unwrap();
    let edit = Edit {
        add: vec![late.meta.clone()],
        ..Edit::default()
    };
    fixture.keeper.shelf.commit(&edit).unwrap();
    fixture
        .keeper
        .shelf
        .state
        .flushed(late.meta.log, Some(Arc::clone(&late)));
    let replaced: BTreeSet<_> = (1..=NEIGHBOURS as u64)
        .chain([once.meta.id, late.meta.id])
        .collect();
    drop((once, late));
    fixture.look(60);
    let segments = fixture.keeper.shelf.state.snapshot().segments;
    assert_eq!(segments.len(), 1);
    assert_eq!(segments[0].meta.level, 2);
    assert_eq!(
        segments[0].meta.replaces.iter().copied().collect::<BTreeSet<_>>(),
        replaced
    );
}

#[test]
fn a_segment_that_cannot_be_read_does_not_keep_others_from_merging() {
    let mut fixture = Fixture::new(&[(0, 10), (0, 10), (0, 10)]);
    let damaged = fixture.folder.path().join(file_name(2));
    std::fs::write(damaged, "").unwrap();
    assert_eq!(fixture.look(60), [vec![], vec![1, 3]]);
    assert_eq!(fixture.look(61), [vec![], vec![1, 3]]);
    assert_eq!(fixture.problems(), [("segment not readable", 1)]);
}

#[test]
fn readers_see_every_trace_once_while_segments_are_merged() {
    let mut fixture = Fixture::new(&[(0, 10); 4 * NEIGHBOURS]);
    let state = Arc::clone(&fixture.keeper.shelf.state);
    let ids: Vec<_> = (1..=4 * NEIGHBOURS as u128).filter_map(TraceId::new).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let read = state.snapshot().traces(&ids, crate::ReadBounds::NONE);
                assert_eq!(read.problems, []);
                let spans: Vec<_> = read.traces.iter().map(|trace| trace.batch.spans.len()).collect();
                assert_eq!(spans, vec![1; ids.len()]);
                let found = state
                    .snapshot()
                    .search(None, &SpanFilter::default(), 1000, |_| true);
                assert_eq!((found.traces.len(), found.problems.len()), (ids.len(), 0));
            }
        });
        fixture.keeper.look(BEGIN + MINUTE).unwrap();
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fixture.look(1).len(), 1);
}

fn check_retention(time: Option<Duration>, segments_kept: Option<u64>, minute: u64, expected: &[&[u64]]) {
    let hourly: Vec<_> = (0..5).map(|hour| (hour * 60, 25_000)).collect();
    let mut fixture = Fixture::new(&hourly);
    let segments = fixture.keeper.shelf.state.snapshot().segments;
    let newest = segments
        .iter()
        .rev()
        .take(segments_kept.unwrap_or_default() as usize);
    fixture.keeper.retention_bytes = segments_kept.map(|_| newest.map(|segment| segment.meta.bytes).sum());
    fixture.keeper.retention_time = time;
    drop(segments);
    assert_eq!(fixture.look(minute), expected);
    let retired = fixture
        .keeper
        .shelf
        .counters
        .retired_spans
        .load(Ordering::Relaxed);
    assert_eq!(retired, 5 - expected.len() as u64);
}

#[test]
fn the_oldest_segments_go_by_time_and_by_bytes() {
    let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
    let all: &[&[u64]] = &[&[1], &[2], &[3], &[4], &[5]];
    check_retention(None, None, 1_000_000, all);
    check_retention(hours(4), None, 240, all);
    check_retention(hours(4), None, 241, &all[1..]);
    check_retention(hours(1), None, 240, &all[3..]);
    check_retention(hours(1), None, 1_000_000, &[]);
    check_retention(None, Some(5), 240, all);
    check_retention(None, Some(2), 240, &all[3..]);
    check_retention(None, Some(0), 240, &[]);
    check_retention(hours(3), Some(4), 240, &all[1..]);
    check_retention(hours(4), Some(1), 240, &all[4..]);
}

#[test]
fn a_span_from_the_future_does_not_keep_its_segment() {
    let mut fixture = Fixture::new(&[]);
    let shelf = &fixture.keeper.shelf;
    let future = Arc::new(batch(1, BEGIN + 1_000_000 * MINUTE, 10));
    let segment = shelf.write(&[future], |id| Origin {
        id,
        level: 0,
        log: 1,
        written_unix_nanos: BEGIN,
        replaces: Vec::new(),
        losses: Vec::new(),
    });
    let segment = segment.unwrap();
    let edit = Edit {
        add: vec![segment.meta.clone()],
        ..Edit::default()
    };
    shelf.commit(&edit).unwrap();
    shelf.state.flushed(1, Some(segment));
    fixture.keeper.retention_time = Some(Duration::from_secs(3600));
    assert_eq!(fixture.look(60), [[1]]);
    assert!(fixture.look(61).is_empty());
}

#[test]
fn a_merge_that_would_fail_again_is_not_tried_again() {
    let full_disk = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let in_parquet = || SegmentError::Parquet(full_disk().into());
    let apart: &[&[u64]] = &[&[1], &[2]];
    let merged: &[&[u64]] = &[&[1, 2]];
    let no_problem: &[_] = &[];
    for (error, expected, problems) in [
        (SegmentError::Io(full_disk()), merged, no_problem),
        (in_parquet(), merged, no_problem),
        (SegmentError::Panicked, apart, &[("segments not mergeable", 1)]),
        (
            SegmentError::Format("odd"),
            apart,
            &[("segments not mergeable", 1)],
        ),
    ] {
        let mut fixture = Fixture::new(&[(0, 10), (1, 10)]);
        let inputs = fixture.keeper.shelf.state.snapshot().segments.to_vec();
        let is_io = error.is_io();
        assert_eq!(fixture.keeper.after_failure(&inputs, error).is_err(), is_io);
        drop(inputs);
        // The hour is over, so that they are due.
        assert_eq!(fixture.look(61), expected);
        assert_eq!(fixture.problems(), problems);
    }
}
