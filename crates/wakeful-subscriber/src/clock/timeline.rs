//! From ticks to nanoseconds of Unix time.
//!
//! Anchors tie the two: a tick, the monotonic time and the wall time, read together. Between anchors the tick's rate is that of
//! the last stretch, corrected so that the next anchor is met; so the line has no jumps, and a later tick is never an earlier
//! time. The wall clock comes in as an offset to the monotonic one; when it is set, the offset is replaced and the step told.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Clock;
use crate::drain::ClockStep;

/// How often an anchor is taken, if the drain runs.
const ANCHOR_NANOS: f64 = 250e6;
/// A wall clock that is off by more was set; less is its slewing, which the offset follows slowly.
const STEP_NANOS_MIN: i64 = 10_000_000;
/// A correction is spread over the next stretch; a bigger error is taken at once, forwards, or both ways once the rate is known well:
/// then the counter and the monotonic clock have parted, as they may while a machine sleeps.
const ERROR_NANOS_MAX: f64 = 1e6;

/// The line from ticks to nanoseconds of Unix time.
#[derive(Debug)]
pub(crate) struct Timeline {
    clock: Clock,
    /// When monotonic time began for us.
    epoch: Instant,
    first: Anchor,
    last: Anchor,
    /// Where the line is at `last.ticks`, nanoseconds of monotonic time.
    line_nanos: f64,
    nanos_per_tick: f64,
    /// Unix time minus monotonic time.
    offset_nanos: i64,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    ticks: u64,
    monotonic_nanos: f64,
    unix_nanos: i64,
}

impl Timeline {
    pub(crate) fn new(clock: Clock) -> Self {
        let epoch = Instant::now();
        let first = Anchor::take(&clock, epoch);
        Self {
            // Until the second anchor is there: right for nanoseconds, wrong for a counter, which nobody converts before.
            nanos_per_tick: 1.0,
            offset_nanos: first.unix_nanos - first.monotonic_nanos as i64,
            line_nanos: first.monotonic_nanos,
            last: first,
            first,
            epoch,
            clock,
        }
    }

    /// Takes an anchor if it is time. Call it before converting: ticks up to now then lie between anchors.
    pub(crate) fn advance(&mut self) -> Option<ClockStep> {
        if self.clock.is_manual() {
            return None;
        }
        // A rate from a short stretch is rough, so at first each stretch is about as long as all before it together.
        let known_nanos = self.last.monotonic_nanos - self.first.monotonic_nanos;
        let since = self.clock.ticks().checked_sub(self.last.ticks);
        // A counter that has gone back began anew.
        if since.is_some_and(|ticks| (ticks as f64 * self.nanos_per_tick) < known_nanos.min(ANCHOR_NANOS)) {
            return None;
        }
        let now = Anchor::take(&self.clock, self.epoch);
        self.follow(now)
    }

    fn follow(&mut self, now: Anchor) -> Option<ClockStep> {
        if self.has_parted(now) {
            self.begin_again(now);
            return self.follow_wall_clock(now);
        }
        let elapsed = now.ticks.saturating_sub(self.first.ticks) as f64;
        if elapsed <= 0.0 {
            return None;
        }
        let rate = (now.monotonic_nanos - self.first.monotonic_nanos) / elapsed;
        let predicted = if self.last.ticks == self.first.ticks {
            now.monotonic_nanos
        } else {
            self.line_nanos + now.ticks.saturating_sub(self.last.ticks) as f64 * self.nanos_per_tick
        };
        let error = now.monotonic_nanos - predicted;
        if self.last.ticks == self.first.ticks {
            // The first stretch is drawn between its two anchors, backwards: nothing was converted yet.
            self.nanos_per_tick = rate;
            self.line_nanos = now.monotonic_nanos;
        } else if error > ERROR_NANOS_MAX {
            self.line_nanos = now.monotonic_nanos;
            self.nanos_per_tick = rate;
        } else {
            self.line_nanos = predicted;
            let correction = (error / ANCHOR_NANOS).clamp(-0.01, 0.01);
            self.nanos_per_tick = rate * (1.0 + correction);
        }
        self.last = now;
        self.follow_wall_clock(now)
    }

