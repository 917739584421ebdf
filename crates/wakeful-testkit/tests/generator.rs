//! What the generator writes, read by an independent decoder.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::collections::{HashMap, HashSet};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use wakeful_testkit::{Generator, Plan, Request, Shape, span_id, user_id};

const NOW: u64 = 1_760_000_000_000_000_000;

fn decode(request: &Request) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(request.protobuf()).unwrap()
}

fn spans(request: &Request) -> Vec<Span> {
    let resources = decode(request).resource_spans.into_iter();
    resources
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .collect()
}

fn generate(plan: Plan, requests: usize) -> Vec<Request> {
    let mut generator = Generator::new(plan);
    (0..requests).map(|_| generator.next(NOW)).collect()
}

/// Asserts that a measure is within a tenth of what the load promises.
fn check(what: &str, measured: f64, promised: f64) {
    let ratio = measured / promised;
    assert!(
        (0.9..1.1).contains(&ratio),
        "{what}: {measured:.3} against {promised}"
    );
}

#[test]
fn the_mix_is_the_one_that_peers_were_measured_with() {
    let requests = generate(Plan::default(), 400);
    let mut durations = Vec::new();
    let (mut bytes, mut attributes, mut events, mut errors) = (0, 0, 0, 0);
    let mut traces: HashMap<Vec<u8>, (u32, bool)> = HashMap::new();
    let (mut services, mut operations) = (HashSet::new(), HashSet::new());
    for request in &requests {
        bytes += request.protobuf().len();
        for resource in decode(request).resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            assert_eq!(attributes.len(), 6);
            services.insert(format!("{:?}", attributes[0].value));
        }
        for span in spans(request) {
            durations.push((span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e6);
            attributes += span.attributes.len();
            events += span.events.len();
            let failed = span.status.as_ref().is_some_and(|status| status.code == 2);
            errors += usize::from(failed);
            let trace = traces.entry(span.trace_id).or_default();
            trace.0 += 1;
            trace.1 |= failed;
            operations.insert(span.name);
        }
    }
    durations.sort_by(f64::total_cmp);
    let count = durations.len() as f64;
    assert_eq!((services.len(), operations.len()), (20, 200));
    assert_eq!(durations.len(), 400 * 512);
    check("bytes a span", bytes as f64 / count, 540.0);
    check("attributes a span", attributes as f64 / count, 11.0);
    check("events a span", events as f64 / count, 0.104);
    check("spans a trace", count / traces.len() as f64, 10.0);
    check("median ms", durations[durations.len() / 2], 0.9);
    check("p99 ms", durations[durations.len() * 99 / 100], 163.0);
    check("spans in error, percent", 100.0 * errors as f64 / count, 1.3);
    let failed = traces.values().filter(|(_, failed)| *failed).count();
    check(
        "traces in error, percent",
        100.0 * failed as f64 / traces.len() as f64,
        8.0,
    );
    assert!(traces.values().all(|(spans, _)| *spans <= 200));
}

#[test]
fn ids_and_users_are_those_that_can_be_asked_for() {
    for request in generate(Plan::default(), 70) {
        let mut by_trace: HashMap<u128, Vec<Span>> = HashMap::new();
        for span in spans(&request) {
            let id = u128::from_be_bytes(span.trace_id.clone().try_into().unwrap());
            by_trace.entry(id).or_default().push(span);
        }
        assert_eq!(by_trace.len(), request.traces.len());
        for share in &request.traces {
            let spans = &by_trace[&share.trace_id];
            let found: HashSet<&[u8]> = spans.iter().map(|span| &span.span_id[..]).collect();
            let expected: Vec<_> = (0..share.spans)
                .map(|index| span_id(share.trace_id, index).to_be_bytes())
                .collect();
            assert_eq!(found, expected.iter().map(|id| &id[..]).collect());
            for span in spans {
                let user = span
                    .attributes
                    .iter()
                    .find(|attribute| attribute.key == "user.id")
                    .unwrap();
                let user = user.value.clone().unwrap().value.unwrap();
                assert_eq!(user, Value::StringValue(user_id(share.trace_id)));
            }
        }
    }
}

#[test]
fn spans_lie_within_their_parents_and_no_deeper_than_eight() {
    for request in generate(
        Plan {
            trace_of: Some(1421),
            spans_per_request: 2000,
            ..Plan::default()
        },
        3,
    ) {
        let spans = spans(&request);
        let by_id: HashMap<&[u8], &Span> = spans.iter().map(|span| (&span.span_id[..], span)).collect();
        assert_eq!(by_id.len(), 1421);
        assert_eq!(
            spans.iter().filter(|span| span.parent_span_id.is_empty()).count(),
            1
        );
        for span in &spans {
            let mut depth = 1;
            let mut at = span;
            while let Some(parent) = by_id.get(&at.parent_span_id[..]) {
                // Stretched times are rounded, by one nanosecond each.
                assert!(parent.start_time_unix_nano <= at.start_time_unix_nano);
                assert!(parent.end_time_unix_nano + 2 >= at.end_time_unix_nano);
                depth += 1;
                at = parent;
            }
            assert!(depth <= 8 && at.parent_span_id.is_empty());
        }
    }
}

#[test]
fn an_sdk_sends_one_process_a_request() {
    let requests = generate(
        Plan {
            shape: Shape::Sdk,
            ..Plan::default()
        },
        60,
    );
    for request in &requests {
        assert_eq!(decode(request).resource_spans.len(), 1);
        assert!(request.spans <= 512);
    }
    let traces: HashSet<u128> = requests
        .iter()
        .flat_map(|request| &request.traces)
        .map(|share| share.trace_id)
        .collect();
    assert!(requests.iter().map(|request| request.traces.len()).sum::<usize>() > 2 * traces.len());
}

#[test]
fn the_same_seed_makes_the_same_and_another_seed_other_traces() {
    let first = |seed| {
        generate(
            Plan {
                seed,
                ..Plan::default()
            },
            1,
        )
        .remove(0)
    };
    assert_eq!(first(5).grpc(), first(5).grpc());
    assert_ne!(first(5).traces[0].trace_id, first(6).traces[0].trace_id);
    let sdk = generate(
        Plan {
            seed: 5,
            shape: Shape::Sdk,
            ..Plan::default()
        },
        1,
    )
    .remove(0);
    assert_ne!(first(5).traces[0].trace_id, sdk.traces[0].trace_id);
    let repeated = generate(Plan::default(), 140);
    let ids: HashSet<u128> = repeated
        .iter()
        .flat_map(|request| &request.traces)
        .map(|share| share.trace_id)
        .collect();
    assert_eq!(
        ids.len(),
        repeated.iter().map(|request| request.traces.len()).sum::<usize>()
    );
}

#[test]
fn a_grpc_message_says_its_length() {
    let request = generate(Plan::default(), 1).remove(0);
    let grpc = request.grpc();
    assert_eq!(grpc[0], 0);
    assert_eq!(
        u32::from_be_bytes(grpc[1..5].try_into().unwrap()) as usize,
        request.protobuf().len()
    );
}
