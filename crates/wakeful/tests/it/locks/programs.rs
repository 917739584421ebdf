//! A program with a mistake, and ten without.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Barrier, Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use wakeful::sync::{Mutex, RwLock, Semaphore};

/// Where the lines of [`deadlock`] begin.
const DEADLOCK_LINE: u32 = line!() + 4;

/// Two tasks that take two locks in opposite order, each its first before the other asks for its second.
pub(super) async fn deadlock() {
    let left = Arc::new(Mutex::new(()));
    let right = Arc::new(Mutex::new(()));
    let both = Arc::new(Barrier::new(2));
    for (name, first, second) in [("left", left.clone(), right.clone()), ("right", right, left)] {
        let both = both.clone();
        wakeful::spawn_named(name, async move {
            let _first = first.lock().await;
            both.wait().await;
            let _second = second.lock().await;
        });
    }
}

/// What is to be said of it.
pub(super) fn deadlock_text() -> String {
    let place = |line: u32| format!("{}:{}", file!(), DEADLOCK_LINE + line);
    let [left, right, spawned] = [0, 1, 5].map(place);
    format!(
        "task N (left) of {spawned} holds Mutex of {left} and waits for Mutex of {right}; \
         task N (right) of {spawned} holds Mutex of {right} and waits for Mutex of {left}"
    )
}

/// The programs of [`correct`].
pub(super) const NAMES: [&str; 10] = [
    "channel",
    "condition",
    "hand over hand",
    "long holder",
    "nested",
    "queue",
    "readers and writers",
    "seats",
    "timeout",
    "try_lock",
];

type Tasks = Vec<JoinHandle<()>>;

/// Runs all ten side by side.
pub(super) async fn correct(time: Duration) {
    let until = Instant::now() + time;
    let programs: [fn(Instant) -> Tasks; 10] = [
        channel,
        condition,
        hand_over_hand,
        long_holder,
        nested,
        queue,
        readers_and_writers,
        seats,
        timeouts,
        try_lock,
    ];
    let tasks: Tasks = programs.into_iter().flat_map(|program| program(until)).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn spawn<F>(name: &str, count: u64, task: impl Fn(u64) -> F) -> Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    (0..count)
        .map(|at| wakeful::spawn_named(name, task(at)))
        .collect()
}

