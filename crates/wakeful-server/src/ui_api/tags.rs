//! Conditions on attributes, as people write them.

/// Reads `tags`: a JSON object of strings, as Jaeger's page writes it, or logfmt, as people type it
/// (`http.status_code=500 error=true user="a b"`).
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return json(text);
    }
    logfmt(text)
}

/// Reads one `tag=key:value`.
pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not key:value")),
    }
}

fn json(text: &str) -> Result<Vec<(String, String)>, String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON object of strings: {error}"))?;
    let pairs = object.into_iter().map(|(key, value)| match value {
        serde_json::Value::String(value) => Ok((key, value)),
        other => Err(format!("the value of {key:?} is not a string, but {other}")),
    });
    pairs.collect()
}

fn logfmt(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((key, after)) = rest
            .split_once('=')
            .filter(|(key, _)| !key.contains(char::is_whitespace))
        else {
            return Err(format!(
                "{rest:?} is not key=value; put values with spaces into quotes"
            ));
        };
        if key.is_empty() {
            return Err(format!("{rest:?} has no key before the ="));
        }
        let (value, after) = value(after)?;
        pairs.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// A value, in quotes or up to the next space, and what follows it.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Ok((value, &quoted[at + 1..])),
            c => value.push(c),
        }
    }
    Err(format!("the quote of {text:?} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected = expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        assert_eq!(parse(text), Ok(expected.collect()), "{text}");
    }

    #[test]
    fn json_and_logfmt_mean_the_same() {
        check(
            r#"{"a":"b c","http.status_code":"500"}"#,
            &[("a", "b c"), ("http.status_code", "500")],
        );
        check(
            r#"a="b c"  http.status_code=500"#,
            &[("a", "b c"), ("http.status_code", "500")],
        );
        check(r#"a="say \"hi\"" b="#, &[("a", r#"say "hi""#), ("b", "")]);
        check("", &[]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let check = |text, part: &str| assert!(parse(text).unwrap_err().contains(part), "{text}");
        check("error", "is not key=value");
        check("a b=c", "is not key=value");
        check("=c", "no key");
        check("a=\"b", "not closed");
        check(r#"{"a":1}"#, "not a string");
        check("{", "not a JSON object");
    }
}
