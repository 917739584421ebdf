//! Reading TraceQL as far as a search can say it: a conjunction of conditions on one span.

use std::iter::Peekable;
use std::str::CharIndices;

use wakeful_model::{Kind, Value, canonical_text};
use wakeful_query::TraceQuery;

use super::error::ApiError;
use crate::go_duration;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    /// From 1, in Unicode characters.
    pub(super) column: usize,
}

impl Fault {
    /// What the page is told of a parameter that has it.
    pub(super) fn of_parameter(self, name: &'static str) -> ApiError {
        ApiError::parameter(name, self.message).at_column(self.column)
    }
}

/// Reads `{ resource.service.name = "shop" && .http.status_code = 500 && duration >= 100ms }` into a query of any time
/// and without a limit.
pub(super) fn read(text: &str) -> Result<TraceQuery, Fault> {
    let mut reader = Reader {
        text,
        chars: text.char_indices().peekable(),
    };
    let mut query = TraceQuery::default();
    reader.expect('{')?;
    if !reader.eat('}') {
        loop {
            reader.condition(&mut query)?;
            if reader.eat('}') {
                break;
            }
            let at = reader.place();
            if !(reader.eat('&') && reader.eat('&')) {
                return Err(fault(
                    text,
                    at,
                    "conditions can be joined by && alone, and } must follow the last",
                ));
            }
        }
    }
    let at = reader.place();
    match reader.chars.peek() {
        None => Ok(query),
        Some(_) => Err(fault(
            text,
            at,
            "one { … } can be searched for; nothing may follow it",
        )),
    }
}

fn fault(text: &str, at: usize, message: impl Into<String>) -> Fault {
    Fault {
        message: message.into(),
        column: text[..at].chars().count() + 1,
    }
}

/// Characters that a name of a field may have.
fn is_of_field(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':')
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

/// A value, and what it was written as.
enum Literal {
    Text(String),
    /// A number, a duration or a word.
    Bare(String),
}

impl Reader<'_> {
    /// Where the next thing begins.
    fn place(&mut self) -> usize {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.place();
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        let at = self.place();
        if self.eat(wanted) {
            return Ok(());
        }
        Err(fault(self.text, at, format!("a query begins with {wanted}")))
    }

    fn while_is(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some((_, c)) = self.chars.next_if(|(_, c)| belongs(*c)) {
            taken.push(c);
        }
        taken
    }

    fn condition(&mut self, query: &mut TraceQuery) -> Result<(), Fault> {
        let at = self.place();
        let mut field = self.while_is(is_of_field);
        if field == "." && self.chars.peek().is_some_and(|(_, c)| *c == '"') {
            field.push_str(&self.quoted()?);
        }
        if field.is_empty() {
            return Err(fault(
                self.text,
                at,
                "a condition is missing: name, duration, status, kind, resource.service.name or .key",
            ));
        }
        let operator_at = self.place();
        let operator = self.while_is(|c| matches!(c, '=' | '!' | '<' | '>' | '~'));
        let value_at = self.place();
        let value = self.literal()?;
        let text = self.text;
        let wrong = |message: &str| fault(text, value_at, message);
        if !matches!(field.as_str(), "duration" | "span:duration") && operator != "=" {
            let message = format!("{field} can be compared by = alone");
            return Err(fault(text, operator_at, message));
        }
        let once = |known: &mut Option<String>, value| match known {
            Some(_) => Err(fault(text, at, format!("{field} stands twice"))),
            None => {
                *known = Some(value);
                Ok(())
            }
        };
        match (field.as_str(), value) {
            ("resource.service.name", Literal::Text(name)) => once(&mut query.service, name),
            ("name" | "span:name", Literal::Text(name)) => once(&mut query.operation, name),
            ("resource.service.name" | "name" | "span:name", _) => {
                Err(wrong("a text in quotes belongs here"))
            }
            ("duration" | "span:duration", Literal::Bare(value)) => {
                let nanos = go_duration::parse_duration(&value).ok();
                let nanos = nanos.and_then(|nanos| u64::try_from(nanos).ok());
                let nanos =
                    nanos.ok_or_else(|| wrong("a duration belongs here, such as 1.2s, 100ms or 500us"))?;
                bound(query, &operator, nanos)
                    .ok_or_else(|| fault(text, operator_at, "durations are compared by =, <, <=, > or >="))
            }
            ("duration" | "span:duration", _) => Err(wrong("a duration without quotes belongs here")),
            ("status" | "span:status", Literal::Bare(word)) if matches!(word.as_str(), "ok" | "error") => {
                query
                    .tags
                    .push(("otel.status_code".to_owned(), word.to_uppercase()));
                Ok(())
            }
            ("status" | "span:status", _) => Err(wrong("error or ok belongs here")),
            ("kind" | "span:kind", Literal::Bare(word)) if is_kind(&word) => {
                query.tags.push(("span.kind".to_owned(), word));
                Ok(())
            }
            ("kind" | "span:kind", _) => Err(wrong(
                "server, client, producer, consumer or internal belongs here",
            )),
            (_, value) => match field.strip_prefix('.').filter(|key| !key.is_empty()) {
                Some(key) => {
                    let value = attribute_text(value)
                        .ok_or_else(|| wrong("a text in quotes, a number, true or false belongs here"))?;
                    query.tags.push((key.to_owned(), value));
                    Ok(())
                }
                None => Err(fault(text, at, not_a_field(&field))),
            },
        }
    }

    fn literal(&mut self) -> Result<Literal, Fault> {
        let at = self.place();
        match self.chars.peek() {
            Some((_, '"' | '`')) => self.quoted().map(Literal::Text),
            _ => {
                let word = self.while_is(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
                match word.is_empty() {
                    true => Err(fault(self.text, at, "a value is missing")),
                    false => Ok(Literal::Bare(word)),
                }
            }
        }
    }

    /// A text in double quotes, with escapes, or in backquotes, without.
    fn quoted(&mut self) -> Result<String, Fault> {
        let at = self.place();
        let quote = self.chars.next().map(|(_, c)| c);
        let mut text = String::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                c if Some(c) == quote => return Ok(text),
                '\\' if quote == Some('"') => match self.chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c)) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(fault(self.text, at, "the quote is not closed"))
    }
}

