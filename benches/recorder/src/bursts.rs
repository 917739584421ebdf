//! Timing bursts.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Pairs of spans in a burst: small enough for a queue of 2,048 spans on two threads.
pub const PAIRS: u64 = 400;
const BURSTS: usize = 300;

/// What one peer costs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Nanoseconds a span.
    pub span: f64,
    pub enter_exit: f64,
    pub event: f64,
    /// How many times the spans of one thread two threads make in the same time.
    pub two_threads: f64,
    /// Nanoseconds of CPU on the reading side's thread a span.
    pub reader: f64,
    pub lost: u64,
}

impl Figures {
    pub fn to_line(self) -> String {
        format!(
            "{} {} {} {} {} {}",
            self.span, self.enter_exit, self.event, self.two_threads, self.reader, self.lost
        )
    }

    pub fn from_line(line: &str) -> Result<Self> {
        let numbers: Vec<f64> = line
            .split(' ')
            .map(|number| number.parse().with_context(|| format!("no number in {line:?}")))
            .collect::<Result<_>>()?;
        let [span, enter_exit, event, two_threads, reader, lost] = numbers[..] else {
            anyhow::bail!("six numbers expected, not {line:?}");
        };
        Ok(Self {
            span,
            enter_exit,
            event,
            two_threads,
            reader,
            lost: lost as u64,
        })
    }

    pub fn best_of(self, other: Self) -> Self {
        Self {
            span: self.span.min(other.span),
            enter_exit: self.enter_exit.min(other.enter_exit),
            event: self.event.min(other.event),
            two_threads: self.two_threads.max(other.two_threads),
            reader: self.reader.min(other.reader),
            lost: self.lost.max(other.lost),
        }
    }
}

/// Nanoseconds of one call of `act`, `count` times a burst; `between` bursts the reader catches up.
pub fn time(count: u64, mut act: impl FnMut(u64), mut between: impl FnMut()) -> f64 {
    let mut bursts: Vec<f64> = (0..BURSTS)
        .map(|_| {
            let begun = Instant::now();
            (0..count).for_each(&mut act);
            let nanos = begun.elapsed().as_nanos() as f64 / count as f64;
            between();
            nanos
        })
        .collect();
    lower_quartile(&mut bursts)
}

/// How many times as much two threads get done together as one alone.
pub fn two_threads(alone_nanos: f64, act: impl Fn(u64) + Sync, between: impl Fn() + Sync) -> f64 {
    let barrier = Barrier::new(2);
    let run = || {
        let mut bursts: Vec<f64> = (0..BURSTS)
            .map(|_| {
                barrier.wait();
                let begun = Instant::now();
                (0..PAIRS).for_each(&act);
                let nanos = begun.elapsed().as_nanos() as f64 / PAIRS as f64;
                barrier.wait();
                between();
                nanos
            })
            .collect();
        lower_quartile(&mut bursts)
    };
    let together = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        let mine = run();
        (mine + other.join().unwrap_or(f64::NAN)) / 2.0
    });
    2.0 * alone_nanos / together
}

/// Leaves out the bursts in which something else had the processor.
fn lower_quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}

/// Leaves the processor to others for a moment.
pub fn pause() {
    std::thread::park_timeout(Duration::from_micros(300));
}

/// CPU time of the calling thread.
pub fn thread_cpu() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of ours; on failure it stays zero.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
