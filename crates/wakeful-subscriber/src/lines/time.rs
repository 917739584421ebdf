//! Times as people read them.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// RFC 3339 in UTC with microseconds, as `fmt` writes it.
pub(super) fn timestamp(out: &mut String, time: SystemTime) -> fmt::Result {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since_epoch.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let second = seconds % 86_400;
    write!(
        out,
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since_epoch.subsec_micros(),
    )
}

/// Year, month and day of a count of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Three significant digits and a unit, as `fmt` writes `time.busy`.
pub(super) fn duration(out: &mut String, duration: Duration) -> fmt::Result {
    let mut value = duration.as_nanos() as f64;
    for unit in ["ns", "µs", "ms", "s"] {
        if value < 10.0 {
            return write!(out, "{value:.2}{unit}");
        }
        if value < 100.0 {
            return write!(out, "{value:.1}{unit}");
        }
        if value < 1000.0 {
            return write!(out, "{value:.0}{unit}");
        }
        value /= 1000.0;
    }
    write!(out, "{:.0}s", value * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_through_leap_years() {
        let check = |seconds, expected| {
            let mut out = String::new();
            timestamp(&mut out, UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
            assert_eq!(out, expected);
        };
        check(0, "1970-01-01T00:00:00.000000Z");
        check(951_782_399, "2000-02-28T23:59:59.000000Z");
        check(951_782_400, "2000-02-29T00:00:00.000000Z");
        check(1_709_251_199, "2024-02-29T23:59:59.000000Z");
        check(4_102_444_800, "2100-01-01T00:00:00.000000Z");
    }

    #[test]
    fn durations_have_three_digits() {
        let check = |nanos, expected| {
            let mut out = String::new();
            duration(&mut out, Duration::from_nanos(nanos)).unwrap();
            assert_eq!(out, expected);
        };
        check(7, "7.00ns");
        check(12_340, "12.3µs");
        check(123_456_789, "123ms");
        check(1_500_000_000, "1.50s");
        check(4_321_000_000_000, "4321s");
    }
}
