//! Durations as people write them in a search.

use std::time::Duration;

use crate::go_duration;

/// Reads `1.2s`, `100ms`, `500us` or `1h30m`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let nanos = go_duration::parse_duration(text.trim()).ok();
    nanos
        .and_then(|nanos| u64::try_from(nanos).ok())
        .map(Duration::from_nanos)
        .ok_or_else(|| format!("{text:?} is not a duration; write it like 1.2s, 100ms or 500us"))
}

/// Reads a `lookback`: a whole number of minutes, hours, days or weeks.
pub(super) fn parse_lookback(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a lookback; write it like 15m, 1h, 2d or 1w");
    let (at, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..at].parse().map_err(|_| wrong())?;
    count
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_unit() {
        let check = |text, nanos| assert_eq!(parse(text).map(|found| found.as_nanos()).ok(), nanos, "{text}");
        check("1.2s", Some(1_200_000_000));
        check("100ms", Some(100_000_000));
        check("500us", Some(500_000));
        check("7µs", Some(7_000));
        check("1h30m", Some(5_400_000_000_000));
        for wrong in ["", "10", "1x", "s", "-5ms", "1.2.3s", "99999999999999999999999h"] {
            check(wrong, None);
        }
    }

    #[test]
    fn lookbacks_count_back_from_now() {
        let check =
            |text, seconds| assert_eq!(parse_lookback(text).map(|found| found.as_secs()).ok(), seconds);
        check("15m", Some(900));
        check("2d", Some(172_800));
        check("4w", Some(2_419_200));
        for wrong in [
            "",
            "h",
            "1.5h",
            "2y",
            "custom",
            "99999999999999999999w",
            "18446744073709551615w",
        ] {
            check(wrong, None);
        }
    }
}
