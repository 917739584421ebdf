//! `time.Parse` with the layout `time.RFC3339Nano`.

use crate::go_duration::quote;

const LAYOUT: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// Reads a point in time as nanoseconds since 1970.
pub(in super::super) fn parse_time(text: &str) -> Result<i128, String> {
    let mut reader = Reader { text, rest: text };
    let year = reader.year()?;
    let month = reader.number("-", "01", 12, "month")?;
    if month == 0 {
        return Err(reader.out_of_range("month"));
    }
    let day = reader.number("-", "02", 99, "day")?;
    let hour = reader.hour()?;
    let minute = reader.number(":", "04", 59, "minute")?;
    let second = reader.number(":", "05", 59, "second")?;
    let nanos = reader.fraction();
    let offset_seconds = reader.offset()?;
    if !reader.rest.is_empty() {
        return Err(format!(
            "parsing time {}: extra text: {}",
            quote(text),
            quote(reader.rest)
        ));
    }
    if day == 0 || day > days_in(month, year) {
        return Err(reader.out_of_range("day"));
    }
    let seconds =
        days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds;
    Ok(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
}

/// What is read, and how far.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn mismatch(&self, found: &str, wanted: &str) -> String {
        format!(
            "parsing time {} as \"{LAYOUT}\": cannot parse {} as \"{wanted}\"",
            quote(self.text),
            quote(found)
        )
    }

    fn out_of_range(&self, what: &str) -> String {
        format!("parsing time {}: {what} out of range", quote(self.text))
    }

    /// Takes `length` digits.
    fn digits(&mut self, length: usize) -> Option<i64> {
        let digits = self.rest.get(..length)?;
        let number = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())??;
        self.rest = &self.rest[length..];
        Some(number)
    }

    fn year(&mut self) -> Result<i64, String> {
        self.digits(4).ok_or_else(|| self.mismatch(self.rest, "2006"))
    }

    fn skip(&mut self, separator: &str) -> Result<(), String> {
        self.rest = self
            .rest
            .strip_prefix(separator)
            .ok_or_else(|| self.mismatch(self.rest, separator))?;
        Ok(())
    }

    /// A separator and two digits.
    fn number(&mut self, separator: &str, element: &str, max: i64, what: &str) -> Result<i64, String> {
        self.skip(separator)?;
        let number = self.digits(2).ok_or_else(|| self.mismatch(self.rest, element))?;
        if number > max {
            Err(self.out_of_range(what))
        } else {
            Ok(number)
        }
    }

    /// The hour may have one digit.
    fn hour(&mut self) -> Result<i64, String> {
        self.skip("T")?;
        let hour = self
            .digits(2)
            .or_else(|| self.digits(1))
            .ok_or_else(|| self.mismatch(self.rest, "15"))?;
        if hour > 23 {
            Err(self.out_of_range("hour"))
        } else {
            Ok(hour)
        }
    }

    /// Nanoseconds after a point or a comma, if there are any; further digits are dropped.
    fn fraction(&mut self) -> i64 {
        let Some(after) = self.rest.strip_prefix(['.', ',']) else {
            return 0;
        };
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return 0;
        }
        let (digits, rest) = after.split_at(length);
        self.rest = rest;
        digits
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(9)
            .fold(0, |nanos, digit| nanos * 10 + i64::from(digit - b'0'))
    }

    /// `Z` or the distance from it.
    fn offset(&mut self) -> Result<i64, String> {
        let start = self.rest;
        let refuse = |reader: &Self| Err(reader.mismatch(start, "Z07:00"));
        if let Some(rest) = start.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let sign = match start.bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return refuse(self),
        };
        self.rest = &start[1..];
        let Some(hours) = self.digits(2) else {
            return refuse(self);
        };
        let Some(rest) = self.rest.strip_prefix(':') else {
            return refuse(self);
        };
        self.rest = rest;
        let Some(minutes) = self.digits(2) else {
            return refuse(self);
        };
        if hours > 24 {
            return Err(self.out_of_range("time zone offset hour"));
        }
        if minutes > 60 {
            return Err(self.out_of_range("time zone offset minute"));
        }
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

fn days_in(month: i64, year: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March here, so that the leap day is a
/// year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse_time;

    fn check(text: &str, expected: Result<i128, &str>) {
        assert_eq!(parse_time(text), expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn times_are_read_as_in_go() {
        check("1970-01-01T00:00:00Z", Ok(0));
        check("2026-01-15T09:59:59.000123Z", Ok(1_768_471_199_000_123_000));
        check(
            "2026-01-15T10:59:59,0001230009999+01:00",
            Ok(1_768_471_199_000_123_000),
        );
        check("2024-02-29T0:00:00Z", Ok(1_709_164_800_000_000_000));
        check("0001-01-01T00:00:00Z", Ok(-62_135_596_800_000_000_000));
    }

    #[test]
    fn refusals_read_as_in_go() {
        let cannot = |text: &str, found: &str, wanted: &str| {
            let layout = "2006-01-02T15:04:05.999999999Z07:00";
            let error =
                format!("parsing time \"{text}\" as \"{layout}\": cannot parse \"{found}\" as \"{wanted}\"");
            check(text, Err(&error));
        };
        cannot("abc", "abc", "2006");
        cannot("1768471200", "471200", "-");
        cannot("2026-1-15T00:00:00Z", "1-15T00:00:00Z", "01");
        cannot("2026-01-15 00:00:00Z", " 00:00:00Z", "T");
        cannot("2026-01-15T00:00:00", "", "Z07:00");
        cannot("2026-01-15T00:00:00+1:00", "+1:00", "Z07:00");
        check(
            "2026-13-15T00:00:00Z",
            Err(r#"parsing time "2026-13-15T00:00:00Z": month out of range"#),
        );
        check(
            "2026-02-29T00:00:00Z",
            Err(r#"parsing time "2026-02-29T00:00:00Z": day out of range"#),
        );
        check(
            "2026-02-28T24:00:00Z",
            Err(r#"parsing time "2026-02-28T24:00:00Z": hour out of range"#),
        );
        check(
            "2026-02-28T00:00:00Zz",
            Err(r#"parsing time "2026-02-28T00:00:00Zz": extra text: "z""#),
        );
    }
}
