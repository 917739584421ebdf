//! Trying again: when the receiver asks for it, or may have come back (opentelemetry-proto 1.9, "Retryable Response Codes").

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use tokio::sync::watch;
use wakeful_wire::otlp::Answer;

use super::Shared;
use super::attempt::{self, Failure, Message};

/// The first wait; each further one is twice as long, up to [`WAIT_MAX`].
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest wait that a receiver can ask for.
const HINT_MAX: Duration = Duration::from_secs(60);

/// Tells a sender that the program ends: what was not received at the next attempt is not tried again.
#[derive(Debug, Clone)]
pub(crate) struct Stop(pub(crate) watch::Receiver<bool>);

impl Stop {
    fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits that long, or until it is set.
    async fn wait(&mut self, duration: Duration) {
        // Whoever tells is gone: that is the end too.
        let _ = tokio::time::timeout(duration, self.0.wait_for(|stop| *stop)).await;
    }
}

/// Sends until the message is received or refused, or the program ends. The caller bounds the time.
/// Each failure after which it goes on is told to `on_failure`.
pub(super) async fn send(
    shared: &Shared,
    message: &Message,
    stop: &mut Stop,
    on_failure: &(dyn Fn(&Failure) + Send + Sync),
) -> Result<Answer, Failure> {
    let mut wait = WAIT_MIN;
    loop {
        let last = stop.is_set();
        let failure = match attempt::send(shared, message).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if last || !failure.is_transient() {
            return Err(failure);
        }
        on_failure(&failure);
        let hint = match &failure {
            Failure::Refused { delay, .. } => *delay,
            _ => None,
        };
        stop.wait(pause(hint, wait)).await;
        wait = (wait * 2).min(WAIT_MAX);
    }
}

/// What a receiver asks for, and never less than it would be without: one that says 0 is not asked at once for ever.
fn pause(hint: Option<Duration>, wait: Duration) -> Duration {
    hint.unwrap_or_default().max(jitter(wait)).min(HINT_MAX)
}

/// Between half and all of a wait, so that many senders do not come back at once.
fn jitter(wait: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    wait.mul_f64(0.5 + random as f64 / u64::MAX as f64 / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_makes_a_wait_longer_and_never_shorter() {
        let check = |hint_millis: Option<u64>, expected: std::ops::RangeInclusive<u128>| {
            let hint = hint_millis.map(Duration::from_millis);
            let pause = pause(hint, Duration::from_millis(100)).as_millis();
            assert!(expected.contains(&pause), "{hint:?}: {pause} ms");
        };
        check(None, 50..=100);
        check(Some(0), 50..=100);
        check(Some(700), 700..=700);
        check(Some(u64::MAX), 60_000..=60_000);
    }

    #[test]
    fn waits_are_spread_over_their_upper_half() {
        let wait = Duration::from_millis(100);
        let waits: Vec<Duration> = (0..100).map(|_| jitter(wait)).collect();
        assert!(waits.iter().all(|it| (wait / 2..=wait).contains(it)));
        assert!(waits.iter().any(|it| *it < wait * 3 / 4) && waits.iter().any(|it| *it > wait * 3 / 4));
    }
}
