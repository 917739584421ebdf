//! `attributes` and `attribute-values`: what there is to search for, while somebody types.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use wakeful_store::{AttributeKeys, Budget};

use super::Queries;
use super::error::ApiError;

/// Keys or values of an answer.
const LISTED_MAX: usize = 100;

/// A list is of use while its reader still types.
const BUDGET: Budget = Budget {
    time: Duration::from_millis(250),
    spans: 4_000_000,
};

/// What a search for a tag finds though no client sends such an attribute.
const MADE_UP: [&str; 7] = [
    "error",
    "otel.scope.name",
    "otel.scope.version",
    "otel.status_code",
    "otel.status_description",
    "span.kind",
    "w3c.tracestate",
];

#[derive(Deserialize)]
pub(super) struct KeysOf {
    #[serde(default)]
    prefix: String,
    service: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Keys {
    attributes: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    key: String,
    scope: &'static str,
}

pub(super) async fn keys(
    State(queries): State<Queries>,
    Query(KeysOf { prefix, service }): Query<KeysOf>,
) -> Result<Json<Keys>, ApiError> {
    let service = chosen(service);
    let found =
        queries.ask(move |engine| Ok(engine.store().known_attribute_keys(service.as_deref(), BUDGET)));
    let (
        AttributeKeys {
            mut of_spans,
            of_resources,
        },
        _,
    ) = found.await?;
    of_spans.extend(MADE_UP.map(str::to_owned));
    let scoped = |scope| move |key| Key { key, scope };
    let keys = of_spans.into_iter().map(scoped("span"));
    let keys = keys.chain(of_resources.into_iter().map(scoped("resource")));
    let keys = keys.filter(|Key { key, .. }| begins_with(key, &prefix));
    Ok(Json(Keys {
        attributes: keys.take(LISTED_MAX).collect(),
    }))
}

#[derive(Deserialize)]
pub(super) struct ValuesOf {
    #[serde(default)]
    key: String,
    #[serde(default)]
    prefix: String,
    service: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Values {
    values: Vec<String>,
    complete: bool,
}

pub(super) async fn values(
    State(queries): State<Queries>,
    Query(ValuesOf { key, prefix, service }): Query<ValuesOf>,
) -> Result<Json<Values>, ApiError> {
    if key.is_empty() {
        return Err(ApiError::parameter(
            "key",
            "name the attribute whose values are wanted",
        ));
    }
    if let Some(values) = made_up_values(&key) {
        let values = values.iter().filter(|value| begins_with(value, &prefix));
        return Ok(Json(Values {
            values: values.map(|value| (*value).to_owned()).collect(),
            complete: true,
        }));
    }
    let service = chosen(service);
    let found = queries.ask(move |engine| {
        let is_wanted = |value: &str| begins_with(value, &prefix);
        Ok(engine
            .store()
            .known_attribute_values(&key, service.as_deref(), is_wanted, BUDGET))
    });
    let (mut found, _) = found.await?;
    found.values.truncate(LISTED_MAX);
    Ok(Json(Values {
        values: found.values,
        complete: found.complete,
    }))
}

fn made_up_values(key: &str) -> Option<&'static [&'static str]> {
    Some(match key {
        "error" => &["true", "false"],
        "span.kind" => &["client", "consumer", "internal", "producer", "server"],
        "otel.status_code" => &["ERROR", "OK"],
        _ => return None,
    })
}

fn chosen(service: Option<String>) -> Option<String> {
    service.filter(|service| !service.is_empty() && service != "__all_services__")
}

/// No letter's case counts.
fn begins_with(text: &str, prefix: &str) -> bool {
    let mut lower = text.chars().flat_map(char::to_lowercase);
    prefix
        .chars()
        .flat_map(char::to_lowercase)
        .all(|wanted| lower.next() == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::begins_with;

    #[test]
    fn beginnings_are_found_in_any_case() {
        assert!(begins_with("http.Status", "HTTP.s"));
        assert!(begins_with("ärger", "ÄR"));
        assert!(begins_with("x", ""));
        assert!(!begins_with("http", "http.s"));
        assert!(!begins_with("a.http", "http"));
    }
}
