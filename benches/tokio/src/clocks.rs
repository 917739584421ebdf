//! What is read of the system: processor times and memory.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of processor time that the calling thread took.
pub fn thread_nanos() -> f64 {
    nanos(ClockId::ThreadCPUTime)
}

/// Nanoseconds of processor time that all threads of this process took.
pub fn process_nanos() -> f64 {
    nanos(ClockId::ProcessCPUTime)
}

fn nanos(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Bytes of memory that this process has.
pub fn resident_bytes() -> Result<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm
        .split_whitespace()
        .nth(1)
        .context("no second number in statm")?;
    Ok(pages.parse::<f64>()? * rustix::param::page_size() as f64)
}
