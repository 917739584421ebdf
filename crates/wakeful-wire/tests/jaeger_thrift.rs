//! Spans that Jaeger's clients sent in Thrift, against what Jaeger says that they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use wakeful_model::{Attribute, Resource, Span, SpanBatch, TraceId, WARNINGS_KEY};
use wakeful_wire::jaeger::{Protocol, decode_agent, decode_batch};
use wakeful_wire::otlp::{Rejected, decode_json};

fn decode(payload: &[u8], to: &str) -> SpanBatch {
    let (batch, rejected) = match to.split_whitespace().nth(1) {
        Some("6831") => decode_agent(payload, Protocol::Compact),
        Some("6832") => decode_agent(payload, Protocol::Binary),
        Some("14268") => decode_batch(payload),
        port => panic!("{port:?}"),
    }
    .unwrap();
    assert_eq!(rejected, Rejected::default());
    batch
}

/// Spans by their id, with their resources, in a form in which ours and Jaeger's are comparable.
type Comparable = BTreeMap<String, (Resource, Span)>;

fn comparable(batch: &SpanBatch, trace_id: TraceId) -> Comparable {
    let spans = batch.spans.iter().filter(|span| span.trace_id == trace_id);
    spans
        .map(|span| {
            let (mut resource, mut span) = (batch.resource(span).clone(), span.clone());
            // Jaeger moves what describes the SDK to the resource before it shows a span.
            let of_sdk = |attribute: &mut Attribute| attribute.key.starts_with("telemetry.");
            resource.attributes.extend(span.attributes.extract_if(.., of_sdk));
            // Jaeger sorts what it shows: attributes, and events too, by name.
            sort(&mut resource.attributes);
            sort(&mut span.attributes);
            span.attributes.retain(|attribute| attribute.key != WARNINGS_KEY);
            span.events
                .iter_mut()
                .for_each(|event| sort(&mut event.attributes));
            span.events.sort_by(|a, b| a.name.cmp(&b.name));
            // Jaeger 2.20.0 takes a span without duration for one with a negative duration.
            if span.end_unix_nanos == span.start_unix_nanos + 1 {
                span.end_unix_nanos = span.start_unix_nanos;
            }
            // It drops the sampled flag, which its later versions keep.
            span.flags = 0;
            (span.resource, span.scope) = (0, 0);
            (span.span_id.to_string(), (resource, span))
        })
        .collect()
}

fn sort(attributes: &mut [Attribute]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
}

#[test]
fn spans_are_what_jaeger_says_they_are() {
    let mut compared = BTreeSet::new();
    for scenario in support::scenarios(|path| path.starts_with("jaeger/") && !path.contains("grpc-proto")) {
        let batches: Vec<_> = scenario
            .sent
            .iter()
            .map(|(payload, to)| decode(payload, to))
            .collect();
        for (request, answer) in &scenario.answered {
            let Some(id) = request
                .strip_prefix("GET /api/v3/traces/")
                .and_then(|id| TraceId::parse(id).ok())
            else {
                continue;
            };
            let answer = serde_json::to_vec(&answer["result"]).unwrap();
            let (theirs, rejected) = decode_json(&answer).unwrap();
            assert_eq!(rejected.total(), 0);
            let ours = batches
                .iter()
                .flat_map(|batch| comparable(batch, id))
                .collect::<Comparable>();
            let theirs = comparable(&theirs, id);
            assert!(!theirs.is_empty());
            let ids = |spans: &Comparable| spans.keys().cloned().collect::<Vec<_>>();
            assert_eq!(ids(&ours), ids(&theirs), "{}: {request}", scenario.name);
            for (ours, theirs) in ours.values().zip(theirs.values()) {
                assert_eq!(ours, theirs, "{}: {request}", scenario.name);
            }
            compared.insert(scenario.name.clone());
        }
    }
    assert_eq!(compared.len(), 10, "{compared:?}");
}

/// With `raw=true` Jaeger shows attributes in the order in which it stored them.
#[test]
fn attributes_are_in_jaegers_order() {
    let mut compared = 0;
    for scenario in support::scenarios(|path| path.starts_with("jaeger/") && !path.contains("grpc-proto")) {
        let batches: Vec<_> = scenario
            .sent
            .iter()
            .map(|(payload, to)| decode(payload, to))
            .collect();
        let spans: BTreeMap<_, _> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .spans
                    .iter()
                    .map(|span| (span.span_id.to_string(), (span, batch.resource(span))))
            })
            .collect();
        let raw = scenario
            .answered
            .iter()
            .filter(|(request, _)| request.ends_with("raw=true"));
        for theirs in raw.flat_map(|(_, answer)| answer["data"].as_array().into_iter().flatten()) {
            for span in theirs["spans"].as_array().unwrap() {
                let (ours, resource) = spans[span["spanID"].as_str().unwrap()];
                let what = format!("{}: {}", scenario.name, ours.name);
                assert_in_order(&ours.attributes, &span["tags"], &what);
                let process = &theirs["processes"][span["processID"].as_str().unwrap()];
                assert_in_order(&resource.attributes, &process["tags"], &what);
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "{compared}");
}

fn assert_in_order(ours: &[Attribute], theirs: &Json, what: &str) {
    // The name of the service is not among the tags there, and theirs has some made up from other fields.
    let ours = ours
        .iter()
        .map(|attribute| attribute.key.as_str())
        .filter(|key| *key != "service.name");
    let ours: Vec<_> = ours.collect();
    let theirs = theirs
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["key"].as_str().unwrap());
    let theirs: Vec<_> = theirs.filter(|key| ours.contains(key)).collect();
    assert_eq!(ours, theirs, "{what}");
}
