//! A search as TraceQL, so that it can be taken elsewhere.

use wakeful_query::TraceQuery;

use super::traceql_read::is_kind;

/// Writes it; times are not part of TraceQL.
pub(super) fn write(query: &TraceQuery) -> String {
    let mut conditions = Vec::new();
    if let Some(service) = &query.service {
        conditions.push(format!("resource.service.name = {}", quoted(service)));
    }
    if let Some(operation) = &query.operation {
        conditions.push(format!("name = {}", quoted(operation)));
    }
    for (key, value) in &query.tags {
        conditions.push(match (key.as_str(), value.as_str()) {
            ("otel.status_code", "ERROR" | "OK") => format!("status = {}", value.to_lowercase()),
            ("span.kind", kind) if is_kind(kind) => format!("kind = {kind}"),
            _ => format!("{} = {}", attribute(key), literal(value)),
        });
    }
    if let Some(nanos) = query.min_duration_nanos {
        conditions.push(format!("duration >= {}", duration(nanos)));
    }
    if let Some(nanos) = query.max_duration_nanos {
        conditions.push(format!("duration <= {}", duration(nanos)));
    }
    match conditions.as_slice() {
        [] => "{ }".to_owned(),
        list => format!("{{ {} }}", list.join(" && ")),
    }
}

/// An attribute wherever it stands; in quotes if its name would end early.
fn attribute(key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'));
    if plain {
        format!(".{key}")
    } else {
        format!(".{}", quoted(key))
    }
}

/// TraceQL compares by type, so what looks like a number or a truth is written as one.
fn literal(value: &str) -> String {
    let number = value.parse::<f64>().is_ok_and(f64::is_finite)
        && value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if number || matches!(value, "true" | "false") {
        value.to_owned()
    } else {
        quoted(value)
    }
}

fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}

fn duration(nanos: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let unit = units.into_iter().find(|(size, _)| nanos.is_multiple_of(*size));
    unit.map_or_else(
        || format!("{nanos}ns"),
        |(size, unit)| format!("{}{unit}", nanos / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_as_one_line() {
        let query = TraceQuery {
            service: Some("shop \"1\"".to_owned()),
            tags: [("http.status_code", "500"), ("a b", "x"), ("error", "true")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
            min_duration_nanos: Some(1_500_000),
            ..TraceQuery::default()
        };
        assert_eq!(
            write(&query),
            r#"{ resource.service.name = "shop \"1\"" && .http.status_code = 500 && ."a b" = "x" && .error = true && duration >= 1500us }"#
        );
        assert_eq!(write(&TraceQuery::default()), "{ }");
    }
}
