//! What people type into the find box of a trace.

use wakeful_store::TextQuery;

/// Reads it as Jaeger's page does: words by space, phrases in double quotes, and a leading `-` for a part of keys
/// whose attributes are left out.
pub fn parse_find(text: &str) -> TextQuery {
    let mut query = TextQuery::default();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            // A quote that nothing closes is passed over.
            '"' => rest[1..].split_once('"').unwrap_or(("", &rest[1..])),
            _ => rest.split_at(
                rest.find(|c: char| c.is_whitespace() || c == '"')
                    .unwrap_or(rest.len()),
            ),
        };
        match word.strip_prefix('-') {
            _ if word.is_empty() => {}
            Some(key) => query.without_keys.push(key.to_lowercase()),
            None => query.words.push(word.to_lowercase()),
        }
        rest = after.trim_start();
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &[&str], without_keys: &[&str]) {
        let query = parse_find(text);
        assert_eq!(
            (query.words, query.without_keys),
            (strings(words), strings(without_keys)),
            "{text}"
        );
    }

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn words_phrases_and_keys_to_leave_out() {
        check("", &[], &[]);
        check("  GET\tapply ", &["get", "apply"], &[]);
        check(r#"a"b c" d"#, &["a", "b c", "d"], &[]);
        check(r#"-http.url "-x y" -"z""#, &["z"], &["http.url", "x y", ""]);
        check(r#"open" end"#, &["open", "end"], &[]);
        check(r#"key="two words""#, &["key=", "two words"], &[]);
        check("\u{2003}ÄÖ", &["äö"], &[]);
    }
}
