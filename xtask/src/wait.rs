//! The one place that sleeps: other processes cannot be awaited.

use std::time::{Duration, Instant};

/// Lets `duration` pass.
#[allow(
    clippy::disallowed_methods,
    reason = "another process gives no signal to wait on"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Asks `done` again and again until it answers, or `time_max` is over.
pub(crate) fn until<T>(time_max: Duration, mut done: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = done() {
            return Some(answer);
        }
        if begun.elapsed() > time_max {
            return None;
        }
        pause(Duration::from_millis(20));
    }
}
