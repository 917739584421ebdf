//! Rings that are too small: whatever is not handed out is counted, exactly.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod flood;

use std::time::Duration;

use flood::flood;

#[test]
fn created_is_received_and_lost_while_the_drain_keeps_running() {
    let sum = flood(2, Duration::from_millis(700), 4 << 10, Duration::ZERO);
    sum.check();
    assert!(sum.lost_spans > 0 && sum.received_spans > 0, "{sum:?}");
}

#[test]
fn created_is_received_and_lost_when_the_drain_comes_rarely() {
    let sum = flood(3, Duration::from_millis(500), 8 << 10, Duration::from_millis(20));
    sum.check();
    assert!(sum.lost_spans > 0 && sum.received_spans > 0, "{sum:?}");
}
