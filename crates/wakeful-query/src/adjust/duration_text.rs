//! Durations as Go writes them, because Jaeger's warnings carry them.

/// `1h2m3.5s`, `-1.5ms`, `3µs`, `7ns`, `0s`: the largest fitting unit below a second, hours to seconds above.
pub(super) fn duration_text(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let magnitude = nanos.unsigned_abs();
    let text = match magnitude {
        0 => "0s".to_owned(),
        1..1_000 => format!("{magnitude}ns"),
        1_000..1_000_000 => with_fraction(magnitude, 1_000, 3) + "µs",
        1_000_000..1_000_000_000 => with_fraction(magnitude, 1_000_000, 6) + "ms",
        _ => {
            let minutes = magnitude / 60_000_000_000;
            let seconds = with_fraction(magnitude % 60_000_000_000, 1_000_000_000, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// `value / unit` with as many decimal places as it needs, of at most `places`.
fn with_fraction(value: u128, unit: u128, places: usize) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:0places$}")
        .trim_end_matches('0')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::duration_text;

    #[test]
    fn durations_read_as_in_go() {
        for (nanos, text) in [
            (0, "0s"),
            (7, "7ns"),
            (-1_500_000, "-1.5ms"),
            (3_000, "3µs"),
            (1_000_000_001, "1.000000001s"),
            (60_000_000_000, "1m0s"),
            (3_723_500_000_000, "1h2m3.5s"),
        ] {
            assert_eq!(duration_text(nanos), text);
        }
    }
}
