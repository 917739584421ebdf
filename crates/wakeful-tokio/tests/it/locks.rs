//! Locks as they are told of.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use expect_test::expect;
use wakeful_model::runtime::{DurationHistogram, LocationTable, RuntimeBatch, Telling};
use wakeful_tokio::sync::{Mutex, RwLock, Semaphore};

use crate::support::{current_thread, resource_named, seen, watch};

#[test]
fn a_semaphore_tells_of_its_permits() {
    let seats = {
        let _one = watch();
        Semaphore::named("seats", 10)
    };
    let three = current_thread().block_on(seats.acquire_many(3)).unwrap();
    seen(
        "seats",
        &expect!["Semaphore seats: permits=7 max_permits=10; 0 wait: "],
    );
    seats.try_acquire().unwrap().forget();
    seats.add_permits(2);
    drop(three);
    seen(
        "seats",
        &expect!["Semaphore seats: permits=11 max_permits=11; 0 wait: "],
    );
}

#[test]
fn some_of_the_times_that_a_lock_is_held_are_measured() {
    const HOLDS: u64 = 64;
    let name = "held for a millisecond";
    let (mutex, rwlock, semaphore) = {
        let _one = watch();
        (
            Mutex::named(name, ()),
            RwLock::named(&format!("{name}, to read"), ()),
            Semaphore::named(&format!("{name}, by permits"), 1),
        )
    };
    current_thread().block_on(async {
        for _ in 0..HOLDS {
            let held = (
                mutex.lock().await,
                rwlock.read().await,
                semaphore.acquire().await.unwrap(),
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
            drop(held);
        }
    });
    let (_one, watch) = watch();
    for name in [
        name.to_owned(),
        format!("{name}, to read"),
        format!("{name}, by permits"),
    ] {
        let times = watch.until(|batches| {
            let id = resource_named(batches, &name)?;
            let states = batches.iter().flat_map(|batch| &batch.resource_states);
            let mut times = DurationHistogram::default();
            let of_it = states.filter(|state| state.resource == id);
            of_it.for_each(|state| times.merge(&state.hold_times));
            (times.count() > 0).then_some(times)
        });
        // One in 32.
        assert!((1..=4).contains(&times.count()), "{name}: {times:?}");
        // A timer is never early, and a bucket is an eighth wide.
        assert!(times.quantile_nanos(0.0) > 900_000, "{name}: {times:?}");
    }
}

#[test]
fn all_that_exists_is_told_again_where_a_batch_was_lost() {
    let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
    drain.want_tasks(true);
    assert!(wakeful_tokio::install_here(&recorder));
    let lock = Mutex::new(());
    let _held = lock.try_lock().unwrap();
    let mut waiting = pin!(lock.lock());
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let told = |telling| {
        let mut batch = RuntimeBatch::default();
        wakeful_tokio::sample(&recorder, telling, &mut batch, &mut LocationTable::default());
        [
            batch.resource_starts.len(),
            batch.resource_states.len(),
            batch.async_ops.len(),
        ]
    };
    assert_eq!(told(Telling::Changes), [1, 1, 1]);
    assert_eq!(told(Telling::Changes), [0, 0, 0]);
    assert_eq!(told(Telling::Everything), [1, 1, 1]);
    assert_eq!(told(Telling::Changes), [0, 0, 0]);
}
