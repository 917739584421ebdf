//! What every peer does, and what is measured of it.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::clocks;
use crate::peers::{Peer, Watched};

const BURSTS: usize = 300;
const POLLS: u64 = 2_000;
const SPAWNS: u64 = 200;

/// Tasks that are polled ten times a millisecond: a million polls a second together.
const TICKING: u64 = 100;
const POLLS_A_TICK: u64 = 10;
const RATE_SECONDS: u64 = 5;

pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measurement {
    /// Nanoseconds a poll, a spawned task, and a poll on other threads.
    Cost,
    /// Bytes a task that waits for ever.
    Idle,
    /// Polls a second, bytes a second that leave the program, and polls that are in no sum.
    Rate,
}

impl Measurement {
    pub const ALL: [Self; 3] = [Self::Cost, Self::Idle, Self::Rate];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Idle => "idle",
            Self::Rate => "rate",
        }
    }

    pub fn is_for(self, peer: Peer) -> bool {
        // console-subscriber sends nothing as long as nobody looks.
        self != Self::Rate || !matches!(peer, Peer::Tokio | Peer::Console)
    }

    pub fn take(self, peer: Peer) -> Result<Vec<f64>> {
        let mut builder = match self {
            Self::Rate => Builder::new_multi_thread(),
            _ => Builder::new_current_thread(),
        };
        builder.worker_threads(2).enable_all();
        let watched = peer.watch(builder)?;
        match self {
            Self::Cost => Ok(cost(&watched)),
            Self::Idle => Ok(vec![idle(&watched, peer)?]),
            Self::Rate => Ok(rate(watched)),
        }
    }
}

fn cost(watched: &Watched) -> Vec<f64> {
    let began = (clocks::thread_nanos(), clocks::process_nanos());
    let poll = bursts(watched, POLLS, 1, || Box::pin(polls(POLLS)));
    let mine = clocks::thread_nanos() - began.0;
    let others = clocks::process_nanos() - began.1 - mine;
    let spawn = bursts(watched, SPAWNS, SPAWNS, || Box::pin(async {}));
    vec![poll, spawn, others / (POLLS * BURSTS as u64) as f64]
}

/// Nanoseconds of one of the `count` things that `tasks` tasks do together.
fn bursts(watched: &Watched, count: u64, tasks: u64, work: fn() -> Task) -> f64 {
    let mut bursts: Vec<f64> = (0..BURSTS)
        .map(|_| {
            let began = clocks::thread_nanos();
            let spawn = watched.spawn;
            (watched.block_on)(Box::pin(async move {
                let left = Arc::new((AtomicU64::new(tasks), Notify::new()));
                for _ in 0..tasks {
                    let (left, work) = (left.clone(), work());
                    spawn(Box::pin(async move {
                        work.await;
                        if left.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                            left.1.notify_one();
                        }
                    }));
                }
                left.1.notified().await;
            }));
            let nanos = (clocks::thread_nanos() - began) / count as f64;
            // Whoever reads on another thread catches up.
            std::thread::park_timeout(Duration::from_millis(1));
            nanos
        })
        .collect();
    bursts.sort_by(f64::total_cmp);
    bursts[bursts.len() / 4]
}

/// Is polled so often, and once more.
async fn polls(count: u64) {
    let mut left = count;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn idle(watched: &Watched, peer: Peer) -> Result<f64> {
    let tasks = peer.idle_tasks();
    let before = clocks::resident_bytes()?;
    let spawn = watched.spawn;
    (watched.block_on)(Box::pin(async move {
        for _ in 0..tasks {
            spawn(Box::pin(pending()));
        }
        tokio::task::yield_now().await;
        // Two batches a second have been made of them.
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }));
    Ok((clocks::resident_bytes()? - before) / tasks as f64)
}

fn rate(watched: Watched) -> Vec<f64> {
    let made = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let until = began + Duration::from_secs(RATE_SECONDS);
    let (spawn, counted) = (watched.spawn, made.clone());
    (watched.block_on)(Box::pin(async move {
        let left = Arc::new((AtomicU64::new(TICKING), Notify::new()));
        for _ in 0..TICKING {
            let (made, left) = (counted.clone(), left.clone());
            let mut ticking = Box::pin(async move {
                let mut ticks = tokio::time::interval(Duration::from_millis(1));
                while Instant::now() < until {
                    ticks.tick().await;
                    polls(POLLS_A_TICK - 1).await;
                }
                if left.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                    left.1.notify_one();
                }
            });
            spawn(Box::pin(poll_fn(move |context| {
                made.fetch_add(1, Ordering::Relaxed);
                ticking.as_mut().poll(context)
            })));
        }
        left.1.notified().await;
    }));
    let seconds = began.elapsed().as_secs_f64();
    let made = made.load(Ordering::Relaxed) as f64;
    // And with it the runtime.
    drop(watched.block_on);
    let (bytes, counted) = (watched.told)();
    vec![
        made / seconds,
        bytes as f64 / seconds,
        counted.map_or(f64::NAN, |counted| made - counted as f64),
    ]
}