fn not_a_field(field: &str) -> String {
    let scoped = field
        .strip_prefix("span.")
        .or_else(|| field.strip_prefix("resource."));
    match scoped {
        Some(key) => {
            format!("an attribute is looked for wherever it stands; write .{key} in place of {field}")
        }
        None => format!(
            "{field} cannot be searched for; name, duration, status, kind, resource.service.name and .key can"
        ),
    }
}

pub(super) fn is_kind(word: &str) -> bool {
    !word.is_empty() && Kind::ALL.iter().any(|kind| kind.name() == word)
}

/// Narrows the durations; `None` if there is no such comparison.
fn bound(query: &mut TraceQuery, operator: &str, nanos: u64) -> Option<()> {
    let (least, most) = match operator {
        "=" => (Some(nanos), Some(nanos)),
        ">=" => (Some(nanos), None),
        ">" => (Some(nanos.saturating_add(1)), None),
        "<=" => (None, Some(nanos)),
        // Nothing is shorter than nothing: an empty range.
        "<" if nanos == 0 => (Some(1), Some(0)),
        "<" => (None, Some(nanos - 1)),
        _ => return None,
    };
    query.min_duration_nanos = least.max(query.min_duration_nanos);
    query.max_duration_nanos = match (most, query.max_duration_nanos) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Some(())
}

/// The canonical text by which attributes are compared.
fn attribute_text(value: Literal) -> Option<String> {
    let value = match value {
        Literal::Text(text) => return Some(text),
        Literal::Bare(word) => match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            word => {
                let whole = word.parse::<i64>().ok().map(Value::Int);
                let number = || word.parse::<f64>().ok().filter(|number| number.is_finite());
                whole.or_else(|| number().map(Value::Double))?
            }
        },
    };
    Some(canonical_text(&value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::traceql::write;
    use super::*;

    #[test]
    fn what_is_read_is_written_alike() {
        for text in [
            "{ }",
            r#"{ resource.service.name = "shop \"1\"" && name = "GET /" }"#,
            r#"{ .http.status_code = 500 && ."a b" = "x" && .error = true && .rate = 1.5 }"#,
            "{ status = error && kind = server }",
            "{ duration >= 100ms && duration <= 2s }",
        ] {
            assert_eq!(write(&read(text).unwrap()), text);
        }
    }

    #[test]
    fn other_forms_mean_the_same() {
        let check = |text, same| assert_eq!(write(&read(text).unwrap()), same, "{text}");
        check("{}", "{ }");
        check(" {name=`a\\b`} ", r#"{ name = "a\\b" }"#);
        check(
            "{duration>1ms&&duration<1s}",
            "{ duration >= 1000001ns && duration <= 999999999ns }",
        );
        check("{duration >= 1s && duration >= 2s}", "{ duration >= 2s }");
        check(r#"{ .n = 2.0 }"#, "{ .n = 2 }");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_column() {
        let check = |text: &str, column, part: &str| {
            let fault = read(text).unwrap_err();
            assert_eq!(fault.column, column, "{text}: {fault:?}");
            assert!(fault.message.contains(part), "{text}: {fault:?}");
        };
        check("", 1, "begins with {");
        check("name", 1, "begins with {");
        check("{ ", 3, "a condition is missing");
        check(r#"{ name = "ä" || .a = 1 }"#, 14, "&& alone");
        check(r#"{ name != "a" }"#, 8, "= alone");
        check(r#"{ name = "a }"#, 10, "not closed");
        check("{ duration > x }", 14, "a duration belongs");
        check("{ duration =~ 1s }", 12, "compared by");
        check("{ span.a = 1 }", 3, "write .a");
        check("{ rootName = 1 }", 3, "cannot be searched");
        check(r#"{ name = "a" && name = "b" }"#, 17, "twice");
        check("{ status = unset }", 12, "error or ok");
        check("{ .a = 1 } | count() > 2", 12, "nothing may follow");
        check("{ .a = }", 8, "a value is missing");
        check("{ .a = word }", 8, "true or false");
    }
}