async fn pause(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

fn goes_on(until: Instant) -> bool {
    Instant::now() < until
}

/// Who holds the lock waits for a channel, and all others for the lock.
fn channel(until: Instant) -> Tasks {
    let (sender, receiver) = mpsc::channel(4);
    let receiver = Arc::new(Mutex::new(receiver));
    let mut tasks = spawn("channel", 4, |_| {
        let receiver = receiver.clone();
        async move {
            loop {
                let next = receiver.lock().await.recv().await;
                let Some(millis) = next else { return };
                pause(millis).await;
            }
        }
    });
    tasks.extend(spawn("channel", 1, |_| {
        let sender = sender.clone();
        async move {
            while goes_on(until) {
                sender.send(3).await.unwrap();
                pause(5).await;
            }
        }
    }));
    tasks
}

/// A lock with a condition: who finds nothing gives the lock back before it waits.
fn condition(until: Instant) -> Tasks {
    let shared = Arc::new((Mutex::new(VecDeque::new()), Notify::new()));
    let mut tasks = spawn("condition", 3, |_| {
        let shared = shared.clone();
        async move {
            let (queue, filled) = &*shared;
            while goes_on(until) {
                if queue.lock().await.pop_front().is_none() {
                    let _ = timeout(Duration::from_millis(600), filled.notified()).await;
                }
            }
        }
    });
    tasks.extend(spawn("condition", 1, |_| {
        let shared = shared.clone();
        async move {
            let (queue, filled) = &*shared;
            while goes_on(until) {
                queue.lock().await.push_back(());
                filled.notify_one();
                pause(2).await;
            }
        }
    }));
    tasks
}

/// Along a list: the next lock is taken before the former is given back.
fn hand_over_hand(until: Instant) -> Tasks {
    let list: Arc<[Mutex<u64>; 5]> = Arc::new(std::array::from_fn(|_| Mutex::new(0)));
    spawn("hand over hand", 4, |_| {
        let list = list.clone();
        async move {
            while goes_on(until) {
                let mut held = list[0].lock().await;
                for next in &list[1..] {
                    *held += 1;
                    pause(1).await;
                    held = next.lock().await;
                }
            }
        }
    })
}

/// A lock is held for two seconds at a time, and everybody else waits.
fn long_holder(until: Instant) -> Tasks {
    let lock = Arc::new(Mutex::new(()));
    spawn("long holder", 4, |at| {
        let lock = lock.clone();
        async move {
            while goes_on(until) {
                let held = lock.lock().await;
                pause(if at == 0 { 2_000 } else { 1 }).await;
                drop(held);
            }
        }
    })
}

/// Three locks within each other, in the same order everywhere.
fn nested(until: Instant) -> Tasks {
    let locks = Arc::new((Mutex::new(()), Mutex::new(()), Mutex::new(())));
    spawn("nested", 6, |_| {
        let locks = locks.clone();
        async move {
            while goes_on(until) {
                let _outer = locks.0.lock().await;
                let _middle = locks.1.lock().await;
                pause(1).await;
                let _inner = locks.2.lock().await;
                pause(1).await;
            }
        }
    })
}

/// A hundred wait in one queue: more than are told of singly.
fn queue(until: Instant) -> Tasks {
    let lock = Arc::new(Mutex::new(0_u64));
    spawn("queue", 100, |_| {
        let lock = lock.clone();
        async move {
            while goes_on(until) {
                let mut count = lock.lock().await;
                *count += 1;
                pause(1).await;
            }
        }
    })
}

/// Two locks in the same order, some to read and some to write.
fn readers_and_writers(until: Instant) -> Tasks {
    let locks = Arc::new((RwLock::new(0_u64), RwLock::new(0_u64)));
    spawn("readers and writers", 8, |at| {
        let locks = locks.clone();
        async move {
            while goes_on(until) {
                if at % 4 == 0 {
                    let mut first = locks.0.write().await;
                    *locks.1.write().await += 1;
                    *first += 1;
                } else {
                    let _first = locks.0.read().await;
                    let _second = locks.1.read().await;
                    pause(1).await;
                }
            }
        }
    })
}

/// Three permits, of which everybody takes one, two or three at once.
fn seats(until: Instant) -> Tasks {
    let seats = Arc::new(Semaphore::new(3));
    spawn("seats", 10, |at| {
        let seats = seats.clone();
        async move {
            while goes_on(until) {
                let taken = seats.acquire_many(1 + at as u32 % 3).await.unwrap();
                pause(2).await;
                drop(taken);
            }
        }
    })
}

/// Opposite orders, that give up after longer than a deadlock takes to be told.
fn timeouts(until: Instant) -> Tasks {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    spawn("timeout", 2, |at| {
        let locks = locks.clone();
        async move {
            let (mine, other) = (at as usize, 1 - at as usize);
            while goes_on(until) {
                let first = locks[mine].lock().await;
                pause(50).await;
                let _ = timeout(Duration::from_millis(1_800 + 300 * at), locks[other].lock()).await;
                drop(first);
            }
        }
    })
}

/// Opposite orders, but nobody waits for the second.
fn try_lock(until: Instant) -> Tasks {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    spawn("try_lock", 4, |at| {
        let locks = locks.clone();
        async move {
            let (mine, other) = (at as usize % 2, 1 - at as usize % 2);
            while goes_on(until) {
                let first = locks[mine].lock().await;
                if let Ok(_second) = locks[other].try_lock() {
                    pause(1).await;
                }
                drop(first);
                pause(1).await;
            }
        }
    })
}
