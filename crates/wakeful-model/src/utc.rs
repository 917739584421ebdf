//! Points in time as date and time of day.

/// A point in time in the Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utc {
    /// From 1970.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// 1 to 31.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59: Unix time has no leap seconds.
    pub second: u64,
    /// Within the second, 0 to 999,999,999.
    pub nanos: u64,
}

impl Utc {
    /// Of Unix nanoseconds.
    pub fn of(unix_nanos: u64) -> Self {
        let (seconds, nanos) = (unix_nanos / 1_000_000_000, unix_nanos % 1_000_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // Days since 1 March of year 0, in eras of 400 years, so that the leap day is a year's last (H. Hinnant,
        // "chrono-Compatible Low-Level Date Algorithms").
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: second / 3_600,
            minute: second / 60 % 60,
            second: second % 60,
            nanos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        let check = |unix_seconds: u64, date: [u64; 6]| {
            let utc = Utc::of(unix_seconds * 1_000_000_000 + 7);
            let Utc {
                year,
                month,
                day,
                hour,
                minute,
                second,
                nanos,
            } = utc;
            assert_eq!([year, month, day, hour, minute, second], date);
            assert_eq!(nanos, 7);
        };
        check(0, [1970, 1, 1, 0, 0, 0]);
        check(951_782_400, [2000, 2, 29, 0, 0, 0]);
        check(1_709_210_096, [2024, 2, 29, 12, 34, 56]);
        check(4_102_444_799, [2099, 12, 31, 23, 59, 59]);
    }
}
