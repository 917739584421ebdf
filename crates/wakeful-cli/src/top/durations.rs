//! Durations, short enough for a column.

/// The greatest unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Days,
    Hours,
    Minutes,
    Seconds,
    Millis,
    Micros,
    Nanos,
}

const SECOND: u64 = 1_000_000_000;

/// At most seven characters: `1d02h`, `1h02m`, `1m02s`, `12.1ms`, `3.0µs`; and the unit, for its colour.
pub(crate) fn short(nanos: u64, utf8: bool) -> (String, Unit) {
    let seconds = nanos / SECOND;
    let two = |great: u64, great_unit: char, small: u64, small_unit: char| {
        format!("{great}{great_unit}{small:02}{small_unit}")
    };
    if seconds >= 86_400 {
        return (two(seconds / 86_400, 'd', seconds / 3_600 % 24, 'h'), Unit::Days);
    }
    if seconds >= 3_600 {
        return (two(seconds / 3_600, 'h', seconds / 60 % 60, 'm'), Unit::Hours);
    }
    if seconds >= 60 {
        return (two(seconds / 60, 'm', seconds % 60, 's'), Unit::Minutes);
    }
    let micros = if utf8 { "µs" } else { "us" };
    // A tenth that would round up to a thousand is of the next unit.
    let (unit, name, of) = match nanos {
        999_950_000.. => (Unit::Seconds, "s", SECOND),
        999_950.. => (Unit::Millis, "ms", 1_000_000),
        1_000.. => (Unit::Micros, micros, 1_000),
        _ => return (format!("{nanos}ns"), Unit::Nanos),
    };
    (format!("{:.1}{name}", nanos as f64 / of as f64), unit)
}

/// Hours, minutes, seconds and milliseconds of a time, in UTC: `11:42:07.123`.
pub(crate) fn time_of_day(unix_nanos: u64) -> String {
    let millis = unix_nanos / 1_000_000;
    let seconds = millis / 1_000;
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        seconds % 60,
        millis % 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fit_a_column() {
        let check = |nanos, expected| {
            let (text, _) = short(nanos, true);
            assert_eq!(text, expected);
            assert!(text.chars().count() <= 7, "{text}");
        };
        check(0, "0ns");
        check(999, "999ns");
        check(1_000, "1.0µs");
        check(12_100_000, "12.1ms");
        check(999_940_000, "999.9ms");
        check(999_960_000, "1.0s");
        check(59_900_000_000, "59.9s");
        check(62 * SECOND, "1m02s");
        check(3_720 * SECOND, "1h02m");
        check(93_600 * SECOND, "1d02h");
        assert_eq!(short(1_500, false).0, "1.5us");
    }
}
