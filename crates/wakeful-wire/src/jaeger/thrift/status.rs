//! A span's kind and status, which Jaeger's clients write as tags.

use wakeful_model::{Attribute, Kind, Status, StatusCode, Value};

use super::tags::{position, take};

const DESCRIPTION: &str = "otel.status_description";

/// Takes `span.kind` out of the tags, if it is one of the five.
pub(in super::super) fn take_kind(attributes: &mut Vec<Attribute>) -> Kind {
    let text = position(attributes, "span.kind").and_then(|found| attributes[found].value.as_str());
    let kind = text
        .and_then(|text| Kind::ALL[1..].iter().find(|kind| kind.name() == text))
        .copied();
    if kind.is_some() {
        take(attributes, "span.kind");
    }
    kind.unwrap_or_default()
}

/// Takes the status out of the tags: `error=true` decides, then `otel.status_code`, then an HTTP status.
pub(super) fn take_status(attributes: &mut Vec<Attribute>, kind: Kind) -> Status {
    let failed = position(attributes, "error").is_some_and(|i| attributes[i].value == Value::Bool(true));
    let mut status = Status::default();
    if failed {
        take(attributes, "error");
        status.code = StatusCode::Error;
        status.message = take_description(attributes).unwrap_or_else(|| http_message(attributes));
    }
    if let Some(code) = take(attributes, "otel.status_code") {
        if !failed {
            status.code = match code.as_str() {
                Some(code) if code.eq_ignore_ascii_case("OK") => StatusCode::Ok,
                Some(code) if code.eq_ignore_ascii_case("ERROR") => StatusCode::Error,
                _ => StatusCode::Unset,
            };
            status.message = take_description(attributes).unwrap_or_default();
        }
    } else if !failed && http_failed(attributes, kind) {
        status.code = StatusCode::Error;
        status.message = http_message(attributes);
    }
    status
}

fn take_description(attributes: &mut Vec<Attribute>) -> Option<String> {
    match take(attributes, DESCRIPTION)? {
        Value::String(description) => Some(description),
        _ => Some(String::new()),
    }
}

fn http_message(attributes: &[Attribute]) -> String {
    let found = position(attributes, "http.status_message").and_then(|i| attributes[i].value.as_str());
    found.unwrap_or_default().to_owned()
}

/// Whether an HTTP status says that the span failed (OpenTelemetry's semantic conventions for HTTP spans, "Status").
fn http_failed(attributes: &[Attribute], kind: Kind) -> bool {
    let found = position(attributes, "http.status_code")
        .or_else(|| position(attributes, "http.response.status_code"));
    let code = match found.map(|found| &attributes[found].value) {
        Some(Value::Int(code)) => *code,
        Some(Value::String(text)) => match text.parse() {
            Ok(code) => code,
            Err(_) => return false,
        },
        _ => return false,
    };
    // That a client asked for what is not there is no fault of the server.
    let fault_of_client = (400..500).contains(&code) && kind == Kind::Server;
    !(100..400).contains(&code) && !fault_of_client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tags: &[(&str, Value)], kind: Kind, code: StatusCode, message: &str, left: &[&str]) {
        let mut attributes: Vec<_> = tags
            .iter()
            .map(|(key, value)| Attribute::new(*key, value.clone()))
            .collect();
        let status = take_status(&mut attributes, kind);
        assert_eq!(
            status,
            Status {
                code,
                message: message.to_owned()
            },
            "{tags:?}"
        );
        let keys: Vec<_> = attributes
            .iter()
            .map(|attribute| attribute.key.as_str())
            .collect();
        assert_eq!(keys, left, "{tags:?}");
    }

    #[test]
    fn an_error_tag_decides() {
        use StatusCode::{Error, Ok, Unset};
        let code = |text: &str| ("otel.status_code", text.into());
        let description = ("otel.status_description", Value::from("why"));
        let error = |value| ("error", Value::Bool(value));
        let kind = Kind::Unspecified;
        check(&[], kind, Unset, "", &[]);
        check(&[error(true)], kind, Error, "", &[]);
        check(
            &[error(true), code("OK"), description.clone()],
            kind,
            Error,
            "why",
            &[],
        );
        check(&[error(false), code("ok")], kind, Ok, "", &["error"]);
        check(&[("error", "true".into())], kind, Unset, "", &["error"]);
        check(&[code("Error"), description.clone()], kind, Error, "why", &[]);
        check(
            &[code("odd"), ("http.status_code", Value::Int(500))],
            kind,
            Unset,
            "",
            &["http.status_code"],
        );
        check(&[description], kind, Unset, "", &["otel.status_description"]);
        let http = ("http.status_message", Value::from("gone"));
        check(
            &[error(true), http],
            kind,
            Error,
            "gone",
            &["http.status_message"],
        );
    }

    #[test]
    fn an_http_status_speaks_when_nothing_else_does() {
        use StatusCode::{Error, Unset};
        for (value, kind, code) in [
            (Value::Int(200), Kind::Client, Unset),
            (Value::Int(404), Kind::Server, Unset),
            (Value::Int(404), Kind::Client, Error),
            (Value::Int(404), Kind::Internal, Error),
            (Value::from("503"), Kind::Server, Error),
            (Value::from("teapot"), Kind::Client, Unset),
            (Value::Double(500.0), Kind::Client, Unset),
            (Value::Int(0), Kind::Client, Error),
        ] {
            check(
                &[("http.status_code", value)],
                kind,
                code,
                "",
                &["http.status_code"],
            );
        }
    }

    #[test]
    fn a_kind_that_is_not_known_stays_a_tag() {
        for (text, kind, left) in [
            ("server", Kind::Server, 0),
            ("Server", Kind::Unspecified, 1),
            ("", Kind::Unspecified, 1),
        ] {
            let mut attributes = vec![Attribute::new("span.kind", text)];
            assert_eq!(
                (take_kind(&mut attributes), attributes.len()),
                (kind, left),
                "{text}"
            );
        }
    }
}
