//! The form in which answers are compared: without what only numbers and groups.

use serde_json::{Value, json};

/// Brings an answer into that form: spans carry their process, or their resource and scope, themselves.
pub(crate) fn normalise(mut answer: Value) -> Value {
    if let Some(traces) = answer.get_mut("data").and_then(Value::as_array_mut) {
        traces.iter_mut().for_each(inline_processes);
    }
    if let Some(groups) = answer.pointer_mut("/result/resourceSpans") {
        *groups = flatten(groups);
    }
    answer
}

/// Puts the process in the place of its number, in a trace of the legacy API.
fn inline_processes(trace: &mut Value) {
    let Some(processes) = trace.get_mut("processes").map(Value::take) else {
        return;
    };
    let mut unused = processes.as_object().map_or(0, serde_json::Map::len);
    let mut used = std::collections::BTreeSet::new();
    for span in trace["spans"].as_array_mut().into_iter().flatten() {
        let number = span["processID"].as_str().unwrap().to_owned();
        span["processID"] = processes[&number].clone();
        unused -= usize::from(used.insert(number));
    }
    trace["processes"] = json!({ "unused": unused });
}

/// Spans with resource and scope, one after another: how they are grouped says nothing more.
fn flatten(groups: &Value) -> Value {
    let mut spans = Vec::new();
    for group in groups.as_array().into_iter().flatten() {
        for scoped in group["scopeSpans"].as_array().into_iter().flatten() {
            for span in scoped["spans"].as_array().into_iter().flatten() {
                spans.push(json!({ "resource": group["resource"], "scope": scoped["scope"], "span": span }));
            }
        }
    }
    Value::Array(spans)
}

/// Sorts every list by its items' text, from the inside out.
pub(crate) fn sort_lists(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(sort_lists);
            items.sort_by_cached_key(Value::to_string);
        }
        Value::Object(entries) => entries.values_mut().for_each(sort_lists),
        _ => {}
    }
}

/// Calls `change` on every value that `pointer` means: a JSON pointer in which `*` stands for any index or key.
pub(crate) fn for_each_at(value: &mut Value, pointer: &str, change: &mut dyn FnMut(&mut Value)) {
    let Some(rest) = pointer.strip_prefix('/') else {
        return change(value);
    };
    let (step, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match value {
        Value::Array(items) if step == "*" => {
            items.iter_mut().for_each(|item| for_each_at(item, rest, change));
        }
        Value::Object(entries) if step == "*" => {
            entries
                .values_mut()
                .for_each(|entry| for_each_at(entry, rest, change));
        }
        Value::Array(items) => {
            if let Some(item) = step.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                for_each_at(item, rest, change);
            }
        }
        Value::Object(entries) => {
            if let Some(entry) = entries.get_mut(step) {
                for_each_at(entry, rest, change);
            }
        }
        _ => {}
    }
}

/// The first place at which two values differ, and what is there.
pub(crate) fn first_difference(ours: &Value, jaegers: &Value) -> Option<String> {
    fn walk(path: &str, ours: &Value, jaegers: &Value) -> Option<String> {
        match (ours, jaegers) {
            (Value::Object(a), Value::Object(b)) => {
                let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
                keys.into_iter().find_map(|key| {
                    let path = format!("{path}/{key}");
                    match (a.get(key), b.get(key)) {
                        (Some(a), Some(b)) => walk(&path, a, b),
                        (a, b) => Some(tell(&path, a, b)),
                    }
                })
            }
            (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).find_map(|index| {
                let path = format!("{path}/{index}");
                match (a.get(index), b.get(index)) {
                    (Some(a), Some(b)) => walk(&path, a, b),
                    (a, b) => Some(tell(&path, a, b)),
                }
            }),
            (a, b) if a == b => None,
            (a, b) => Some(tell(path, Some(a), Some(b))),
        }
    }
    fn tell(path: &str, ours: Option<&Value>, jaegers: Option<&Value>) -> String {
        let show = |value: Option<&Value>| {
            let text = value.map_or("nothing".to_owned(), Value::to_string);
            text.chars().take(300).collect::<String>()
        };
        format!(
            "{path}\n      ours:   {}\n      jaeger: {}",
            show(ours),
            show(jaegers)
        )
    }
    walk("", ours, jaegers)
}
