//! `strconv`.

use std::num::{IntErrorKind, ParseIntError};

/// `strconv.ParseInt(text, 10, 64)`.
pub(in super::super) fn parse_i64(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error| refuse("ParseInt", text, &error))
}

/// `strconv.ParseInt(text, 10, 32)`.
pub(in super::super) fn parse_i32(text: &str) -> Result<i32, String> {
    text.parse().map_err(|error| refuse("ParseInt", text, &error))
}

/// `strconv.Atoi`.
pub(in super::super) fn parse_int(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error| refuse("Atoi", text, &error))
}

/// `strconv.ParseUint(text, 16, 64)`: no sign.
pub(in super::super) fn parse_hex(text: &str) -> Result<u64, String> {
    match u64::from_str_radix(text, 16) {
        Ok(number) if !text.starts_with('+') => Ok(number),
        Err(error) if !text.starts_with('+') => Err(refuse("ParseUint", text, &error)),
        _ => Err(syntax("ParseUint", text)),
    }
}

/// `strconv.ParseBool`.
pub(in super::super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(syntax("ParseBool", text)),
    }
}

/// `strconv.ParseFloat(text, 64)`.
pub(in super::super) fn parse_float(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| syntax("ParseFloat", text))
}

fn refuse(function: &str, text: &str, error: &ParseIntError) -> String {
    match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
            format!("strconv.{function}: parsing {}: value out of range", quote(text))
        }
        _ => syntax(function, text),
    }
}

fn syntax(function: &str, text: &str) -> String {
    format!("strconv.{function}: parsing {}: invalid syntax", quote(text))
}

/// `strconv.Quote`.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_control() && u32::from(c) < 0x80 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_read_as_in_go() {
        let check = |refusal: Result<i64, String>, text: &str| assert_eq!(refusal, Err(text.to_owned()));
        check(
            parse_i64("1.5"),
            r#"strconv.ParseInt: parsing "1.5": invalid syntax"#,
        );
        check(
            parse_i64("99999999999999999999"),
            r#"strconv.ParseInt: parsing "99999999999999999999": value out of range"#,
        );
        check(
            parse_i32("2147483648").map(i64::from),
            r#"strconv.ParseInt: parsing "2147483648": value out of range"#,
        );
        check(
            parse_int("a\"\n"),
            r#"strconv.Atoi: parsing "a\"\n": invalid syntax"#,
        );
        check(
            parse_hex("+1").map(|n| n as i64),
            r#"strconv.ParseUint: parsing "+1": invalid syntax"#,
        );
        assert_eq!(parse_hex("fF"), Ok(255));
        assert_eq!(parse_i64("-1"), Ok(-1));
    }
}
