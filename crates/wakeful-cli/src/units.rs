//! Sizes and times as people write them in settings.

use std::time::Duration;

/// Reads `1048576`, `64MiB`, `500kB` or `2GB`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err("give a size like 67108864, 64MiB or 2GB".to_owned()),
    };
    let bytes = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "give a size like 67108864, 64MiB or 2GB".to_owned())
}

/// Reads `500ms`, `10s`, `15m`, `36h`, `7d` or `4w`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return Err("give a time like 10s, 15m, 36h or 7d".to_owned()),
    };
    let millis = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(millis));
    let millis = millis.filter(|millis| *millis > 0);
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| "give a time like 10s, 15m, 36h or 7d".to_owned())
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (&text[..unit], text[unit..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text, bytes| assert_eq!(parse_bytes(text).ok(), bytes, "{text}");
        check("67108864", Some(64 << 20));
        check("64MiB", Some(64 << 20));
        check("2 GB", Some(2_000_000_000));
        for wrong in [
            "",
            "0",
            "MiB",
            "1.5GB",
            "-1",
            "64mib",
            "99999999999999999999",
            "18446744073709551615kB",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn times() {
        let check = |text, seconds| assert_eq!(parse_duration(text).ok(), seconds, "{text}");
        check("500ms", Some(Duration::from_millis(500)));
        check("7d", Some(Duration::from_secs(604_800)));
        for wrong in ["", "0s", "10", "s", "1.5h", "7y"] {
            check(wrong, None);
        }
    }
}
