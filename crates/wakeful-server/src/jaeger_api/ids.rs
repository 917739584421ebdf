//! Trace ids in paths and parameters.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::go;

/// Both alphabets, with or without padding.
const BASE64: [GeneralPurpose; 2] = {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    [
        GeneralPurpose::new(&STANDARD, lenient),
        GeneralPurpose::new(&URL_SAFE, lenient),
    ]
};

/// Characters of sixteen bytes as padded base64.
const BASE64_LENGTH_MAX: usize = 24;

/// Reads up to 32 hex digits of either case. The id may be zero here: Jaeger looks for that one too, in vain.
pub(super) fn parse_hex(text: &str) -> Result<u128, String> {
    if text.len() > 32 {
        return Err(format!("TraceID cannot be longer than 32 hex characters: {text}"));
    }
    match text
        .len()
        .checked_sub(16)
        .and_then(|length| text.split_at_checked(length))
    {
        Some((high, low)) if !high.is_empty() => {
            Ok(u128::from(go::parse_hex(high)?) << 64 | u128::from(go::parse_hex(low)?))
        }
        _ => go::parse_hex(text).map(u128::from),
    }
}

/// Likewise, or base64 of eight or sixteen bytes.
pub(super) fn parse(text: &str) -> Result<u128, String> {
    parse_hex(text).or_else(|not_hex| {
        if text.len() > BASE64_LENGTH_MAX {
            return Err(not_hex);
        }
        let bytes = BASE64
            .iter()
            .find_map(|engine| engine.decode(text).ok())
            .ok_or(not_hex)?;
        match bytes.as_slice() {
            [_, _, _, _, _, _, _, _] | [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] => {
                Ok(bytes.iter().fold(0, |id, &byte| id << 8 | u128::from(byte)))
            }
            _ => Err("invalid length for TraceID".to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn ids_come_in_many_forms() {
        let check =
            |text: &str, id: Result<u128, &str>| assert_eq!(parse(text), id.map_err(str::to_owned), "{text}");
        check("1aF", Ok(0x1af));
        check(
            "0102030405060708090a0b0c0d0e0f10",
            Ok(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        );
        check(
            "AQIDBAUGBwgJCgsMDQ4PEA==",
            Ok(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        );
        check(
            "AQIDBAUGBwgJCgsMDQ4PEA",
            Ok(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        );
        check("____________", Err("invalid length for TraceID"));
        check("xyz", Err("invalid length for TraceID"));
        check("x y", Err(r#"strconv.ParseUint: parsing "x y": invalid syntax"#));
        check(
            "é234567890123456",
            Err(r#"strconv.ParseUint: parsing "é234567890123456": invalid syntax"#),
        );
    }
}
