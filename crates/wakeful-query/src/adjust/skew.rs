//! Clocks of different hosts that disagree.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use wakeful_model::{Resource, Span, SpanBatch, SpanId, Value, canonical_text};

use super::duration_text::duration_text;

/// A span of the tree, by its place in the batch.
struct Node {
    children: Vec<usize>,
    host: usize,
}

/// Notes where a span lies outside its parent though the parent ran on another host, by how much Jaeger would move
/// it, and why the tree of a trace cannot be followed: ids that occur twice, parents that are missing.
///
/// Times are left alone. Jaeger corrects them only if it is configured to, and says the same otherwise.
pub(super) fn note_skew(batch: &mut SpanBatch) {
    let hosts = number_hosts(&batch.resources);
    let mut place_of: HashMap<SpanId, usize> = HashMap::with_capacity(batch.spans.len());
    let mut nodes = Vec::with_capacity(batch.spans.len());
    for (place, span) in batch.spans.iter_mut().enumerate() {
        match place_of.entry(span.span_id) {
            Entry::Occupied(_) => span.add_warning("duplicate span IDs; skipping clock skew adjustment"),
            Entry::Vacant(entry) => _ = entry.insert(place),
        }
        nodes.push(Node {
            children: Vec::new(),
            host: hosts[span.resource as usize],
        });
    }

    let mut waiting = Vec::new();
    for (place, span) in batch.spans.iter_mut().enumerate() {
        if place_of.get(&span.span_id) != Some(&place) {
            continue;
        }
        let Some(parent) = span.parent_span_id else {
            waiting.push((place, None, Skew::of_host(nodes[place].host)));
            continue;
        };
        if let Some(&parent) = place_of.get(&parent) {
            nodes[parent].children.push(place);
        } else {
            span.add_warning(format!(
                "parent span ID={parent} is not in the trace; skipping clock skew adjustment"
            ));
            waiting.push((place, None, Skew::of_host(nodes[place].host)));
        }
    }

    while let Some((place, parent, mut skew)) = waiting.pop() {
        let host = nodes[place].host;
        if let Some(parent) = parent
            && (host != skew.host || host == NO_HOST)
        {
            let delta = delta(&batch.spans[place], &batch.spans[parent]);
            skew = Skew { host, delta };
        }
        if skew.delta != 0 {
            let delta = duration_text(skew.delta);
            batch.spans[place].add_warning(format!(
                "clock skew adjustment disabled; not applying calculated delta of {delta}"
            ));
        }
        waiting.extend(
            nodes[place]
                .children
                .iter()
                .map(|&child| (child, Some(place), skew)),
        );
    }
}

/// What a subtree inherits from above.
#[derive(Clone, Copy)]
struct Skew {
    /// The host whose clock it is.
    host: usize,
    /// By how much that clock lags, nanoseconds.
    delta: i128,
}

impl Skew {
    fn of_host(host: usize) -> Self {
        Self { host, delta: 0 }
    }
}

/// The number of resources that do not say where they ran.
const NO_HOST: usize = 0;

/// A number for each resource, equal where they ran on one host.
fn number_hosts(resources: &[Resource]) -> Vec<usize> {
    let mut numbers = HashMap::from([(String::new(), NO_HOST)]);
    let mut number = |resource| {
        let next = numbers.len();
        *numbers.entry(host_of(resource)).or_insert(next)
    };
    resources.iter().map(&mut number).collect()
}

/// The host's id, else its first address, else its name; empty if it has none.
fn host_of(resource: &Resource) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(id) = resource.attribute("host.id") {
        return text(id);
    }
    match resource.attribute("host.ip") {
        Some(Value::String(address)) => return address.clone(),
        Some(Value::Array(addresses)) => {
            if let Some(first) = addresses.first() {
                return canonical_text(first).into_owned();
            }
        }
        _ => {}
    }
    resource.attribute("host.name").map(text).unwrap_or_default()
}

/// By how much `child` would have to move to lie within `parent`.
fn delta(child: &Span, parent: &Span) -> i128 {
    let (start, end) = (
        i128::from(child.start_unix_nanos),
        i128::from(child.end_unix_nanos),
    );
    let (parent_start, parent_end) = (
        i128::from(parent.start_unix_nanos),
        i128::from(parent.end_unix_nanos),
    );
    let slack = (parent_end - parent_start) - (end - start);
    if slack < 0 {
        // Asynchronous, or the parent gave up before: all that is certain is that it did not start earlier.
        return (parent_start - start).max(0);
    }
    if start >= parent_start && end <= parent_end {
        return 0;
    }
    // As if the request and its answer took equally long.
    parent_start + slack / 2 - start
}