    /// Whether the counter cannot have come from the last anchor to this one at its own rate.
    fn has_parted(&self, now: Anchor) -> bool {
        let Some(ticks) = now.ticks.checked_sub(self.last.ticks) else {
            return true;
        };
        let error = now.monotonic_nanos - self.line_nanos - ticks as f64 * self.nanos_per_tick;
        let known_nanos = self.last.monotonic_nanos - self.first.monotonic_nanos;
        known_nanos >= ANCHOR_NANOS && error.abs() > ERROR_NANOS_MAX
    }

    /// Draws the line anew through this anchor, at the rate that is known.
    fn begin_again(&mut self, now: Anchor) {
        let known_ticks = self.last.ticks - self.first.ticks;
        if known_ticks > 0 {
            let known_nanos = self.last.monotonic_nanos - self.first.monotonic_nanos;
            self.nanos_per_tick = known_nanos / known_ticks as f64;
        }
        let known_ticks = known_ticks.min(now.ticks);
        self.first = Anchor {
            ticks: now.ticks - known_ticks,
            monotonic_nanos: now.monotonic_nanos - known_ticks as f64 * self.nanos_per_tick,
            unix_nanos: now.unix_nanos,
        };
        self.line_nanos = now.monotonic_nanos;
        self.last = now;
    }

    fn follow_wall_clock(&mut self, now: Anchor) -> Option<ClockStep> {
        let offset = now.unix_nanos - now.monotonic_nanos as i64;
        let off_by = offset - self.offset_nanos;
        if off_by.abs() < STEP_NANOS_MIN {
            self.offset_nanos += off_by / 16;
            return None;
        }
        self.offset_nanos = offset;
        Some(ClockStep {
            at_unix_nanos: now.unix_nanos.max(0) as u64,
            step_nanos: off_by,
        })
    }

    /// Nanoseconds of monotonic time; its zero is ours.
    #[inline]
    pub(crate) fn monotonic_nanos(&self, ticks: u64) -> u64 {
        if self.clock.is_manual() {
            return ticks;
        }
        // Signed: ticks before the last anchor are on the line too.
        let since = ticks.wrapping_sub(self.last.ticks) as i64 as f64;
        (self.line_nanos + since * self.nanos_per_tick).max(0.0) as u64
    }

    /// Unix time of a moment of [`Self::monotonic_nanos`], by the wall clock as it is set now.
    #[inline]
    pub(crate) fn unix_nanos(&self, monotonic_nanos: u64) -> u64 {
        if self.clock.is_manual() {
            return monotonic_nanos;
        }
        monotonic_nanos.saturating_add_signed(self.offset_nanos)
    }

    /// Unix time now.
    pub(crate) fn now_unix_nanos(&self) -> u64 {
        if self.clock.is_manual() {
            return self.clock.ticks();
        }
        unix_now().max(0) as u64
    }
}

impl Anchor {
    /// Reads the three clocks, three times, and keeps the reading that was interrupted least.
    fn take(clock: &Clock, epoch: Instant) -> Self {
        let read = |_| {
            let before = clock.ticks();
            let monotonic = epoch.elapsed();
            let unix_nanos = unix_now();
            let after = clock.ticks();
            let anchor = Self {
                ticks: before + after.saturating_sub(before) / 2,
                monotonic_nanos: monotonic.as_nanos() as f64,
                unix_nanos,
            };
            (after.saturating_sub(before), anchor)
        };
        let first = read(0);
        (1..3)
            .map(read)
            .fold(first, |best, next| if next.0 < best.0 { next } else { best })
            .1
    }
}

