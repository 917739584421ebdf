//! Where times come from: ticks of a monotonic clock when recording, Unix time when handing out.

mod timeline;

use std::sync::Arc;
use std::time::{Duration, Instant};

use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use timeline::Timeline;

/// Where a recorder's times come from.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    /// The processor's time stamp counter, which takes 10 ns to read.
    #[cfg(target_arch = "x86_64")]
    Tsc(Start),
    /// The system's monotonic clock, nanoseconds since an instant; 25 ns.
    Instant(Instant),
    /// Set by a test; a tick is a nanosecond of Unix time.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The time stamp counter if the kernel trusts it (its clock source is `tsc`), otherwise the monotonic clock.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if kernel_trusts_tsc() {
            return Self(Source::Tsc(Start::now()));
        }
        Self::monotonic()
    }

    /// The system's monotonic clock.
    pub fn monotonic() -> Self {
        Self(Source::Instant(Instant::now()))
    }

    /// A clock that stands still until `nanos` is changed: nanoseconds of Unix time.
    pub fn manual(nanos: Arc<AtomicU64>) -> Self {
        Self(Source::Manual(nanos))
    }

    /// The time in ticks.
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: every x86-64 processor has the instruction, and this source is chosen only where the kernel itself
            // uses it as its clock, so it is not trapped.
            Source::Tsc(_) => unsafe { std::arch::x86_64::_rdtsc() },
            Source::Instant(since) => since.elapsed().as_nanos() as u64,
            Source::Manual(nanos) => nanos.load(Ordering::Relaxed),
        }
    }

    /// How long so many ticks are, for people: by the rate since the clock was made.
    pub(crate) fn duration(&self, ticks: u64) -> Duration {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Source::Tsc(start) => {
                let elapsed = self.ticks().saturating_sub(start.ticks).max(1);
                start.instant.elapsed().mul_f64(ticks as f64 / elapsed as f64)
            }
            Source::Instant(_) | Source::Manual(_) => Duration::from_nanos(ticks),
        }
    }

    /// Whether ticks already are nanoseconds of Unix time.
    fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }
}

/// Both clocks when the counter was chosen.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
struct Start {
    ticks: u64,
    instant: Instant,
}

#[cfg(target_arch = "x86_64")]
impl Start {
    fn now() -> Self {
        Self {
            // SAFETY: as in `Clock::ticks`.
            ticks: unsafe { std::arch::x86_64::_rdtsc() },
            instant: Instant::now(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn kernel_trusts_tsc() -> bool {
    use std::sync::OnceLock;
    static TRUSTED: OnceLock<bool> = OnceLock::new();
    *TRUSTED.get_or_init(|| {
        std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .is_ok_and(|source| source.trim() == "tsc")
    })
}
