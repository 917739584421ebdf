//! What a tag of Jaeger's search form asks for.

use wakeful_model::{Kind, StatusCode};
use wakeful_store::Predicate;

/// The conditions of which one must hold: that of an attribute of this name and, for the tags that Jaeger makes up
/// when it shows a span, that of what they are made from.
pub(crate) fn clause(key: &str, text: &str) -> Vec<Predicate> {
    let attribute = Predicate::Attribute {
        key: key.to_owned(),
        text: text.to_owned(),
    };
    let made_up = match (key, text) {
        // `error=false` is not asked of spans by any client, but of all that did not fail.
        ("error", "true" | "1" | "t" | "T" | "TRUE" | "True") => Some(Predicate::Status(StatusCode::Error)),
        ("error", "false" | "0" | "f" | "F" | "FALSE" | "False") => {
            return vec![Predicate::StatusNot(StatusCode::Error)];
        }
        ("span.kind", kind) => Kind::ALL
            .into_iter()
            .find(|known| !known.name().is_empty() && known.name().eq_ignore_ascii_case(kind))
            .map(Predicate::Kind),
        ("span.status" | "otel.status_code", code) => status(code).map(Predicate::Status),
        ("otel.status_description", text) => Some(Predicate::StatusMessage(text.to_owned())),
        ("otel.scope.name" | "otel.library.name" | "scope.name", name) => {
            Some(Predicate::ScopeName(name.to_owned()))
        }
        ("otel.scope.version" | "otel.library.version" | "scope.version", version) => {
            Some(Predicate::ScopeVersion(version.to_owned()))
        }
        ("w3c.tracestate", state) => Some(Predicate::TraceState(state.to_owned())),
        _ => None,
    };
    [attribute].into_iter().chain(made_up).collect()
}

fn status(code: &str) -> Option<StatusCode> {
    if code.eq_ignore_ascii_case("ok") {
        Some(StatusCode::Ok)
    } else if code.eq_ignore_ascii_case("error") {
        Some(StatusCode::Error)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_tags_ask_for_what_they_are_made_from() {
        assert_eq!(
            clause("error", "false"),
            [Predicate::StatusNot(StatusCode::Error)]
        );
        assert!(clause("error", "true").contains(&Predicate::Status(StatusCode::Error)));
        assert!(clause("span.kind", "SERVER").contains(&Predicate::Kind(Kind::Server)));
        assert_eq!(clause("span.kind", "nonsense").len(), 1);
        assert_eq!(clause("span.kind", "").len(), 1);
        assert!(clause("otel.status_code", "ERROR").contains(&Predicate::Status(StatusCode::Error)));
        assert_eq!(
            clause("user.id", "7"),
            [Predicate::Attribute {
                key: "user.id".into(),
                text: "7".into()
            }]
        );
    }
}
