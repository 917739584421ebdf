//! Many threads cost little memory: rings are given back, and pages that were never written take none.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![cfg(target_os = "linux")]

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tracing::{Dispatch, info_span};
use wakeful_subscriber::{Drain, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn span(&mut self, _span: &FinishedSpan<'_>) {
        self.0 += 1;
    }
    fn log(&mut self, _record: &LogRecord<'_>) {}
    fn lost(&mut self, loss: &Loss<'_>) {
        panic!("{loss:?}");
    }
}

/// Resident bytes of the process.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

fn spans(count: usize) {
    for number in 0..count {
        info_span!("work", number, text = "some text").in_scope(|| {});
    }
}

/// How much is resident while 512 threads are alive that each ran `act`.
fn with_blocking_threads(act: impl Fn() + Send + Sync + 'static, then: impl FnOnce()) -> u64 {
    let act = Arc::new(act);
    let (done, end) = (Arc::new(Barrier::new(513)), Arc::new(Barrier::new(513)));
    let threads: Vec<_> = (0..512)
        .map(|_| {
            let (act, done, end) = (act.clone(), done.clone(), end.clone());
            std::thread::spawn(move || {
                act();
                done.wait();
                end.wait();
            })
        })
        .collect();
    done.wait();
    then();
    let resident = resident_bytes();
    end.wait();
    for thread in threads {
        thread.join().unwrap();
    }
    resident
}

#[test]
fn two_thousand_short_and_512_blocking_threads_take_at_most_16_megabytes() {
    let (recorder, drain) = recorder(Settings::default());
    let dispatch = Dispatch::new(recorder.subscriber());
    // The threads' own stacks are no concern of the recorder.
    let without = with_blocking_threads(|| {}, || {});

    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = stop.clone();
    let waker = drain.waker();
    let reader = std::thread::spawn(move || {
        let mut drain: Drain = drain;
        let mut count = Count::default();
        while !told.load(std::sync::atomic::Ordering::Acquire) {
            drain.drain(&mut count);
            drain.wait(Duration::from_millis(1));
        }
        drain.finish(&mut count);
        count.0
    });

    for _ in 0..100 {
        let short: Vec<_> = (0..20)
            .map(|_| {
                let dispatch = dispatch.clone();
                std::thread::spawn(move || tracing::dispatcher::with_default(&dispatch, || spans(10)))
            })
            .collect();
        for thread in short {
            thread.join().unwrap();
        }
    }
    let with = with_blocking_threads(
        move || tracing::dispatcher::with_default(&dispatch, || spans(50)),
        || {},
    );
    stop.store(true, std::sync::atomic::Ordering::Release);
    waker.wake();
    assert_eq!(reader.join().unwrap(), 2_000 * 10 + 512 * 50);
    let grown = with.saturating_sub(without);
    println!("{} kB more", grown / 1024);
    assert!(grown <= 16 << 20, "{grown} bytes more than without the recorder");
}