fn unix_now() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(ticks: u64, monotonic_nanos: f64, unix_nanos: i64) -> Anchor {
        Anchor {
            ticks,
            monotonic_nanos,
            unix_nanos,
        }
    }

    /// A line that begins at tick 3,000 and monotonic 1,000 ns.
    fn timeline() -> Timeline {
        let mut timeline = Timeline::new(Clock::monotonic());
        timeline.first = anchor(3_000, 1_000.0, 5_000_001_000);
        timeline.last = timeline.first;
        timeline.line_nanos = 1_000.0;
        timeline.offset_nanos = 5_000_000_000;
        timeline
    }

    #[test]
    fn later_ticks_are_never_earlier_times() {
        let mut timeline = timeline();
        let mut before = 0;
        for stretch in 1..200_u64 {
            // A counter of about 3 GHz whose rate seems to wobble by a part in a thousand.
            let wobble = ((stretch * 7919) % 2001) as f64 / 1000.0 - 1.0;
            let ticks = 3_000 + stretch * 750_000_000;
            let monotonic = 1_000.0 + stretch as f64 * 250e6 + wobble * 250e3;
            timeline.follow(anchor(ticks, monotonic, 5_000_000_000 + monotonic as i64));
            for step in 0..100 {
                let now = timeline.monotonic_nanos(ticks - 750_000 + step * 15_000);
                assert!(now >= before || step == 0, "{now} after {before}");
                before = before.max(now);
            }
            let off = timeline.monotonic_nanos(ticks) as f64 - monotonic;
            assert!(off.abs() < 1e6, "off by {off} ns");
        }
    }

    /// A counter of 3 GHz is followed for a second, then the machine sleeps for three hours; then it goes on.
    fn check_sleep(ticks_after: impl Fn(u64) -> u64) {
        const SLEEP: i64 = 3 * 3600 * 1_000_000_000;
        let mut timeline = timeline();
        let at = |quarters: u64| {
            anchor(
                3_000 + quarters * 750_000_000,
                1_000.0 + quarters as f64 * 250e6,
                0,
            )
        };
        let awake = |quarters| {
            let now = at(quarters);
            anchor(
                now.ticks,
                now.monotonic_nanos,
                5_000_000_000 + now.monotonic_nanos as i64,
            )
        };
        (1..=4).for_each(|quarters| assert_eq!(timeline.follow(awake(quarters)), None));
        for quarters in 5..20 {
            let now = awake(quarters);
            let now = anchor(
                ticks_after(now.ticks),
                now.monotonic_nanos,
                now.unix_nanos + SLEEP,
            );
            let step = timeline.follow(now).map(|step| step.step_nanos);
            assert_eq!(step, (quarters == 5).then_some(SLEEP), "quarter {quarters}");
            // A record of just before, and one before the next anchor.
            for (ticks, nanos) in [
                (now.ticks - 3_000_000, -1_000_000),
                (now.ticks + 300_000_000, 100_000_000),
            ] {
                let unix = timeline.unix_nanos(timeline.monotonic_nanos(ticks)) as i64;
                let off = unix - (now.unix_nanos + nanos);
                assert!(off.abs() < 100_000, "quarter {quarters}: off by {off} ns");
            }
        }
    }

    #[test]
    fn a_counter_that_goes_on_while_the_machine_sleeps() {
        check_sleep(|ticks| ticks + 3 * 3600 * 3_000_000_000);
    }

    #[test]
    fn a_counter_that_begins_anew_after_a_sleep() {
        check_sleep(|ticks| ticks - 2_900_000_000);
    }

    #[test]
    fn a_wall_clock_that_is_set_is_told_once() {
        let mut timeline = timeline();
        assert_eq!(
            timeline.follow(anchor(750_003_000, 250_001_000.0, 5_250_001_000)),
            None
        );
        let step = timeline.follow(anchor(1_500_003_000, 500_001_000.0, 65_500_001_000));
        assert_eq!(
            step,
            Some(ClockStep {
                at_unix_nanos: 65_500_001_000,
                step_nanos: 60_000_000_000
            })
        );
        assert_eq!(
            timeline.follow(anchor(2_250_003_000, 750_001_000.0, 65_750_001_000)),
            None
        );
        let unix = timeline.unix_nanos(timeline.monotonic_nanos(2_250_003_000));
        assert!(unix.abs_diff(65_750_001_000) < 1_000, "{unix}");
    }
}
