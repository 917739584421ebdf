//! `json.Unmarshal` into a map from text to text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::number::quote;

/// Reads an object whose values are all text; `null` is an empty object, or an empty text.
pub(in super::super) fn parse_string_map(text: &str) -> Result<BTreeMap<String, String>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Null) => Ok(BTreeMap::new()),
        Ok(Value::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(text) => Ok((key, text)),
                Value::Null => Ok((key, String::new())),
                other => Err(wrong_type(&other, "string")),
            })
            .collect(),
        Ok(other) => Err(wrong_type(&other, "map[string]string")),
        Err(error) => Err(syntax_error(text.as_bytes()).unwrap_or_else(|| error.to_string())),
    }
}

fn wrong_type(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

/// What Go's scanner finds wrong first; `None` if it finds nothing.
fn syntax_error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.document().err().map(|fault| match scanner.peek() {
        Some(byte) => format!("invalid character {} {fault}", quote_byte(byte)),
        None => "unexpected end of JSON input".to_owned(),
    })
}

/// A byte in single quotes, as Go shows it.
fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

/// Where a byte was not what it had to be, in Go's words.
type Fault = &'static str;

/// Walks through the text without building anything. Containers are kept on a list and not on the stack, so
/// nesting costs no more than a byte.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes the next byte if it is one of those, else it is a fault.
    fn expect(&mut self, accepts: impl Fn(u8) -> bool, fault: Fault) -> Result<u8, Fault> {
        let byte = self.peek().filter(|&byte| accepts(byte)).ok_or(fault)?;
        self.at += 1;
        Ok(byte)
    }

    fn document(&mut self) -> Result<(), Fault> {
        let mut open = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.skip_space();
                    if self.peek() != Some(b'}') {
                        self.key()?;
                        open.push(b'{');
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'[') => {
                    self.at += 1;
                    self.skip_space();
                    if self.peek() != Some(b']') {
                        open.push(b'[');
                        continue;
                    }
                    self.at += 1;
                }
                _ => self.scalar()?,
            }
            // A value has ended: close what ends with it, up to the comma before the next one.
            loop {
                self.skip_space();
                match (open.last(), self.peek()) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return Err("after top-level value"),
                    (Some(b'{'), Some(b',')) => {
                        self.at += 1;
                        self.skip_space();
                        self.key()?;
                        break;
                    }
                    (Some(b'['), Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => {
                        self.at += 1;
                        open.pop();
                    }
                    (Some(b'{'), _) => return Err("after object key:value pair"),
                    (Some(_), _) => return Err("after array element"),
                }
            }
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        self.expect(|byte| byte == b'"', "looking for beginning of object key string")?;
        self.string()?;
        self.skip_space();
        self.expect(|byte| byte == b':', "after object key")?;
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        const STARTS: &[u8] = b"\"-0123456789tfn";
        match self.expect(|byte| STARTS.contains(&byte), "looking for beginning of value")? {
            b'"' => self.string(),
            b't' => self.literal(&[
                (b'r', "in literal true (expecting 'r')"),
                (b'u', "in literal true (expecting 'u')"),
                (b'e', "in literal true (expecting 'e')"),
            ]),
            b'f' => self.literal(&[
                (b'a', "in literal false (expecting 'a')"),
                (b'l', "in literal false (expecting 'l')"),
                (b's', "in literal false (expecting 's')"),
                (b'e', "in literal false (expecting 'e')"),
            ]),
            b'n' => self.literal(&[
                (b'u', "in literal null (expecting 'u')"),
                (b'l', "in literal null (expecting 'l')"),
                (b'l', "in literal null (expecting 'l')"),
            ]),
            first => self.number(first),
        }
    }

    fn literal(&mut self, rest: &[(u8, Fault)]) -> Result<(), Fault> {
        rest.iter()
            .try_for_each(|&(wanted, fault)| self.expect(|byte| byte == wanted, fault).map(drop))
    }

    /// The rest of a text after its opening quote.
    fn string(&mut self) -> Result<(), Fault> {
        loop {
            match self.expect(|byte| byte >= b' ', "in string literal")? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                _ => {}
            }
        }
    }

    /// The rest of an escape after its backslash.
    fn escape(&mut self) -> Result<(), Fault> {
        let is_hex = |byte: u8| byte.is_ascii_hexdigit();
        if self.expect(|byte| br#"bfnrt\/"u"#.contains(&byte), "in string escape code")? == b'u' {
            for _ in 0..4 {
                self.expect(is_hex, "in \\u hexadecimal character escape")?;
            }
        }
        Ok(())
    }

    /// The rest of a number after its first byte.
    fn number(&mut self, first: u8) -> Result<(), Fault> {
        let is_digit = |byte: u8| byte.is_ascii_digit();
        let first = if first == b'-' {
            self.expect(is_digit, "in numeric literal")?
        } else {
            first
        };
        if first != b'0' {
            self.skip_digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.expect(is_digit, "after decimal point in numeric literal")?;
            self.skip_digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.expect(is_digit, "in exponent of numeric literal")?;
            self.skip_digits();
        }
        Ok(())
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_string_map;

    #[test]
    fn objects_of_texts_are_read() {
        let read = |text| parse_string_map(text).map(|map| map.into_iter().collect::<Vec<_>>());
        assert_eq!(read("null"), Ok(vec![]));
        assert_eq!(
            read(r#" {"a": "1", "b": null, "a": "\u00e9"} "#),
            Ok(vec![
                ("a".to_owned(), "é".to_owned()),
                ("b".to_owned(), String::new())
            ])
        );
    }

    #[test]
    fn refusals_read_as_in_go() {
        let check = |text: &str, why: &str| assert_eq!(parse_string_map(text), Err(why.to_owned()), "{text}");
        check("", "unexpected end of JSON input");
        check(r#"{"a":"#, "unexpected end of JSON input");
        check("abc", "invalid character 'a' looking for beginning of value");
        check("nope", "invalid character 'o' in literal null (expecting 'u')");
        check(
            "{a",
            "invalid character 'a' looking for beginning of object key string",
        );
        check(r#"{"a""#, "unexpected end of JSON input");
        check(r#"{"a" 1"#, "invalid character '1' after object key");
        check(r#"{"a":1 2"#, "invalid character '2' after object key:value pair");
        check(r#"["a"}"#, "invalid character '}' after array element");
        check("[,", "invalid character ',' looking for beginning of value");
        check("{}x", "invalid character 'x' after top-level value");
        check("\"\n", "invalid character '\\n' in string literal");
        check(r#""\x""#, "invalid character 'x' in string escape code");
        check("-x", "invalid character 'x' in numeric literal");
        check("01", "invalid character '1' after top-level value");
        check("é", "invalid character 'Ã' looking for beginning of value");
        check(
            r#"{"a":{}}"#,
            "json: cannot unmarshal object into Go value of type string",
        );
        check(
            r#"["a"]"#,
            "json: cannot unmarshal array into Go value of type map[string]string",
        );
    }
}
