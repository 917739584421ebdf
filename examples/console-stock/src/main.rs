//! A program watched by a stock `console-subscriber`, unmodified: what `wakeful top` must show as tokio-console does.
//!
//! `TOKIO_CONSOLE_BIND=127.0.0.1:7001 cargo run` chooses the address. One task for each lint of tokio-console; timers, locks,
//! a semaphore, a oneshot and a barrier for the list of resources. With `deadlock` as argument, two tasks take two locks in
//! opposite order.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Barrier, Mutex, RwLock, Semaphore, oneshot};
use tokio::task::Builder;
use tokio::time::{interval, sleep};

type Handles = Vec<std::io::Result<tokio::task::JoinHandle<()>>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 3)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    console_subscriber::ConsoleLayer::builder().with_default_env().init();
    // Kept, so that no task is detached by mistake.
    let mut running = healthy();
    running.extend(unwell());
    if std::env::args().any(|argument| argument == "deadlock") {
        running.extend(deadlock());
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Tasks that do what tasks do.
fn healthy() -> Handles {
    let lock = Arc::new(Mutex::new(0_u64));
    let rates = Arc::new(RwLock::new(1.0_f64));
    let seats = Arc::new(Semaphore::new(2));
    let gate = Arc::new(Barrier::new(2));
    let mut tasks = vec![
        Builder::new().name("ticker").spawn(async {
            let mut ticks = interval(Duration::from_millis(250));
            loop {
                ticks.tick().await;
            }
        }),
        Builder::new().name("spawner").spawn(async {
            loop {
                let brief = tokio::spawn(sleep(Duration::from_millis(20)));
                let _ = brief.await;
                let (answer, asked) = oneshot::channel();
                let asking = tokio::spawn(asked);
                sleep(Duration::from_millis(100)).await;
                let _ = answer.send(());
                let _ = asking.await;
                sleep(Duration::from_millis(400)).await;
            }
        }),
    ];
    for name in ["counter-a", "counter-b"] {
        let (lock, rates, seats, gate) = (lock.clone(), rates.clone(), seats.clone(), gate.clone());
        tasks.push(Builder::new().name(name).spawn(async move {
            loop {
                gate.wait().await;
                let seat = seats.acquire().await;
                let mut count = lock.lock().await;
                *count += 1;
                sleep(Duration::from_millis(30)).await;
                drop(count);
                let _ = *rates.read().await;
                drop(seat);
            }
        }));
    }
    tasks
}

/// One task for each of tokio-console's lints.
fn unwell() -> Handles {
    vec![
        // Lost waker: nobody will ever wake it.
        Builder::new().name("lost").spawn(std::future::pending()),
        // Self wakes: it wakes itself from inside its own poll.
        Builder::new().name("selfish").spawn(async {
            loop {
                let mut woke = false;
                std::future::poll_fn(|context| match std::mem::replace(&mut woke, true) {
                    true => Poll::Ready(()),
                    false => {
                        context.waker().wake_by_ref();
                        Poll::Pending
                    }
                })
                .await;
                std::thread::sleep(Duration::from_millis(20));
            }
        }),
        // Large future, which the runtime does not box in release builds below 16 KiB.
        Builder::new().name("large").spawn(large([0; 1500])),
        // Auto-boxed: past what the runtime keeps in place.
        Builder::new().name("boxed").spawn(large([0; 20_000])),
        // Never yielded; the runtime has other workers for the others.
        Builder::new().name("busy").spawn(async {
            std::thread::sleep(Duration::from_secs(3600));
        }),
    ]
}

async fn large<const BYTES: usize>(mut room: [u8; BYTES]) {
    loop {
        sleep(Duration::from_secs(1)).await;
        room[0] = room[BYTES - 1].wrapping_add(1);
    }
}

/// Two tasks that wait for each other for ever.
fn deadlock() -> Handles {
    let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let take = |first: Arc<Mutex<()>>, second: Arc<Mutex<()>>| async move {
        let _first = first.lock().await;
        sleep(Duration::from_millis(50)).await;
        let _second = second.lock().await;
    };
    vec![
        Builder::new().name("left-first").spawn(take(left.clone(), right.clone())),
        Builder::new().name("right-first").spawn(take(right, left)),
    ]
}
