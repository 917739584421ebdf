//! Faults of Jaeger's that we do not copy, taken out of its answers.

use serde::Deserialize;
use serde_json::Value;

use crate::normal::for_each_at;

/// Which fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Name {
    /// A span of no duration is taken for one that ends before it starts: it gets a nanosecond and a warning.
    ZeroDuration,
}

/// Takes the fault out of an answer in normal form.
pub(crate) fn mend(name: Name, answer: &mut Value) {
    match name {
        Name::ZeroDuration => {
            for_each_at(answer, "/data/*/spans/*", &mut zero_duration_legacy);
            for_each_at(answer, "/result/resourceSpans/*/span", &mut zero_duration_v3);
        }
    }
}

const WARNING: &str = "Negative duration detected";

fn zero_duration_legacy(span: &mut Value) {
    let is_zero = span["duration"] == 0;
    let warnings = span.get_mut("warnings").and_then(Value::as_array_mut);
    let Some(warnings) = warnings.filter(|_| is_zero) else {
        return;
    };
    warnings.retain(|warning| !warning.as_str().is_some_and(|text| text.starts_with(WARNING)));
    if warnings.is_empty() {
        span["warnings"] = Value::Null;
    }
}

fn zero_duration_v3(span: &mut Value) {
    let nanos = |key: &str| span[key].as_str().and_then(|text| text.parse::<u64>().ok());
    let is_zero = nanos("endTimeUnixNano") == nanos("startTimeUnixNano").map(|start| start + 1);
    let mut is_warned = false;
    let attributes = span.get_mut("attributes").and_then(Value::as_array_mut);
    if let Some(attributes) = attributes.filter(|_| is_zero) {
        attributes.retain_mut(|attribute| {
            let warnings = attribute
                .pointer_mut("/value/arrayValue/values")
                .and_then(Value::as_array_mut);
            let Some(warnings) = warnings else { return true };
            let before = warnings.len();
            warnings.retain(|warning| {
                !warning["stringValue"]
                    .as_str()
                    .is_some_and(|text| text.starts_with(WARNING))
            });
            is_warned |= warnings.len() < before;
            before == 0 || !warnings.is_empty()
        });
        if attributes.is_empty() {
            span.as_object_mut().unwrap().remove("attributes");
        }
    }
    if is_warned {
        span["endTimeUnixNano"] = span["startTimeUnixNano"].clone();
    }
}
