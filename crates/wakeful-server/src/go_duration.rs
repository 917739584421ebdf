//! Go's `time.ParseDuration`, in which durations are written in Jaeger's parameters and so in the page's address.

/// The units, in nanoseconds; both letters that are used for micro.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Digits of a fraction that can matter: an hour has 3.6e12 nanoseconds.
const FRACTION_DIGITS_MAX: usize = 18;

/// Reads numbers with units, such as `1.5s` or `1h30m`, as nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut rest = unsigned;
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_while(rest, |c| c.is_ascii_digit());
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_while(after, |c| c.is_ascii_digit()),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let (unit, after) = split_while(after, |c| c != '.' && !c.is_ascii_digit());
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let Some((_, unit)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(format!(
                "time: unknown unit {} in duration {}",
                quote(unit),
                quote(text)
            ));
        };
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| invalid())?
        };
        nanos += i128::from(whole) * unit + nanos_of_fraction(fraction, unit);
        if nanos > i128::from(i64::MAX) + 1 {
            return Err(invalid());
        }
        rest = after;
    }
    let nanos = if text.starts_with('-') { -nanos } else { nanos };
    i64::try_from(nanos).map_err(|_| invalid())
}

fn nanos_of_fraction(digits: &str, unit: i128) -> i128 {
    let digits = &digits[..digits.len().min(FRACTION_DIGITS_MAX)];
    digits
        .parse::<i128>()
        .map_or(0, |number| number * unit / 10_i128.pow(digits.len() as u32))
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// The quoting of Go's `time` package: bytes that are not printable ASCII in hex.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            b' '..=b'\x7f' => out.push(byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations_are_read_as_in_go() {
        let check = |text: &str, nanos: Result<i64, &str>| {
            assert_eq!(parse_duration(text), nanos.map_err(str::to_owned), "{text}");
        };
        check("0", Ok(0));
        check("1h30m", Ok(5_400_000_000_000));
        check("-0.1s", Ok(-100_000_000));
        check(".5us", Ok(500));
        check("1.µs", Ok(1_000));
        check("-9223372036854775808ns", Ok(i64::MIN));
        check(
            "9223372036854775808ns",
            Err(r#"time: invalid duration "9223372036854775808ns""#),
        );
        check(
            "99999999999999999999h",
            Err(r#"time: invalid duration "99999999999999999999h""#),
        );
        check("abc", Err(r#"time: invalid duration "abc""#));
        check(".s", Err(r#"time: invalid duration ".s""#));
        check("", Err(r#"time: invalid duration """#));
        check("10", Err(r#"time: missing unit in duration "10""#));
        check("1x", Err(r#"time: unknown unit "x" in duration "1x""#));
        check(
            "1é",
            Err(r#"time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9""#),
        );
    }
}
