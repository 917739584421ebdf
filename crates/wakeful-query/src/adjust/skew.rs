//! Clocks of different hosts that disagree.

use std::collections::HashMap;
use std::fmt;

use wakeful_model::{Resource, SpanBatch, SpanId, Value, canonical_text};

use super::duration_text::duration_text;
use crate::tree::{Children, Parent, Parents, TreeSpan};

/// Notes where a span lies outside its parent though the parent ran on another host, by how much Jaeger would move
/// it, and why the tree of a trace cannot be followed: ids that occur twice, parents that are missing.
///
/// Times are left alone. Jaeger corrects them only if it is configured to, and says the same otherwise.
pub(super) fn note_skew(batch: &mut SpanBatch) {
    let parents = Parents::of(&batch.spans);
    for (place, doubt) in doubts(&batch.spans, &parents, &batch.resources) {
        batch.spans[place as usize].add_warning(doubt.to_string());
    }
}

/// What is doubtful about a span's place in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// An earlier span has the same id.
    IdRepeated,
    /// The parent is not there.
    ParentMissing(SpanId),
    /// Its host's clock lags behind the parent's by so many nanoseconds.
    Skew(i128),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdRepeated => f.write_str("duplicate span IDs; skipping clock skew adjustment"),
            Self::ParentMissing(parent) => write!(
                f,
                "parent span ID={parent} is not in the trace; skipping clock skew adjustment"
            ),
            Self::Skew(delta) => {
                let delta = duration_text(*delta);
                write!(
                    f,
                    "clock skew adjustment disabled; not applying calculated delta of {delta}"
                )
            }
        }
    }
}

/// The doubts about spans, by index, in the order in which they are noted.
pub fn doubts<S: TreeSpan>(spans: &[S], parents: &Parents, resources: &[Resource]) -> Vec<(u32, Doubt)> {
    let mut doubts: Vec<_> = parents
        .repeated()
        .iter()
        .map(|place| (*place, Doubt::IdRepeated))
        .collect();
    let is_repeated = |place: u32| parents.repeated().binary_search(&place).is_ok();
    let hosts = number_hosts(resources);
    let host_of = |place: u32| hosts[spans[place as usize].resource() as usize];

    let mut waiting = Vec::new();
    for place in (0..parents.len()).filter(|place| !is_repeated(*place)) {
        match (parents.parent(place), spans[place as usize].parent_span_id()) {
            (Parent::Span(_), _) => continue,
            (Parent::Missing, Some(parent)) => doubts.push((place, Doubt::ParentMissing(parent))),
            _ => {}
        }
        waiting.push((place, None, Skew::of_host(host_of(place))));
    }
    // On one host there is one clock.
    if hosts.iter().all(|host| *host == hosts[0] && *host != NO_HOST) {
        return doubts;
    }

    let children = Children::of(parents.len(), |place| match parents.parent(place) {
        Parent::Span(parent) if !is_repeated(place) => Some(parent),
        _ => None,
    });
    while let Some((place, parent, mut skew)) = waiting.pop() {
        let host = host_of(place);
        if let Some(parent) = parent
            && (host != skew.host || host == NO_HOST)
        {
            let delta = delta(&spans[place as usize], &spans[parent as usize]);
            skew = Skew { host, delta };
        }
        if skew.delta != 0 {
            doubts.push((place, Doubt::Skew(skew.delta)));
        }
        waiting.extend(
            children
                .of_node(place)
                .iter()
                .map(|&child| (child, Some(place), skew)),
        );
    }
    doubts
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
fn delta<S: TreeSpan>(child: &S, parent: &S) -> i128 {
    let (start, end) = (
        i128::from(child.start_unix_nanos()),
        i128::from(child.end_unix_nanos()),
    );
    let (parent_start, parent_end) = (
        i128::from(parent.start_unix_nanos()),
        i128::from(parent.end_unix_nanos()),
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
