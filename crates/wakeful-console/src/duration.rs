//! Times as tokio-console's settings write them.

use std::time::Duration;

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time; give one like 6s, 500ms or `1m 30s`")]
pub struct DurationError(String);

/// Reads whole numbers with the units of the `humantime` crate: `6s`, `1m 30s`, `2days`.
///
/// # Errors
///
/// It has another form, or is longer than 584 years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let wrong = || DurationError(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut nanos = 0_u64;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let behind = behind.trim_start();
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, behind) = behind.split_at(letters);
        let unit = unit_nanos(unit).ok_or_else(wrong)?;
        let more = number.checked_mul(unit).and_then(|more| nanos.checked_add(more));
        nanos = more.ok_or_else(wrong)?;
        rest = behind.trim_start();
    }
    Ok(Duration::from_nanos(nanos))
}

fn unit_nanos(unit: &str) -> Option<u64> {
    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 86_400 * SECOND;
    Some(match unit {
        "ns" | "nsec" => 1,
        "us" | "usec" => 1_000,
        "ms" | "msec" => 1_000_000,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hr" | "hour" | "hours" => 3_600 * SECOND,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        // 30.44 and 365.25 days.
        "M" | "month" | "months" => 2_630_016 * SECOND,
        "y" | "year" | "years" => 31_557_600 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_tokio_console() {
        let check = |text: &str, expected: Option<u64>| {
            let read = parse_duration(text).ok().map(|time| time.as_millis() as u64);
            assert_eq!(read, expected, "{text}");
        };
        check("6s", Some(6_000));
        check("1m 30s", Some(90_000));
        check("1min30sec", Some(90_000));
        check("500 ms", Some(500));
        check("2days", Some(172_800_000));
        check("6", None);
        check("", None);
        check("6 fortnights", None);
        check("99999999999999y", None);
    }
}
