//! Many senders, readers and flushes at once, and too little room for them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use wakeful_store::{AppendError, SpanFilter, Store};

use crate::support::{folder, runtime};
use crate::traces::{check, flush, open_with, part, span_ids, trace_id, whole};

const SENDERS: u64 = 8;

/// Appends a trace span by span, and checks that it is found at once.
fn send(store: &Store, number: u64) {
    let runtime = runtime();
    for span in 0..3 {
        runtime.block_on(store.append(part(number, [span], 200))).unwrap();
        let (traces, problems) = store.traces(&[trace_id(number)]);
        assert_eq!(problems, []);
        let expected: Vec<_> = (1..=span + 1).map(|span| number * 16 + span).collect();
        assert_eq!(
            traces
                .iter()
                .map(|trace| span_ids(&trace.batch))
                .collect::<Vec<_>>(),
            [expected],
            "trace {number}, right after its acknowledgement"
        );
    }
}

/// Spans that a search came upon are all there and there once: no trace is seen without one that was seen before.
fn look(store: &Store, seen: &mut BTreeSet<u64>) {
    let found = store.search(&SpanFilter::default(), 1000, |_| true);
    assert_eq!(found.problems, []);
    let found: Vec<u64> = found.traces.iter().map(|(id, _)| id.get() as u64).collect();
    let now: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!(now.len(), found.len(), "a trace is found twice");
    assert!(now.is_superset(seen), "a trace is not found any more");
    *seen = now;
}

#[test]
fn what_is_acknowledged_is_found_at_once_whatever_goes_on() {
    let folder = folder();
    let store = open_with(folder.path(), 16 << 10);
    let done = AtomicBool::new(false);
    let traces_each = 40;
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let store = &store;
                scope.spawn(move || {
                    (0..traces_each).for_each(|trace| send(store, 1 + trace * SENDERS + sender));
                })
            })
            .collect();
        scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                look(&store, &mut seen);
            }
        });
        scope.spawn(|| {
            // Flushes of an empty tail are among these.
            while !done.load(Ordering::Relaxed) {
                flush(&store);
            }
        });
        let results: Vec<_> = senders.into_iter().map(ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        results.into_iter().for_each(|result| result.unwrap());
    });
    check(&store, 1..=SENDERS * traces_each, &[], "all sent");
    drop(store);
    let store = open_with(folder.path(), 16 << 10);
    check(&store, 1..=SENDERS * traces_each, &[], "opened again");
}

#[test]
fn appends_larger_than_the_room_are_taken() {
    for tail_bytes_max in [0, 1, 2000, 40_000] {
        let folder = folder();
        let store = open_with(folder.path(), tail_bytes_max);
        // Small ones between leave a tail that is not due to be flushed and takes the room.
        let batch = |number: u64| part(number, 0..3, if number.is_multiple_of(2) { 30_000 } else { 8 });
        std::thread::scope(|scope| {
            for sender in 0..3 {
                let (store, batch) = (&store, &batch);
                scope.spawn(move || {
                    for trace in 0..6 {
                        // One that waits for room that nobody gives is refused after five seconds.
                        runtime()
                            .block_on(store.append(batch(1 + trace * 3 + sender)))
                            .unwrap();
                    }
                });
            }
        });
        check(&store, 1..=18, &[], format!("{tail_bytes_max} bytes"));
    }
}

#[test]
fn a_large_append_behind_a_small_one_does_not_wait_for_the_interval() {
    let folder = folder();
    let store = open_with(folder.path(), 64 << 10);
    let runtime = runtime();
    for number in 1_u64..=6 {
        let ballast = if number.is_multiple_of(2) { 25_000 } else { 8_000 };
        // The interval is an hour, and one that waits for it is refused after five seconds.
        runtime
            .block_on(store.append(part(number, 0..3, ballast)))
            .unwrap();
    }
    check(&store, 1..=6, &[], "mixed sizes");
}

#[test]
fn closing_ends_while_appends_are_in_flight_and_keeps_what_was_acknowledged() {
    for round in 0..8 {
        let folder = folder();
        let store = open_with(folder.path(), 8 << 10);
        let acknowledged = Mutex::new(BTreeSet::new());
        let some = Condvar::new();
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (store, acknowledged, some) = (&store, &acknowledged, &some);
                scope.spawn(move || {
                    for trace in 0..100 {
                        let number = 1 + trace * SENDERS + sender;
                        match runtime().block_on(store.append(whole(number))) {
                            Ok(()) => {
                                acknowledged.lock().unwrap().insert(number);
                                some.notify_one();
                            }
                            Err(error) => return assert_eq!(error, AppendError::Closed),
                        }
                    }
                });
            }
            let enough = some
                .wait_timeout_while(acknowledged.lock().unwrap(), Duration::from_secs(60), |all| {
                    all.len() < 10 * round + 1
                })
                .unwrap();
            assert!(!enough.1.timed_out());
            drop(enough);
            store.close();
        });
        assert_eq!(
            runtime().block_on(store.append(whole(999))),
            Err(AppendError::Closed)
        );
        drop(store);
        let acknowledged = acknowledged.into_inner().unwrap();
        let store = open_with(folder.path(), 8 << 10);
        check(&store, acknowledged, &[], format!("closed, round {round}"));
    }
}
