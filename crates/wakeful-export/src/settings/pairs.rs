//! Lists of `key=value` in variables, in the form of W3C Baggage without properties.

/// Reads `key=value,key=value`; values are percent-decoded, blanks around both are not part of them.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| "has an entry without `=`".to_owned())?;
            let key = percent_decode(key.trim())?;
            if key.is_empty() {
                return Err("has an entry without a name".to_owned());
            }
            Ok((key, percent_decode(value.trim())?))
        })
        .collect()
}

pub(super) fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = tail
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = digits else {
            return Err("has a `%` that is not followed by two hex digits".to_owned());
        };
        bytes.push(byte);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 once its `%` are decoded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[(&str, &str)], &str>) {
        let expected = expected.map_err(str::to_owned).map(|pairs| {
            let owned = |text: &str| text.to_owned();
            pairs
                .iter()
                .map(|(key, value)| (owned(key), owned(value)))
                .collect()
        });
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn pairs() {
        check("", Ok(&[]));
        check(
            "a=1, b = two words ,,c=",
            Ok(&[("a", "1"), ("b", "two words"), ("c", "")]),
        );
        check("a=b=c", Ok(&[("a", "b=c")]));
        check("a=%2C%3d%20", Ok(&[("a", ",= ")]));
        check("a", Err("has an entry without `=`"));
        check("=a", Err("has an entry without a name"));
        check("a=%2", Err("has a `%` that is not followed by two hex digits"));
        check("a=%+1", Err("has a `%` that is not followed by two hex digits"));
        check("a=%ff", Err("is not UTF-8 once its `%` are decoded"));
    }
}
