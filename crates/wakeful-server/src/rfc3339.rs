//! Points in time as RFC 3339 text.

use wakeful_model::Utc;

/// `2026-11-21T09:02:58.554618762Z`, from Unix nanoseconds, without trailing zeros in the fraction.
pub(crate) fn format(unix_nanos: u64) -> String {
    let Utc {
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanos,
    } = Utc::of(unix_nanos);
    let fraction = match nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        let check = |nanos, text: &str| assert_eq!(format(nanos), text);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400_000_000_000, "2000-02-29T00:00:00Z");
        check(1_768_471_200_123_456_789, "2026-01-15T10:00:00.123456789Z");
        check(4_102_444_799_500_000_000, "2099-12-31T23:59:59.5Z");
    }
}
